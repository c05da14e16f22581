namespace Passerelle.Hub.Platform.Jobs;

/// <summary>Work that rows in the database call for when their time comes. Running it twice, late, or on two nodes at once changes nothing.</summary>
public interface IDueWork
{
    /// <summary>Does all that is due.</summary>
    Task RunAsync(CancellationToken ct);

    /// <summary>For how long the oldest due row has waited for somebody to take it; negative: the next one is due in so long; null: nothing is known of any.</summary>
    Task<TimeSpan?> OldestDueAsync(CancellationToken ct);

    /// <summary>How long each node waits at most before it looks again: what was not known at the last look is late by this. For what was known it is there in time.</summary>
    TimeSpan LookEvery { get; }

    /// <summary>The cron of the sweep by which Hangfire starts it, whoever else forgot; null: Jobs:SweepCron. What is due seldom, or can wait, is swept seldom: each sweep costs its transactions.</summary>
    string? SweepCron => null;
}
