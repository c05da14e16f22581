namespace Passerelle.Benchmarks.Harness;

static class Percentiles
{
    /// <summary>The smallest value that at least such a share of all does not exceed.</summary>
    public static double At(this IReadOnlyCollection<double> values, double share)
    {
        if (values.Count == 0) throw new InvalidOperationException("Nothing was measured.");
        return values.Order().ElementAt((int)Math.Ceiling(share * values.Count) - 1);
    }
}
