using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Privacy;

/// <summary>The blind index: finds persons by a whole e-mail address or phone number. A token is HMAC-SHA-256 of what the contact comes down to, under a key of its field, cut to 16 bytes;
/// without the hub's secret it can neither be read nor be tried out. It goes with the person's key.</summary>
public sealed class PersonLookups(HubDb db, HubSecret secret)
{
    public const int TokenSize = 16;
    const int MaxFound = 200;

    /// <summary>Of a new person: saved with the person. What comes down to nothing is not written.</summary>
    public async Task WriteAsync(Guid personId, string email, string phone, CancellationToken ct)
    {
        await WriteAsync(personId, LookupField.Email, email, ct);
        await WriteAsync(personId, LookupField.Phone, phone, ct);
    }

    /// <summary>Of a person whose contacts have changed, in the caller's transaction.</summary>
    public async Task ReplaceAsync(Guid personId, string email, string phone, CancellationToken ct)
    {
        await db.PersonLookups.Where(l => l.PersonId == personId).ExecuteDeleteAsync(ct);
        await WriteAsync(personId, email, phone, ct);
    }

    /// <returns>The persons with their cases, newest first.</returns>
    public async Task<IReadOnlyList<(Guid PersonId, Guid CaseId)>> FindAsync(LookupField field, string contact, CancellationToken ct)
    {
        if (await TokenAsync(field, contact, ct) is not { } token) return [];
        var found = await db.PersonLookups.AsNoTracking().Where(l => l.Field == field && l.Token == token)
            .Join(db.PersonKeys, l => l.PersonId, k => k.PersonId, (l, k) => new { k.PersonId, k.CaseId })
            .OrderByDescending(f => f.PersonId).Take(MaxFound).ToListAsync(ct);
        return [.. found.Select(f => (f.PersonId, f.CaseId))];
    }

    async Task WriteAsync(Guid personId, LookupField field, string contact, CancellationToken ct)
    {
        if (await TokenAsync(field, contact, ct) is { } token) db.PersonLookups.Add(new PersonLookup(personId, field, token));
    }

    async Task<byte[]?> TokenAsync(LookupField field, string contact, CancellationToken ct) => Contacts.Normalize(field, contact) is { } plain
        ? HMACSHA256.HashData(await secret.DeriveAsync($"lookup of {EnumText<LookupField>.Of(field)}", ct), Encoding.UTF8.GetBytes(plain))[..TokenSize]
        : null;
}
