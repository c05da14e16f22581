using System.Text.Encodings.Web;
using System.Text.Json;

namespace Passerelle.Benchmarks.Harness;

/// <summary>One number about the hub, with every run that it is the median of; where there is something to compare it with, beside the same number about its baseline.</summary>
/// <param name="Baselines">Empty: there is nothing that it could be compared with.</param>
sealed record Figure(string Name, string Unit, IReadOnlyList<double> Values, IReadOnlyList<double> Baselines)
{
    /// <summary>Read by scripts and by eyes, never inside a page: "+" may stay "+".</summary>
    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public double Value => Median(Values);

    public double? Baseline => Baselines.Count > 0 ? Median(Baselines) : null;

    /// <summary>How many times the baseline's: of a speed the larger is the better, of a latency the smaller.</summary>
    public double? Ratio => Value / Baseline;

    /// <summary>What it should be; null: it is there to be seen.</summary>
    public Target? Target { get; init; }

    /// <summary>What was counted, and from when to when, where the name leaves that open.</summary>
    public string? Counted { get; init; }

    public string ToJson(int seed, Measurement measured) => JsonSerializer.Serialize(
        new
        {
            Name,
            Value = Rounded(Value),
            Unit,
            Baseline = Rounded(Baseline),
            Ratio = Rounded(Ratio),
            Target,
            Verdict = Target?.Judge(Value),
            Samples = new { Value = Values.Select(v => Rounded(v)), Baseline = Baselines.Select(v => Rounded(v)) },
            Counted,
            Seed = seed,
            measured.Settings,
            measured.Machine,
        },
        Json);

    public static double Median(IEnumerable<double> samples)
    {
        var sorted = samples.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    static double? Rounded(double? number) => number is { } n ? Math.Round(n, 3) : null;
}

/// <summary>What a figure should be: at least so much or at most so much, and what would be better still.</summary>
sealed record Target(double? AtLeast = null, double? AtMost = null, double? Aim = null)
{
    public string Judge(double value) =>
        !(value >= AtLeast || value <= AtMost) ? "missed" : Aim is { } aim && (AtLeast is not null ? value >= aim : value <= aim) ? "met, aim too" : "met";

    public override string ToString() => FormattableString.Invariant($"{(AtLeast is { } least ? $">= {least}" : $"<= {AtMost}")}{(Aim is { } aim ? $", aim {aim}" : "")}");
}
