using System.CommandLine;

namespace Passerelle.Benchmarks.Harness;

/// <summary>The command line: which benchmarks, how large, how often.</summary>
static class BenchCommand
{
    /// <summary>A benchmark that takes longer hangs, or was given more than this machine can do.</summary>
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(30);

    /// <summary>After Ctrl-C: the hub, then PostgreSQL with its last checkpoint, stop in their own time.</summary>
    static readonly TimeSpan StopsWithin = TimeSpan.FromSeconds(60);

    const int Cancelled = 130;

    public static async Task<int> RunAsync(Benchmark[] all, string[] args)
    {
        var names = new Argument<string[]>("NAME") { Description = "Which benchmarks; all when none is named.", Arity = ArgumentArity.ZeroOrMore };
        var list = new Option<bool>("--list") { Description = "Name the benchmarks and end." };
        var rows = AtLeastOne("--rows", 1_000_000, "Listings of an import.");
        var calls = AtLeastOne("--calls", 50_000, "Calls of one run of `status` or `access.cost`.");
        var runs = AtLeastOne("--runs", 3, "Measured runs of each side; figures are their medians.");
        var seed = new Option<int>("--seed") { Description = "Of everything that is generated.", DefaultValueFactory = _ => 14 };
        var seconds = AtLeastOne("--seconds", 120, "Of a sustained run of deliveries; other runs of the exchange kernel take a half or a quarter of it.");
        var persons = AtLeastOne("--persons", 2000, "Persons whose CVs are sent.");
        var waiting = AtLeastOne("--waiting", 1_000_000, "Exchanges that wait in `backlog`; in `fairness`, a tenth of them for one partner.");
        var clocks = AtLeastOne("--clocks", 1_000_000, "Open clocks in `clocks`, beside ten times as many that are closed; a tenth of them comes due in one second.");
        var keys = AtLeastOne("--keys", 1_000_000, "Persons' keys in `keys.rotate`.");
        var entries = AtLeastOne("--entries", 1_000_000, "Entries of the access log in `chain.verify`.");
        var disclosures = AtLeastOne("--disclosures", 10_000_000, "Disclosures in `register`; at least 100,000.");
        names.Validators.Add(given =>
        {
            foreach (var name in given.GetValueOrDefault<string[]>() ?? [])
                if (!all.Any(b => b.Name == name)) given.AddError($"There is no benchmark {name}; there are: {string.Join(", ", all.Select(b => b.Name))}.");
        });
        var root = new RootCommand("Measures the hub beside the least that the same work can cost, or the usual way of doing it, alternately where both run, and prints one JSON line a figure.") { names, list, rows, calls, seconds, persons, waiting, clocks, keys, entries, disclosures, runs, seed };
        root.SetAction(async (parsed, ct) =>
        {
            if (parsed.GetValue(list))
            {
                foreach (var benchmark in all) Console.WriteLine($"{benchmark.Name,-18} {benchmark.Description}");
                return 0;
            }

            var wanted = parsed.GetValue(names) is { Length: > 0 } some ? all.Where(b => some.Contains(b.Name)) : all;
            return await MeasureAsync(wanted, new BenchOptions(
                parsed.GetValue(rows), parsed.GetValue(calls), parsed.GetValue(runs), parsed.GetValue(seed), parsed.GetValue(seconds), parsed.GetValue(persons), parsed.GetValue(waiting), parsed.GetValue(clocks),
                parsed.GetValue(keys), parsed.GetValue(entries), parsed.GetValue(disclosures)), ct);
        });
        return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = StopsWithin });
    }

    static async Task<int> MeasureAsync(IEnumerable<Benchmark> wanted, BenchOptions options, CancellationToken ct)
    {
        var table = new FigureTable();
        foreach (var benchmark in wanted)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
            limit.CancelAfter(Limit);
            Progress.Say($"{benchmark.Name}: {benchmark.Description}");
            try
            {
                var measured = await benchmark.MeasureAsync(options, limit.Token);
                // At once: what is measured stays measured when a later benchmark fails.
                foreach (var figure in measured.Figures) Console.WriteLine(figure.ToJson(options.Seed, measured));
                table.Add(measured);
            }
            catch (Exception) when (ct.IsCancellationRequested)
            {
                Progress.Say("Stopped.");
                return Cancelled;
            }
            catch (Exception e) when (limit.IsCancellationRequested)
            {
                throw new TimeoutException($"{benchmark.Name} took longer than {Limit.TotalMinutes} minutes.", e);
            }
        }

        Console.WriteLine();
        table.Print(Console.Out);
        return 0;
    }

    static Option<int> AtLeastOne(string name, int otherwise, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => otherwise };
        option.Validators.Add(given =>
        {
            if (given.GetValueOrDefault<int>() < 1) given.AddError($"{name} must be 1 or more.");
        });
        return option;
    }
}

/// <summary>What happens, on standard error: standard output is for figures.</summary>
static class Progress
{
    public static void Say(string line) => Console.Error.WriteLine(line);
}
