using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NSec.Cryptography;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Partners;

public enum SigningKeyKind { HmacSha256 = 1, Ed25519 }

/// <summary>What the hub signs a partner's pushed exchanges with. All keys of a partner that have not ended sign side by side, so that the partner can change over in its own time.</summary>
public sealed class SigningKey
{
    const int SecretSize = 32;

    public static readonly MasterSealed AtRest = new("signing_keys", "id", "secret");

    SigningKey() { }

    /// <returns>The key, and what the partner is given to verify with: the secret itself (`whsec_`), or the public key (`whpk_`).</returns>
    public static (SigningKey Key, string Shown) Issue(Partner partner, SigningKeyKind kind, MasterKeys master, DateTimeOffset now)
    {
        var secret = RandomNumberGenerator.GetBytes(SecretSize);
        var id = Guid.CreateVersion7(now);
        var key = new SigningKey
        {
            Id = id,
            PartnerId = partner.Id,
            Kind = kind,
            Secret = master.Wrap(secret, AtRest.Place(id)),
            PublicKey = kind switch
            {
                SigningKeyKind.HmacSha256 => null,
                SigningKeyKind.Ed25519 => PublicKeyOf(secret),
            },
            CreateTime = now,
        };
        return (key, key.PublicKey is { } shown ? "whpk_" + Convert.ToBase64String(shown) : "whsec_" + Convert.ToBase64String(secret));
    }

    public Guid Id { get; private set; }

    public string PartnerId { get; private set; } = "";

    public SigningKeyKind Kind { get; private set; }

    /// <summary>32 random bytes, wrapped with the master key: the secret of HMAC, or the seed of Ed25519.</summary>
    public byte[] Secret { get; private set; } = [];

    /// <summary>Of Ed25519 only.</summary>
    public byte[]? PublicKey { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    /// <summary>From then on it signs no more; null: it goes on.</summary>
    public DateTimeOffset? ExpireTime { get; private set; }

    /// <summary>Never later than it was to end anyway.</summary>
    public void Expire(DateTimeOffset at) => ExpireTime = ExpireTime is { } before && before < at ? before : at;

    public static byte[] Open(byte[] wrapped, Guid id, MasterKeys master) => master.Unwrap(wrapped, AtRest.Place(id));

    static byte[] PublicKeyOf(byte[] seed)
    {
        using var key = Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey);
        return key.PublicKey.Export(KeyBlobFormat.RawPublicKey);
    }

    public sealed class Mapping : IEntityTypeConfiguration<SigningKey>
    {
        public void Configure(EntityTypeBuilder<SigningKey> builder)
        {
            builder.ToTable("signing_keys", table =>
            {
                table.HasKnownValues<SigningKeyKind>("kind");
                table.HasCheckConstraint("ck_signing_keys_public_key", "(kind = 'ed25519') = (public_key is not null)");
            });
            builder.Property(k => k.Id).ValueGeneratedNever();
            builder.Property(k => k.Kind).AsText();
            builder.ShowsMasterOf(AtRest);
            builder.HasOne<Partner>().WithMany().HasForeignKey(k => k.PartnerId);
        }
    }
}
