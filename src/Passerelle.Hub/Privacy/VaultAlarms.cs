using Passerelle.Hub.Platform.Alarms;

namespace Passerelle.Hub.Privacy;

/// <summary>What the watchman looks at of the vault.</summary>
public static class VaultAlarms
{
    /// <summary>A restored backup has brought back the key of somebody who was erased, and nobody has run `vault bury`.</summary>
    public static readonly AlarmRule Unburied = new("key_unburied", "select 'persons/' || d.person_id from vault.destroyed d join vault.person_keys k on k.person_id = d.person_id");
}
