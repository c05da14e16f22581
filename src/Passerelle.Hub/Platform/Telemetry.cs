using System.Diagnostics.Metrics;

namespace Passerelle.Hub.Platform;

/// <summary>The hub's own figures. Ids and names of ours only: no personal data is ever a tag.</summary>
public static class Telemetry
{
    public const string Name = "Passerelle.Hub";

    static readonly Meter Meter = new(Name);

    /// <summary>Times that the watchdog did due work because Hangfire did not. Tag: work.</summary>
    public static readonly Counter<long> WatchdogRuns = Meter.CreateCounter<long>("passerelle.watchdog.runs");

    /// <summary>What an operator must see to. Tag: alarm. The log names the rows.</summary>
    public static readonly Counter<long> Alarms = Meter.CreateCounter<long>("passerelle.alarms");

    /// <summary>Exchanges by state, as the last audit of this node counted them. Tag: state.</summary>
    public static readonly Gauge<long> Exchanges = Meter.CreateGauge<long>("passerelle.exchanges");
}
