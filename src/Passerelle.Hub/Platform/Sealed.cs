using System.Security.Cryptography;
using System.Text;

namespace Passerelle.Hub.Platform;

/// <summary>AES-256-GCM: one byte of version, 12 of nonce, 16 of tag, then the text. The place (table, column and row) is bound in: a sealed value moved elsewhere does not open.</summary>
static class Sealed
{
    const byte Version = 1;
    const int NonceSize = 12;
    const int TagSize = 16;

    public static byte[] Seal(byte[] key, ReadOnlySpan<byte> plain, string place)
    {
        var result = new byte[1 + NonceSize + TagSize + plain.Length];
        result[0] = Version;
        var nonce = result.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(nonce, plain, result.AsSpan(1 + NonceSize + TagSize), result.AsSpan(1 + NonceSize, TagSize), Encoding.UTF8.GetBytes(place));
        return result;
    }

    public static byte[] Open(byte[] key, ReadOnlySpan<byte> sealedBytes, string place)
    {
        if (sealedBytes.Length < 1 + NonceSize + TagSize || sealedBytes[0] != Version) throw new CryptographicException($"Not a sealed value: {place}.");
        var plain = new byte[sealedBytes.Length - 1 - NonceSize - TagSize];
        using var aes = new AesGcm(key, TagSize);
        aes.Decrypt(sealedBytes.Slice(1, NonceSize), sealedBytes[(1 + NonceSize + TagSize)..], sealedBytes.Slice(1 + NonceSize, TagSize), plain, Encoding.UTF8.GetBytes(place));
        return plain;
    }
}
