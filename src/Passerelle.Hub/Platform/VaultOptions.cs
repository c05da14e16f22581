namespace Passerelle.Hub.Platform;

/// <summary>The master keys: what wraps every person's key, and what the hub keeps secret for itself. Each is 32 bytes in base64. Section `Vault`.</summary>
/// <remarks>
/// The current one wraps, and comes from exactly one of `MasterKey`, `MasterKeyFile` and `MasterKeyCommand`. To change it, no node may ever meet a key that it does not know:
/// 1. the next one joins `OtherMasterKeys` on every node, node by node; 2. the two change places, node by node; 3. `passerelle-hub vault rotate`, once all wrap with the new one;
/// 4. the old one leaves `OtherMasterKeys`, and is destroyed.
/// </remarks>
public sealed class VaultOptions
{
    /// <summary>The key itself, usually by the environment.</summary>
    public string? MasterKey { get; set; }

    /// <summary>A file that holds it. Created on first start on the embedded database only.</summary>
    public string? MasterKeyFile { get; set; }

    /// <summary>A key service's command: a program and its arguments, one by one and without a shell, that prints the key and ends with 0, e.g. `vault`, `kv`, `get`, `-field=key`,
    /// `secret/passerelle`.</summary>
    public string[] MasterKeyCommand { get; set; } = [];

    /// <summary>How long a command may take. Default: 10 seconds.</summary>
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>More keys that open what they have wrapped and wrap nothing new: the one before, and the next one before it is the current one.</summary>
    public OtherMasterKey[] OtherMasterKeys { get; set; } = [];
}

/// <summary>A key in exactly one of the same three ways.</summary>
public sealed class OtherMasterKey
{
    public string? Key { get; set; }

    public string? File { get; set; }

    public string[] Command { get; set; } = [];
}
