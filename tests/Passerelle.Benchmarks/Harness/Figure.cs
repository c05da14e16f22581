using System.Text.Encodings.Web;
using System.Text.Json;

namespace Passerelle.Benchmarks.Harness;

/// <summary>One number about the hub beside the same number about its baseline, with every run that they are the medians of.</summary>
sealed record Figure(string Name, string Unit, IReadOnlyList<double> Values, IReadOnlyList<double> Baselines)
{
    /// <summary>Read by scripts and by eyes, never inside a page: "+" may stay "+".</summary>
    static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public double Value => Median(Values);

    public double Baseline => Median(Baselines);

    /// <summary>How many times the baseline's: of a speed the larger is the better, of a latency the smaller.</summary>
    public double Ratio => Value / Baseline;

    public string ToJson(int seed, Machine machine) => JsonSerializer.Serialize(
        new
        {
            Name,
            Value = Rounded(Value),
            Unit,
            Baseline = Rounded(Baseline),
            Ratio = Rounded(Ratio),
            Samples = new { Value = Values.Select(Rounded), Baseline = Baselines.Select(Rounded) },
            Seed = seed,
            Machine = machine,
        },
        Json);

    static double Median(IEnumerable<double> samples)
    {
        var sorted = samples.Order().ToList();
        return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
    }

    static double Rounded(double number) => Math.Round(number, 3);
}
