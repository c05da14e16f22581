using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NSec.Cryptography;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Rights;

/// <summary>What the hub signs its certificates with: Ed25519. Made when it is first needed; whoever checks a certificate compares its public key with the one that the service has published.</summary>
public sealed class CertificateKey
{
    const int SeedSize = 32;

    public static readonly MasterSealed AtRest = new("certificate_keys", "id", "secret");

    CertificateKey() { }

    public static CertificateKey Issue(MasterKeys master, DateTimeOffset now)
    {
        var (id, seed) = (Guid.CreateVersion7(now), RandomNumberGenerator.GetBytes(SeedSize));
        using var key = Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey);
        return new CertificateKey { Id = id, Secret = master.Wrap(seed, AtRest.Place(id)), PublicKey = key.PublicKey.Export(KeyBlobFormat.RawPublicKey), CreateTime = now };
    }

    public Guid Id { get; private set; }

    /// <summary>The seed, wrapped with the master key.</summary>
    public byte[] Secret { get; private set; } = [];

    public byte[] PublicKey { get; private set; } = [];

    public DateTimeOffset CreateTime { get; private set; }

    /// <summary>As it is shown: `whpk_` and base64, as the keys that partners verify with.</summary>
    public string Shown => "whpk_" + Convert.ToBase64String(PublicKey);

    public byte[] Sign(ReadOnlySpan<byte> content, MasterKeys master)
    {
        using var key = Key.Import(SignatureAlgorithm.Ed25519, master.Unwrap(Secret, AtRest.Place(Id)), KeyBlobFormat.RawPrivateKey);
        return SignatureAlgorithm.Ed25519.Sign(key, content);
    }

    public sealed class Mapping : IEntityTypeConfiguration<CertificateKey>
    {
        public void Configure(EntityTypeBuilder<CertificateKey> builder)
        {
            builder.ToTable("certificate_keys", table => table.HasCheckConstraint("ck_certificate_keys_public_key", "octet_length(public_key) = 32"));
            builder.Property(k => k.Id).ValueGeneratedNever();
            builder.Ignore(k => k.Shown);
            builder.ShowsMasterOf(AtRest);
        }
    }
}
