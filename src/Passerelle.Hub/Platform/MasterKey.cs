using System.Security.Cryptography;
using Microsoft.Extensions.Options;

namespace Passerelle.Hub.Platform;

/// <summary>The master key that wraps every person's key, and what the hub keeps secret for itself. Section `Vault`.</summary>
public sealed class VaultOptions
{
    /// <summary>32 bytes in base64. Wins over the file.</summary>
    public string? MasterKey { get; set; }

    /// <summary>A file that holds the same. Created on first start on the embedded database only; elsewhere a missing key is an error.</summary>
    public string? MasterKeyFile { get; set; }
}

/// <summary>The master key, read once.</summary>
public sealed class MasterKey(IOptions<VaultOptions> options)
{
    public byte[] Bytes { get; } = Read(options.Value);

    static byte[] Read(VaultOptions options)
    {
        var text = options.MasterKey ?? (options.MasterKeyFile is { } file && File.Exists(file) ? File.ReadAllText(file) : null);
        if (text is null) throw new InvalidOperationException("No master key: set Vault:MasterKey or Vault:MasterKeyFile (32 bytes in base64).");
        byte[] key;
        try { key = Convert.FromBase64String(text.Trim()); }
        catch (FormatException) { key = []; }
        return key.Length == 32 ? key : throw new InvalidOperationException("The master key must be 32 bytes in base64.");
    }

    /// <summary>For development: makes the file when it is not there, readable by its owner only.</summary>
    public static void EnsureFile(string file)
    {
        if (File.Exists(file)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        using var writer = new StreamWriter(stream);
        writer.WriteLine(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
    }
}
