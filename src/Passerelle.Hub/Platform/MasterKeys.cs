using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Passerelle.Hub.Platform;

/// <summary>The ring of master keys, read once: the current one wraps, all of them open. What is wrapped begins with a byte of version and the id of its key, then a sealed value.</summary>
public sealed class MasterKeys
{
    const byte Version = 2;
    const int KeySize = 32;
    const int IdSize = 8;
    const int HeaderSize = 1 + IdSize;

    readonly Dictionary<string, byte[]> keys = [];

    public MasterKeys(IOptions<VaultOptions> options)
    {
        var vault = options.Value;
        CurrentId = Take("Vault:MasterKey", vault.MasterKey, vault.MasterKeyFile, vault.MasterKeyCommand, vault.CommandTimeout);
        foreach (var (i, other) in vault.OtherMasterKeys.Index()) Take($"Vault:OtherMasterKeys:{i}", other.Key, other.File, other.Command, vault.CommandTimeout);
    }

    /// <summary>Of the key that wraps: 16 hexadecimal digits that say which key it is, and nothing about it.</summary>
    public string CurrentId { get; }

    /// <summary>Of those that open only.</summary>
    public IEnumerable<string> OtherIds => keys.Keys.Where(id => id != CurrentId);

    public byte[] Wrap(ReadOnlySpan<byte> plain, string place) => [Version, .. Convert.FromHexString(CurrentId), .. Sealed.Seal(keys[CurrentId], plain, place)];

    /// <exception cref="MasterKeyUnknown">It was wrapped with a key that is not in the ring.</exception>
    public byte[] Unwrap(ReadOnlySpan<byte> wrapped, string place)
    {
        if (wrapped.Length < HeaderSize || wrapped[0] != Version) throw new CryptographicException($"Not a wrapped value: {place}.");
        var id = Convert.ToHexStringLower(wrapped[1..HeaderSize]);
        return keys.TryGetValue(id, out var key) ? Sealed.Open(key, wrapped[HeaderSize..], place) : throw new MasterKeyUnknown(id);
    }

    /// <summary>For development: makes the file when it is not there, readable by its owner only.</summary>
    public static void EnsureFile(string file)
    {
        if (File.Exists(file)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        using var writer = new StreamWriter(stream);
        writer.WriteLine(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeySize)));
    }

    /// <summary>What is wrong is told by the setting's name: never a key, nor what a file or a command gave in its place.</summary>
    string Take(string setting, string? text, string? file, string[] command, TimeSpan timeout)
    {
        switch ((text is { Length: > 0 } ? 1 : 0) + (file is { Length: > 0 } ? 1 : 0) + (command.Length > 0 ? 1 : 0))
        {
            case 0: throw new InvalidOperationException($"{setting}: there is no key. Give 32 bytes in base64, by one of: the key itself, a file, a command.");
            case > 1: throw new InvalidOperationException($"{setting}: give the key in one way, not in several: itself, by a file, or by a command.");
        }

        var given = text is { Length: > 0 } ? text : file is { Length: > 0 } ? ReadFile(setting, file) : KeyCommand.Run(setting, command, timeout);
        var key = new byte[KeySize + 1];
        if (!Convert.TryFromBase64String(given.Trim(), key, out var size) || size != KeySize) throw new InvalidOperationException($"{setting}: the key must be 32 bytes in base64.");
        key = key[..KeySize];
        var id = Convert.ToHexStringLower(HMACSHA256.HashData(key, "passerelle master key"u8)[..IdSize]);
        return keys.TryAdd(id, key) ? id : throw new InvalidOperationException($"{setting}: the key {id} is there twice.");
    }

    static string ReadFile(string setting, string file)
    {
        try { return File.ReadAllText(file); }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) { throw new InvalidOperationException($"{setting}: the file {file} cannot be read: {e.GetType().Name}."); }
    }
}

/// <summary>Something was wrapped with a master key that this node was not given.</summary>
public sealed class MasterKeyUnknown(string id) : Exception($"What is wrapped with the master key {id} cannot be opened: this node does not have that key. See Vault:OtherMasterKeys.")
{
    public string Id { get; } = id;
}
