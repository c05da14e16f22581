namespace Passerelle.Hub.Platform.Jobs;

/// <summary>How due work is run. Section `Jobs`.</summary>
public sealed class JobOptions
{
    /// <summary>Run a Hangfire server on this node. Default true.</summary>
    public bool Server { get; set; } = true;

    /// <summary>Pass nudges on, look for due rows, keep the sweeps registered, and step in when due rows wait. Default true.</summary>
    public bool Watchdog { get; set; } = true;

    /// <summary>Hangfire workers on this node: more than there are kinds of due work, since a job stays as long as it has any. Few are enough: a job takes whole batches. Default 20.</summary>
    public int Workers { get; set; } = 20;

    /// <summary>Cron of the sweep that starts each work from Hangfire itself, whoever else forgot; work that can wait is swept less often. Default every minute.</summary>
    public string SweepCron { get; set; } = "* * * * *";

    /// <summary>How long a due row may wait before the watchdog does the work itself. Default 3 s.</summary>
    public TimeSpan WatchdogPatience { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How often the watchdog sees whether the sweeps are still registered. Default 30 s.</summary>
    public TimeSpan CheckSweepsEvery { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a job that has run out of work stays for the next nudge, so that a steady trickle needs no job for each. Default 10 s.</summary>
    public TimeSpan Linger { get; set; } = TimeSpan.FromSeconds(10);
}
