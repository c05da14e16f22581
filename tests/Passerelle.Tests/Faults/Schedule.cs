using Passerelle.Hub.Platform;

namespace Passerelle.Tests.Faults;

/// <summary>One thing that is done to the world when so many referrals have been accepted.</summary>
abstract record Act(int At)
{
    /// <param name="Late">The node comes back when all is delivered, not at once: the other one is alone until then.</param>
    public sealed record Kill(int At, int Node, string Point, int Passing, bool Late) : Act(At);

    public sealed record RestartDatabase(int At) : Act(At);

    public sealed record TerminateConnections(int At) : Act(At);

    public sealed record Spoil(int At, Lane Lane, ProxyMode Mode) : Act(At);

    /// <summary>The line is sound again, once the fault was felt.</summary>
    public sealed record Mend(int At, Lane Lane) : Act(At);

    public sealed record Pause(int At, Lane Lane) : Act(At);

    public sealed record Resume(int At, Lane Lane) : Act(At);
}

/// <summary>What happens, and after how many referrals: by events, never by time.</summary>
sealed record Schedule(int Seed, IReadOnlyList<Lane> Lanes, IReadOnlyList<TimeSpan> Clocks, IReadOnlyList<Act> Acts)
{
    public static readonly IReadOnlyList<string> KillPoints =
    [
        Points.ClaimBegins, Points.Claimed, Points.Prepared, Points.Sent, Points.MidBatch, Points.Completed, Points.NudgeBegins, Points.Nudged,
    ];

    public static readonly IReadOnlyList<ProxyMode> Modes =
        [ProxyMode.Reset, ProxyMode.BlackHole, ProxyMode.HalfOpen, ProxyMode.Slow, ProxyMode.CutBeforeReply, ProxyMode.DuplicateReply];

    static readonly TimeSpan wrong = TimeSpan.FromMinutes(10);

    public static readonly IReadOnlyList<TimeSpan> TrueClocks = [TimeSpan.Zero, TimeSpan.Zero];

    public int Total => FaultWorld.Cases * FaultWorld.PersonsPerCase * Lanes.Count;

    /// <summary>Every kill point comes up in 8 seeds in a row, and every mode in 6; the rest is drawn.</summary>
    public static Schedule Draw(int seed, FaultWorld world)
    {
        var random = new Random(seed);
        Lane[] lanes = [world.Calm, world.Faulty[random.Next(world.Faulty.Count)], world.Pull];
        var total = FaultWorld.Cases * FaultWorld.PersonsPerCase * lanes.Length;
        int Between(double from, double to) => random.Next((int)(total * from), (int)(total * to));
        List<Act> acts =
        [
            new Act.Kill(Between(0.05, 0.5), random.Next(2), KillPoints[(seed & int.MaxValue) % KillPoints.Count], random.Next(1, 4), random.Next(2) == 0),
            new Act.Spoil(Between(0.05, 0.3), lanes[1], Modes[(seed & int.MaxValue) % Modes.Count]),
            new Act.Mend(Between(0.6, 0.8), lanes[1]),
        ];
        if (random.Next(3) == 0) acts.Add(new Act.Kill(Between(0.5, 0.8), random.Next(2), KillPoints[random.Next(KillPoints.Count)], random.Next(1, 6), false));
        if (random.Next(2) == 0) acts.Add(new Act.RestartDatabase(Between(0.1, 0.6)));
        if (random.Next(3) == 0) acts.Add(new Act.TerminateConnections(Between(0.1, 0.6)));
        if (random.Next(2) == 0)
        {
            var paused = lanes[random.Next(lanes.Length)];
            acts.AddRange([new Act.Pause(Between(0.05, 0.4), paused), new Act.Resume(Between(0.6, 0.85), paused)]);
        }

        TimeSpan Clock() => random.Next(6) switch { 0 => wrong, 1 => -wrong, _ => TimeSpan.Zero };
        return new Schedule(seed, lanes, [Clock(), Clock()], [.. acts.OrderBy(a => a.At)]);
    }

    public override string ToString() => $"seed {Seed}: clocks {string.Join(' ', Clocks.Select(c => c.TotalMinutes))} min; {string.Join(", ", Acts.Select(a => $"at {a.At} {TextOf(a)}"))}";

    static string TextOf(Act act) => act switch
    {
        Act.Kill kill => $"kill {"AB"[kill.Node]} at {kill.Point}:{kill.Passing}{(kill.Late ? " (down until the end)" : "")}",
        Act.RestartDatabase => "restart PostgreSQL",
        Act.TerminateConnections => "terminate connections",
        Act.Spoil spoil => $"{spoil.Mode} for {spoil.Lane}",
        Act.Mend mend => $"mend {mend.Lane}",
        Act.Pause pause => $"pause {pause.Lane}",
        Act.Resume resume => $"resume {resume.Lane}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
