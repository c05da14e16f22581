namespace Passerelle.Benchmarks.Harness;

/// <param name="Name">As given to ./bench.sh; its figures carry it, or begin with it and a dot.</param>
sealed record Benchmark(string Name, string Description, Func<BenchOptions, CancellationToken, Task<Measurement>> MeasureAsync);

/// <param name="Rows">Listings of an import.</param>
/// <param name="Calls">Status calls of one run.</param>
/// <param name="Runs">Measured rounds of each side; one more comes first and does not count.</param>
/// <param name="Seed">Of everything that is generated.</param>
sealed record BenchOptions(int Rows, int Calls, int Runs, int Seed);

sealed record Measurement(IReadOnlyList<Figure> Figures, Machine Machine);
