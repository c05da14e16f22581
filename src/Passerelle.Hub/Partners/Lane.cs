using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Partners;

public enum LaneHealth { Up = 1, Down, Probing }

/// <summary>The way to one partner: whether it is open, how wide it is, how fast. What waits in a closed lane is held; no lane waits for another.</summary>
public sealed class Lane
{
    Lane() { }

    /// <summary>It has its first second's allowance from the start.</summary>
    public static Lane Of(string partnerId, DateTimeOffset now) => new() { PartnerId = partnerId, Health = LaneHealth.Up, RefillTime = now.AddSeconds(-1), ServeTime = now };

    public string PartnerId { get; private set; } = "";

    public LaneHealth Health { get; private set; }

    /// <summary>Attempts in a row that did not reach the partner.</summary>
    public int Failures { get; private set; }

    /// <summary>Probes in a row that failed: the place in the probe schedule.</summary>
    public int FailedProbes { get; private set; }

    /// <summary>When the next probe may leave.</summary>
    public DateTimeOffset? ProbeTime { get; private set; }

    public DateTimeOffset? PauseTime { get; private set; }

    public string? PauseReason { get; private set; }

    /// <summary>How many exchanges may be on their way at once, from all nodes together; null: as LaneOptions says.</summary>
    public int? MaxInFlight { get; private set; }

    /// <summary>How many may leave in a second; null: as LaneOptions says; 0: no limit.</summary>
    public int? MaxPerSecond { get; private set; }

    /// <summary>What is left of this second's allowance; the claim refills and takes it.</summary>
    public double Tokens { get; private set; }

    public DateTimeOffset RefillTime { get; private set; }

    /// <summary>When something was last taken from it: the lane that was served longest ago comes first.</summary>
    public DateTimeOffset ServeTime { get; private set; }

    public bool IsPaused => PauseTime is not null;

    public bool IsOpen => !IsPaused && Health == LaneHealth.Up;

    /// <summary>Why what waits in it is held, as the contract names it; null while it is open.</summary>
    public string? HoldReason => IsPaused ? "PARTNER_PAUSED" : Health == LaneHealth.Up ? null : "PARTNER_DOWN";

    public void Pause(string reason, DateTimeOffset now) => (PauseTime, PauseReason) = (PauseTime ?? now, reason);

    /// <summary>Open, whatever closed it: an operator who resumes a partner knows it to be back.</summary>
    public void Resume()
    {
        (PauseTime, PauseReason) = (null, null);
        Reached();
    }

    /// <summary>The partner answered an attempt, if only to refuse it.</summary>
    public void Reached() => (Health, Failures, FailedProbes, ProbeTime) = (LaneHealth.Up, 0, 0, null);

    /// <summary>An attempt did not reach the partner. After a few of them in a row the lane is down: one exchange at a time is sent to see, ever less often.</summary>
    public void Missed(LaneOptions options, DateTimeOffset now)
    {
        Failures++;
        switch (Health)
        {
            case LaneHealth.Up:
                if (Failures < options.DownAfter) return;
                FailedProbes = 0;
                break;
            case LaneHealth.Probing:
                FailedProbes++;
                break;
            case LaneHealth.Down:
                // One that left before the lane went down.
                return;
        }

        (Health, ProbeTime) = (LaneHealth.Down, now + options.ProbeSchedule[Math.Min(FailedProbes, options.ProbeSchedule.Length - 1)]);
    }

    public sealed class Mapping : IEntityTypeConfiguration<Lane>
    {
        public void Configure(EntityTypeBuilder<Lane> builder)
        {
            builder.ToTable("lanes", table =>
            {
                table.HasKnownValues<LaneHealth>("health");
                table.HasCheckConstraint("ck_lanes_probe_time", "(health = 'up') = (probe_time is null)");
                table.HasCheckConstraint("ck_lanes_pause_reason", "(pause_time is null) = (pause_reason is null)");
            });
            builder.HasKey(l => l.PartnerId);
            builder.Property(l => l.Health).AsText();
        }
    }
}
