using Passerelle.Hub.Platform.Alarms;

namespace Passerelle.Hub.Clocks;

/// <summary>What the watchman looks at of the clocks.</summary>
public static class ClockAlarms
{
    /// <summary>A rung that is due is fired within seconds: by Hangfire, or by a node's watchdog. One that waits means that neither runs.</summary>
    public static readonly AlarmRule SweepLate = new(
        "clock_sweep_late", "select 'clocks/' || id from (select id from clocks where next_fire_time < (select hub_now() - interval '15 seconds') order by next_fire_time limit 1000) late");

    public static readonly AlarmRule Unreadable = new("clock_unreadable", "select 'clocks/' || id from clocks where unreadable_time is not null");
}
