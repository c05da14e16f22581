using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Privacy;

/// <summary>Seals what is personal with the key of the person it is about, and opens it again.</summary>
public sealed class Vault(HubDb db, MasterKeys master)
{
    sealed record Found(Guid PersonId, byte[] Wrapped, bool IsRestricted);

    static readonly Func<HubDb, Guid, CancellationToken, Task<Found?>> FindKey = EF.CompileAsyncQuery((HubDb db, Guid personId, CancellationToken _) => db.PersonKeys
        .Where(k => k.PersonId == personId)
        .Select(k => new Found(k.PersonId, k.Wrapped, db.PersonRestrictions.Any(r => r.PersonId == k.PersonId && r.Scope == PersonRestriction.Everything)))
        .SingleOrDefault());

    readonly Dictionary<Guid, PersonCipher> opened = [];

    /// <summary>Makes the key of a new person; it is saved with the person.</summary>
    public PersonCipher Create(Guid personId, Guid caseId, DateTimeOffset now)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        db.PersonKeys.Add(new PersonKey { PersonId = personId, CaseId = caseId, Wrapped = master.Wrap(key, PersonKey.AtRest.Place(personId)), CreateTime = now });
        return opened[personId] = new PersonCipher(key);
    }

    /// <summary>Reads the keys of several persons at once, for Find and OpenAsync.</summary>
    public async Task LoadAsync(IEnumerable<Guid> personIds, CancellationToken ct)
    {
        var wanted = personIds.Except(opened.Keys).ToList();
        var found = await db.PersonKeys.Where(k => wanted.Contains(k.PersonId))
            .Select(k => new Found(k.PersonId, k.Wrapped, db.PersonRestrictions.Any(r => r.PersonId == k.PersonId && r.Scope == PersonRestriction.Everything))).ToListAsync(ct);
        foreach (var row in found) Open(row);
    }

    /// <summary>Of a person whose key was loaded; null when there is none any more: the person was erased.</summary>
    public PersonCipher? Find(Guid personId) => opened.GetValueOrDefault(personId);

    /// <summary>For what cannot be without the person.</summary>
    public async Task<PersonCipher> OpenAsync(Guid personId, CancellationToken ct) => await FindAsync(personId, ct) ?? throw new ResourceNotFound(Names.Of(Names.Persons, personId));

    /// <summary>Null when the person was erased.</summary>
    public async Task<PersonCipher?> FindAsync(Guid personId, CancellationToken ct)
    {
        if (opened.TryGetValue(personId, out var known)) return known;
        return await FindKey(db, personId, ct) is { } row ? Open(row) : null;
    }

    /// <summary>For what a restriction does not stand in the way of: to give persons their own data, to correct it, to know who speaks for a child.</summary>
    public async Task<PersonCipher> OpenEvenRestrictedAsync(Guid personId, CancellationToken ct) => (await OpenAsync(personId, ct)).Unrestricted();

    /// <summary>With a key that was read along with something else. Whether the person's data is restricted is the caller's to ask.</summary>
    public PersonCipher Open(Guid personId, byte[] wrapped) => opened[personId] = new PersonCipher(master.Unwrap(wrapped, PersonKey.AtRest.Place(personId)));

    PersonCipher Open(Found row) => opened[row.PersonId] = new PersonCipher(master.Unwrap(row.Wrapped, PersonKey.AtRest.Place(row.PersonId)), row.IsRestricted ? row.PersonId : null);

    /// <summary>Erases: what is sealed for this person can never be read again, and nothing leads to the person. Part of the open transaction, or one of its own. Repeating it is harmless.</summary>
    /// <returns>False when there was no key any more.</returns>
    public async Task<bool> DestroyAsync(Guid personId, CancellationToken ct)
    {
        var open = db.Database.CurrentTransaction;
        await using var own = open is null ? await db.Database.BeginTransactionAsync(ct) : null;
        // Whoever is writing down what leads to this person has the key's row locked by its reference to it, and is waited for; whoever comes later finds no row to refer to.
        await db.Database.ExecuteSqlAsync($"select from vault.person_keys where person_id = {personId} for update", ct);
        await db.Database.ExecuteSqlAsync($"delete from vault.person_lookups where person_id = {personId}", ct);
        var destroyed = await db.Database.ExecuteSqlAsync($"delete from vault.person_keys where person_id = {personId}", ct);
        await db.Database.ExecuteSqlAsync($"insert into vault.destroyed (person_id, time) values ({personId}, hub_now()) on conflict do nothing", ct);
        if (own is not null) await own.CommitAsync(ct);
        opened.Remove(personId);
        return destroyed > 0;
    }

    /// <summary>Destroys again what was destroyed before and has come back with an older backup.</summary>
    /// <returns>How many keys had come back.</returns>
    public async Task<int> BuryAsync(CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await db.Database.ExecuteSqlAsync($"delete from vault.person_lookups l using vault.destroyed d where l.person_id = d.person_id", ct);
        var buried = await db.Database.ExecuteSqlAsync($"delete from vault.person_keys k using vault.destroyed d where k.person_id = d.person_id", ct);
        await transaction.CommitAsync(ct);
        return buried;
    }
}

/// <summary>Seals and opens with one person's key. The place (table, column and row) is bound in: a sealed value moved elsewhere does not open.</summary>
/// <param name="restricted">The person, when their data is restricted: it seals, and does not open.</param>
public sealed class PersonCipher(byte[] key, Guid? restricted = null)
{
    public bool IsRestricted => restricted is not null;

    public PersonCipher Unrestricted() => new(key);

    public byte[] Seal(ReadOnlySpan<byte> plain, string column, Guid rowId) => Sealed.Seal(key, plain, $"{column}/{rowId:D}");

    /// <exception cref="PersonRestricted">The person's data is restricted.</exception>
    public byte[] Open(byte[] sealedBytes, string column, Guid rowId) =>
        restricted is { } person ? throw new PersonRestricted(person) : Sealed.Open(key, sealedBytes, $"{column}/{rowId:D}");

    public byte[] SealText(string plain, string column, Guid rowId) => Seal(Encoding.UTF8.GetBytes(plain), column, rowId);

    public string OpenText(byte[] sealedBytes, string column, Guid rowId) => Encoding.UTF8.GetString(Open(sealedBytes, column, rowId));

    public byte[] SealMessage(IMessage plain, string column, Guid rowId) => Seal(plain.ToByteArray(), column, rowId);

    public T OpenMessage<T>(byte[] sealedBytes, string column, Guid rowId) where T : IMessage<T>, new() =>
        new MessageParser<T>(() => new T()).ParseFrom(Open(sealedBytes, column, rowId));
}
