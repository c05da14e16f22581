using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Privacy;

/// <summary>A person's own key, wrapped by the master key. Destroying the row makes everything sealed with it unreadable, backups included.</summary>
public sealed class PersonKey
{
    public Guid PersonId { get; init; }

    /// <summary>The case that the person belongs to.</summary>
    public Guid CaseId { get; init; }

    public byte[] Wrapped { get; init; } = [];

    public DateTimeOffset CreateTime { get; init; }

    public sealed class Mapping : IEntityTypeConfiguration<PersonKey>
    {
        public void Configure(EntityTypeBuilder<PersonKey> builder)
        {
            builder.ToTable("person_keys");
            builder.HasKey(k => k.PersonId);
            builder.Property(k => k.PersonId).ValueGeneratedNever();
        }
    }
}

/// <summary>Seals what is personal with the key of the person it is about, and opens it again.</summary>
public sealed class Vault(HubDb db, MasterKey master)
{
    static readonly Func<HubDb, Guid, CancellationToken, Task<PersonKey?>> FindKey =
        EF.CompileAsyncQuery((HubDb db, Guid personId, CancellationToken _) => db.PersonKeys.AsNoTracking().SingleOrDefault(k => k.PersonId == personId));

    readonly Dictionary<Guid, PersonCipher> opened = [];

    /// <summary>Makes the key of a new person; it is saved with the person.</summary>
    public PersonCipher Create(Guid personId, Guid caseId, DateTimeOffset now)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        db.PersonKeys.Add(new PersonKey { PersonId = personId, CaseId = caseId, Wrapped = Sealed.Seal(master.Bytes, key, $"person_keys/{personId:D}"), CreateTime = now });
        return opened[personId] = new PersonCipher(key);
    }

    /// <summary>Reads the keys of several persons at once, for OpenAsync to find.</summary>
    public async Task LoadAsync(IEnumerable<Guid> personIds, CancellationToken ct)
    {
        var wanted = personIds.Except(opened.Keys).ToList();
        foreach (var row in await db.PersonKeys.AsNoTracking().Where(k => wanted.Contains(k.PersonId)).ToListAsync(ct)) Open(row);
    }

    /// <summary>Of a person whose key was loaded; null when there is none any more: the person was erased.</summary>
    public PersonCipher? Find(Guid personId) => opened.GetValueOrDefault(personId);

    public async Task<PersonCipher> OpenAsync(Guid personId, CancellationToken ct)
    {
        if (opened.TryGetValue(personId, out var known)) return known;
        var row = await FindKey(db, personId, ct) ?? throw new ResourceNotFound($"persons/{personId:D}");
        return Open(row);
    }

    /// <summary>Erases: what is sealed for this person can never be read again.</summary>
    /// <returns>False when there was no key any more.</returns>
    public async Task<bool> DestroyAsync(Guid personId, CancellationToken ct)
    {
        opened.Remove(personId);
        return await db.PersonKeys.Where(k => k.PersonId == personId).ExecuteDeleteAsync(ct) > 0;
    }

    /// <summary>With a key that was read along with something else.</summary>
    public PersonCipher Open(Guid personId, byte[] wrapped) => opened[personId] = new PersonCipher(Sealed.Open(master.Bytes, wrapped, $"person_keys/{personId:D}"));

    PersonCipher Open(PersonKey row) => Open(row.PersonId, row.Wrapped);
}

/// <summary>Seals and opens with one person's key. The place (table, column and row) is bound in: a sealed value moved elsewhere does not open.</summary>
public sealed class PersonCipher(byte[] key)
{
    public byte[] Seal(ReadOnlySpan<byte> plain, string column, Guid rowId) => Sealed.Seal(key, plain, $"{column}/{rowId:D}");

    public byte[] Open(byte[] sealedBytes, string column, Guid rowId) => Sealed.Open(key, sealedBytes, $"{column}/{rowId:D}");

    public byte[] SealText(string plain, string column, Guid rowId) => Seal(Encoding.UTF8.GetBytes(plain), column, rowId);

    public string OpenText(byte[] sealedBytes, string column, Guid rowId) => Encoding.UTF8.GetString(Open(sealedBytes, column, rowId));

    public byte[] SealMessage(IMessage plain, string column, Guid rowId) => Seal(plain.ToByteArray(), column, rowId);

    public T OpenMessage<T>(byte[] sealedBytes, string column, Guid rowId) where T : IMessage<T>, new() =>
        new MessageParser<T>(() => new T()).ParseFrom(Open(sealedBytes, column, rowId));
}
