using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Partners;

public enum CredentialKind { ApiKey = 1, Certificate }

/// <summary>What a caller shows: an API key (kept as a hash only), or a client certificate (its fingerprint).</summary>
public sealed class Credential
{
    const string Prefix = "psr_";

    Credential() { }

    /// <param name="from">The networks that it may be used from; none: from anywhere.</param>
    public static (Credential Credential, string Key) IssueKey(string owner, Partner? partner, DateTimeOffset now, DateTimeOffset? expires, IReadOnlyCollection<IPNetwork>? from = null)
    {
        var id = Guid.CreateVersion7(now);
        var secret = RandomNumberGenerator.GetBytes(32);
        var credential = New(id, CredentialKind.ApiKey, SHA256.HashData(secret), owner, partner, now, expires, from);
        return (credential, $"{Prefix}{Base64Url.EncodeToString(id.ToByteArray(bigEndian: true))}_{Base64Url.EncodeToString(secret)}");
    }

    /// <param name="from">The networks that it may be used from; none: from anywhere.</param>
    public static Credential TrustCertificate(byte[] sha256Fingerprint, string owner, Partner? partner, DateTimeOffset now, DateTimeOffset? expires, IReadOnlyCollection<IPNetwork>? from = null) =>
        New(Guid.CreateVersion7(now), CredentialKind.Certificate, sha256Fingerprint, owner, partner, now, expires, from);

    static Credential New(Guid id, CredentialKind kind, byte[] hash, string owner, Partner? partner, DateTimeOffset now, DateTimeOffset? expires, IReadOnlyCollection<IPNetwork>? from) => new()
    {
        Id = id,
        Kind = kind,
        Hash = hash,
        Owner = owner,
        PartnerId = partner?.Id,
        Scopes = [.. Partners.Scopes.Of(partner?.Kind)],
        CreateTime = now,
        ExpireTime = expires,
        Networks = [.. (from ?? []).Select(network => network.ToString())],
    };

    public Guid Id { get; private set; }

    public CredentialKind Kind { get; private set; }

    /// <summary>SHA-256 of a 256-bit random secret (which needs no salt and no stretching), or of the certificate.</summary>
    public byte[] Hash { get; private set; } = [];

    /// <summary>Who holds it: the partner's id, or the internal application's name. Keys that replace each other share it.</summary>
    public string Owner { get; private set; } = "";

    public string? PartnerId { get; private set; }

    public string[] Scopes { get; private set; } = [];

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset? ExpireTime { get; private set; }

    public DateTimeOffset? RevokeTime { get; private set; }

    /// <summary>Where from it may be used, as 192.0.2.0/24; none: from anywhere.</summary>
    public string[] Networks { get; private set; } = [];

    public void Revoke(DateTimeOffset now) => RevokeTime ??= now;

    /// <summary>Takes a key apart: which credential it claims to be, and the hash of the secret that would prove it.</summary>
    public static bool TryRead(string key, out Guid id, out byte[] hash)
    {
        (id, hash) = (Guid.Empty, []);
        Span<byte> bytes = stackalloc byte[32];
        if (key.Length != Prefix.Length + 22 + 1 + 43 || !key.StartsWith(Prefix, StringComparison.Ordinal) || key[Prefix.Length + 22] != '_') return false;
        if (!Base64Url.TryDecodeFromChars(key.AsSpan(Prefix.Length, 22), bytes, out var written) || written != 16) return false;
        id = new Guid(bytes[..16], bigEndian: true);
        if (!Base64Url.TryDecodeFromChars(key.AsSpan(Prefix.Length + 23), bytes, out written) || written != 32) return false;
        hash = SHA256.HashData(bytes);
        return true;
    }

    public sealed class Mapping : IEntityTypeConfiguration<Credential>
    {
        public void Configure(EntityTypeBuilder<Credential> builder)
        {
            builder.ToTable("credentials", table => table.HasKnownValues<CredentialKind>("kind"));
            builder.Property(c => c.Id).ValueGeneratedNever();
            builder.Property(c => c.Kind).AsText();
            builder.HasOne<Partner>().WithMany().HasForeignKey(c => c.PartnerId);
            builder.HasIndex(c => new { c.Kind, c.Hash }).IsUnique();
        }
    }
}

/// <summary>What a credential may do follows from what its holder is.</summary>
public static class Scopes
{
    static readonly string[] Common = ["partners.read", "exchanges.read", "clocks.read"];

    static readonly string[] EveryPartner = ["inbox.receive", "recalls.answer"];

    /// <param name="kind">The partner's kind; null for an internal application.</param>
    public static IEnumerable<string> Of(PartnerKind? kind) => Common.Concat(kind is { } partner ? OfPartner(partner) : Internal);

    static readonly string[] Internal =
    [
        "cases.read", "cases.write", "privacy.read", "privacy.write", "privacy.export", "privacy.erase", "privacy.audit", "privacy.breach", "employment.read", "employment.write", "offers.read", "listings.read",
        "listings.decide", "homes.read", "homes.operate", "places.read", "places.write", "searches.read", "searches.write", "visitdays.read", "visitdays.write", "visits.read", "visits.schedule",
        "schooling.read", "schooling.write", "documents.read", "documents.write", "exchanges.watch", "exchanges.operate", "partners.operate", "clocks.operate", "notifications.receive",
    ];

    static IEnumerable<string> OfPartner(PartnerKind kind) => EveryPartner.Concat(kind switch
    {
        PartnerKind.Employment => ["employment.read", "employment.answer", "offers.read", "offers.write"],
        PartnerKind.Housing => ["listings.read", "listings.write", "visits.read", "visits.answer", "visits.schedule"],
        PartnerKind.Schooling => ["schooling.read", "schooling.answer", "documents.read"],
        PartnerKind.Discovery or PartnerKind.Leisure => Array.Empty<string>(),
    });
}
