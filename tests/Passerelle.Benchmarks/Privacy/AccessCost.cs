using Passerelle.Benchmarks.Harness;
using Passerelle.Benchmarks.Status;
using Passerelle.Client;
using Passerelle.Contracts.Cases.V1;

namespace Passerelle.Benchmarks.Privacy;

/// <summary>`access.cost`, `access.cost.p50`, `access.cost.p99`: GetCase of households of four with a request each, 64 in flight and one alone (`access.cost.alone.*`), against the same hub
/// without its access log. Calls, order, client and load are the same on both sides; afterwards the log must hold every person of every call, in a whole chain.</summary>
static class AccessCost
{
    const int Cases = 1000;
    const int Members = 4;
    const int InFlight = 64;

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var sandbox = await Sandbox.StartAsync(ct);
        using var hub = sandbox.ConnectAs("crm-demo");
        var cases = await OpenCasesAsync(hub, ct);
        await sandbox.ExecuteAsync("vacuum analyze", ct);
        await sandbox.ExecuteAsync("checkpoint", ct);
        var (http, grpc) = (ChildProcess.FreePort(), ChildProcess.FreePort());
        await using var server = await ChildProcess.StartAsync(
            "without-log", sandbox.Folder, http,
            [
                "passerelle-bench.dll", HubWithoutLog.Command, "--ConnectionStrings:Hub=" + sandbox.ConnectionString, "--Data:Directory=" + sandbox.Folder,
                "--Vault:MasterKey=" + Sandbox.MasterKey, $"--Listen:Http={http}", $"--Listen:Grpc={grpc}",
            ],
            ct);
        using var without = sandbox.ConnectTo(new Uri($"http://127.0.0.1:{grpc}"), "crm-demo");

        // A whole case costs much more than its status.
        var calls = Math.Max(InFlight, options.Calls / 5);
        var random = new Random(options.Seed);
        var order = Enumerable.Range(0, calls).Select(_ => cases[random.Next(cases.Length)]).ToArray();
        var (many, manyWithout) = await CompareAsync(order, InFlight);
        var (alone, aloneWithout) = await CompareAsync(order[..(calls / 10)], 1);

        var expected = (long)(options.Runs + 1) * (calls + calls / 10) * Members;
        var noted = await sandbox.ReadAsync<long>("select count(*) from audit.access_entries", ct);
        if (noted != expected) throw new InvalidOperationException($"{expected} persons' data was read, and {noted} entries are in the log.");
        return new Measurement(
            [
                Of("access.cost", "calls/s", many, manyWithout, l => l.PerSecond), Of("access.cost.p50", "ms", many, manyWithout, l => l.P50), Of("access.cost.p99", "ms", many, manyWithout, l => l.P99),
                Of("access.cost.alone.p50", "ms", alone, aloneWithout, l => l.P50), Of("access.cost.alone.p99", "ms", alone, aloneWithout, l => l.P99),
            ],
            sandbox.Machine);

        Task<(List<Load> Values, List<Load> Baselines)> CompareAsync(string[] names, int inFlight) => Alternation.RunAsync(
            options.Runs,
            stop => Load.RunAsync(names, inFlight, name => AskAsync(hub, name, stop), stop),
            stop => Load.RunAsync(names, inFlight, name => AskAsync(without, name, stop), stop),
            load => load.PerSecond,
            ct);
    }

    static Figure Of(string name, string unit, List<Load> values, List<Load> baselines, Func<Load, double> number) =>
        new(name, unit, [.. values.Select(number)], [.. baselines.Select(number)]) { Counted = "GetCase of a household of four, whole calls; the baseline is the same hub whose access log goes nowhere." };

    static async Task AskAsync(PasserelleClient client, string name, CancellationToken ct)
    {
        var whole = await client.Cases.GetCaseAsync(new() { Name = name }, cancellationToken: ct);
        if (whole.Members.Count != Members) throw new InvalidOperationException($"{name} has {whole.Members.Count} members.");
    }

    static async Task<string[]> OpenCasesAsync(PasserelleClient hub, CancellationToken ct)
    {
        var names = new string[Cases];
        await Parallel.ForAsync(0, Cases, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = ct }, async (i, stop) =>
        {
            var household = new OpenCaseRequest { RequestId = hub.NewRequestId(), Needs = { Need.Housing } };
            for (var member = 0; member < Members; member++) household.Members.Add(new Person { Role = Person.Types.Role.Adult, GivenName = $"Camille {member}", FamilyName = $"Essai {i}" });
            var opened = (await hub.Cases.OpenCaseAsync(household, cancellationToken: stop)).Case;
            await hub.Requests.FileRequestAsync(new() { RequestId = hub.NewRequestId(), Case = opened.Name, Person = opened.Members[0], Need = Need.Housing, Text = "Nous cherchons une maison." }, cancellationToken: stop);
            names[i] = opened.Name;
        });
        return names;
    }
}
