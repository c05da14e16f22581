namespace Passerelle.Tests.Faults;

/// <summary>One measured time, and whether something else was wrong on its way: such a one is shown and bound by nothing.</summary>
sealed record Sample(string Of, TimeSpan Took, bool Disturbed)
{
    public override string ToString() => FormattableString.Invariant($"{Of} {Took.TotalSeconds:0.0} s{(Disturbed ? " (disturbed)" : "")}");
}

/// <summary>What a schedule came to.</summary>
sealed class Outcome(Schedule schedule)
{
    public static readonly TimeSpan TakeoverWithin = TimeSpan.FromSeconds(20), ResumesWithin = TimeSpan.FromSeconds(5);

    public Schedule Schedule { get; } = schedule;

    public List<string> Violations { get; } = [];

    public List<string> Notes { get; } = [];

    /// <summary>From the SIGKILL to the next time that a partner got what the dead node had claimed, or had been asked for last.</summary>
    public List<Sample> Takeovers { get; } = [];

    /// <summary>From PostgreSQL's answering, or its connections' end, to the next delivery.</summary>
    public List<Sample> Resumes { get; } = [];

    public int Accepted { get; set; }

    public int Received { get; set; }

    public int Again { get; set; }

    public string Repeats { get; set; } = "";

    public TimeSpan Took { get; set; }

    public void CheckLimits()
    {
        Violations.AddRange(Takeovers.Where(s => !s.Disturbed && s.Took > TakeoverWithin).Select(s => $"takeover took more than 20 s: {s}"));
        Violations.AddRange(Resumes.Where(s => !s.Disturbed && s.Took > ResumesWithin).Select(s => $"work resumed after more than 5 s: {s}"));
    }

    public static string Max(IEnumerable<Sample> samples) =>
        FormattableString.Invariant($"{samples.Where(s => !s.Disturbed).Select(s => s.Took.TotalSeconds).DefaultIfEmpty(0).Max():0.0} s");

    public override string ToString() =>
        $"""
        {Schedule}
          {Accepted} accepted (calls repeated: {Repeats}), {Received} receipts, {Again} of them again; {Took.TotalSeconds:0} s
          takeovers: {string.Join(", ", Takeovers.GroupBy(s => s.Of).Select(Worst))}; resumes: {string.Join(", ", Resumes)}
          {(Violations.Count == 0 ? "sound" : $"{Violations.Count} VIOLATIONS:\n    " + string.Join("\n    ", Violations.Take(40)))}{string.Concat(Notes.Select(n => "\n  note: " + n))}
        """;

    static string Worst(IEnumerable<Sample> group)
    {
        var samples = group.OrderBy(s => s.Disturbed).ThenByDescending(s => s.Took).ToList();
        return $"{samples[0]} of {samples.Count}";
    }
}
