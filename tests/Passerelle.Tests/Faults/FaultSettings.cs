using System.Globalization;

namespace Passerelle.Tests.Faults;

/// <summary>What the environment says about which schedules are played.</summary>
static class FaultSettings
{
    /// <summary>PASSERELLE_FAULT_SEED: the seed of the first schedule; each next one's is one more.</summary>
    public static int? Seed => Number("PASSERELLE_FAULT_SEED");

    /// <summary>PASSERELLE_FAULT_SCHEDULES: how many; 50 when nothing is said.</summary>
    public static int Schedules => Number("PASSERELLE_FAULT_SCHEDULES") ?? 50;

    public static void Print(string text)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(text);
        Console.WriteLine(text);
    }

    static int? Number(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
