using System.Text.Json;
using NSec.Cryptography;

namespace Passerelle.Client;

/// <summary>What a certificate turned out to be.</summary>
/// <param name="Payload">The text that was signed, UTF-8 JSON in French; <see langword="null"/> when the signature does not hold.</param>
/// <param name="Problem">What is wrong, an English sentence; <see langword="null"/> when nothing is.</param>
public sealed record CertificateCheck(string? Payload, string? Problem);

/// <summary>
/// Checks certificates of the hub (<c>RecallService.GetRecallCertificate</c>, <c>PersonRightsService</c>) without the hub. A certificate is a JSON object <c>{"payload", "signature", "key"}</c>: base64 of the text that was
/// signed, base64 of its Ed25519 signature, and the public key as <c>whpk_</c> and base64. Which key is the hub's own is for the service to publish: a certificate that names its key proves nothing by itself.
/// </summary>
public static class CertificateVerifier
{
    private const string PublicKeyPrefix = "whpk_";

    /// <param name="certificate">As the hub gave it.</param>
    /// <param name="key">The hub's public key, <c>whpk_...</c>, from a source that you trust.</param>
    public static CertificateCheck Check(ReadOnlySpan<byte> certificate, string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        if (Import(key) is not { } trusted)
            throw new ArgumentException($"The key must be {PublicKeyPrefix} followed by base64 of 32 bytes.", nameof(key));
        Parts? parts;
        byte[] payload, signature;
        try
        {
            parts = JsonSerializer.Deserialize<Parts>(certificate, JsonSerializerOptions.Web);
            if (parts?.Payload is null || parts.Signature is null)
                return new CertificateCheck(null, "It is no certificate.");
            (payload, signature) = (Convert.FromBase64String(parts.Payload), Convert.FromBase64String(parts.Signature));
        }
        catch (Exception e) when (e is JsonException or FormatException)
        {
            return new CertificateCheck(null, "It is no certificate.");
        }

        if (SignatureAlgorithm.Ed25519.Verify(trusted, payload, signature))
            return new CertificateCheck(System.Text.Encoding.UTF8.GetString(payload), null);
        return new CertificateCheck(null, parts.Key == key ? "It was changed after it was signed." : "It was signed with another key.");
    }

    private static PublicKey? Import(string key)
    {
        if (!key.StartsWith(PublicKeyPrefix, StringComparison.Ordinal))
            return null;
        var bytes = new byte[64];
        return Convert.TryFromBase64String(key[PublicKeyPrefix.Length..], bytes, out var length) && PublicKey.TryImport(SignatureAlgorithm.Ed25519, bytes.AsSpan(0, length), KeyBlobFormat.RawPublicKey, out var read)
            ? read
            : null;
    }

    private sealed record Parts(string? Payload, string? Signature, string? Key);
}
