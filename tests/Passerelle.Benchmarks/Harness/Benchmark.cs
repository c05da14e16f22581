namespace Passerelle.Benchmarks.Harness;

/// <param name="Name">As given to ./bench.sh; its figures carry it, or begin with it and a dot.</param>
sealed record Benchmark(string Name, string Description, Func<BenchOptions, CancellationToken, Task<Measurement>> MeasureAsync);

/// <param name="Rows">Listings of an import.</param>
/// <param name="Calls">Calls of one run of `status` or `access.cost`.</param>
/// <param name="Runs">Measured rounds of each side; one more comes first and does not count.</param>
/// <param name="Seed">Of everything that is generated.</param>
/// <param name="Seconds">How long a sustained run of deliveries is; the other runs of the exchange kernel take a half or a quarter of it.</param>
/// <param name="Persons">Whose CVs are sent.</param>
/// <param name="Waiting">Exchanges that wait in `backlog`; a tenth of them waits for one partner in `fairness`.</param>
/// <param name="Clocks">Open clocks in `clocks`; ten times as many are closed.</param>
/// <param name="Keys">Persons' keys in `keys.rotate`.</param>
/// <param name="Entries">Of the access log in `chain.verify`.</param>
/// <param name="Disclosures">In `register`.</param>
sealed record BenchOptions(int Rows, int Calls, int Runs, int Seed, int Seconds, int Persons, int Waiting, int Clocks, int Keys, int Entries, int Disclosures);

/// <param name="Settings">Of the hub and of the load, as far as they are not defaults or say how hard the figures were to reach.</param>
sealed record Measurement(IReadOnlyList<Figure> Figures, Machine Machine, IReadOnlyDictionary<string, string>? Settings = null);
