using System.Security.Cryptography;
using NSec.Cryptography;

namespace Passerelle.Hub.Partners;

/// <summary>An opened signing key.</summary>
public abstract class PayloadSigner
{
    PayloadSigner(Guid id) => Id = id;

    /// <summary>Of the SigningKey.</summary>
    public Guid Id { get; }

    /// <summary>The signature as it is sent: its version, a comma, base64.</summary>
    public abstract string Sign(ReadOnlySpan<byte> content);

    public static PayloadSigner Open(Guid id, SigningKeyKind kind, byte[] secret) => kind switch
    {
        SigningKeyKind.HmacSha256 => new Hmac(id, secret),
        SigningKeyKind.Ed25519 => new Ed25519(id, secret),
    };

    sealed class Hmac(Guid id, byte[] secret) : PayloadSigner(id)
    {
        public override string Sign(ReadOnlySpan<byte> content) => "v1," + Convert.ToBase64String(HMACSHA256.HashData(secret, content));
    }

    sealed class Ed25519(Guid id, byte[] seed) : PayloadSigner(id)
    {
        // Kept as long as the process may sign with it; libsodium's memory goes back with its handle's finalizer.
        readonly Key key = Key.Import(SignatureAlgorithm.Ed25519, seed, KeyBlobFormat.RawPrivateKey);

        public override string Sign(ReadOnlySpan<byte> content) => "v1a," + Convert.ToBase64String(SignatureAlgorithm.Ed25519.Sign(key, content));
    }
}
