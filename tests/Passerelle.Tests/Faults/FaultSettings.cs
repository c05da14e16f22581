using System.Globalization;

namespace Passerelle.Tests.Faults;

/// <summary>What the environment says about which schedules are played.</summary>
static class FaultSettings
{
    /// <summary>PASSERELLE_FAULT_SEED: the seed of the first schedule; each next one's is one more.</summary>
    public static int? Seed => Number("PASSERELLE_FAULT_SEED");

    /// <summary>PASSERELLE_FAULT_SCHEDULES: how many; 50 when nothing is said.</summary>
    public static int Schedules => Number("PASSERELLE_FAULT_SCHEDULES") ?? 50;

    /// <summary>PASSERELLE_FAULT_LOGS: a folder that the nodes' logs are copied to when a world ends; they are gone with it otherwise.</summary>
    public static void KeepLog(FaultNode node)
    {
        if (Environment.GetEnvironmentVariable("PASSERELLE_FAULT_LOGS") is not { Length: > 0 } folder || !File.Exists(node.Hub.Log)) return;
        Directory.CreateDirectory(folder);
        File.Copy(node.Hub.Log, Path.Combine(folder, $"{Path.GetFileName(node.Hub.Folder)}-{node.Name}.log"), overwrite: true);
    }

    public static void Print(string text) => TestContext.Current.TestOutputHelper!.WriteLine(text);

    static int? Number(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
