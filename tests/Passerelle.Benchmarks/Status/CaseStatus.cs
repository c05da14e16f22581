using Passerelle.Benchmarks.Harness;
using Passerelle.Client;
using Passerelle.Contracts.Cases.V1;

namespace Passerelle.Benchmarks.Status;

/// <summary>`status`, `status.p50`, `status.p99`: GetCaseStatus of households that wait for an answer, against a bare method that reads one row.
/// Calls, order, client and load are the same on both sides.</summary>
static class CaseStatus
{
    const int Cases = 1000;
    const int InFlight = 64;

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var sandbox = await Sandbox.StartAsync(ct);
        using var hub = sandbox.ConnectAs("crm-demo");
        var cases = await OpenCasesAsync(hub, ct);
        // Now, and not by autovacuum while it is measured.
        await sandbox.ExecuteAsync("vacuum analyze", ct);
        await sandbox.ExecuteAsync("checkpoint", ct);

        var (http, grpc) = (ChildProcess.FreePort(), ChildProcess.FreePort());
        await using var server = await ChildProcess.StartAsync(
            "bare", sandbox.Folder, http,
            ["passerelle-bench.dll", BareServer.Command, "--ConnectionStrings:Hub=" + sandbox.ConnectionString, $"--Listen:Http={http}", $"--Listen:Grpc={grpc}"],
            ct);
        using var bare = sandbox.ConnectTo(new Uri($"http://127.0.0.1:{grpc}"), "crm-demo");

        var random = new Random(options.Seed);
        var order = Enumerable.Range(0, options.Calls).Select(_ => cases[random.Next(cases.Length)]).ToArray();
        var (values, baselines) = await Alternation.RunAsync(
            options.Runs,
            stop => Load.RunAsync(order, InFlight, name => AskAsync(hub, name, stop), stop),
            stop => Load.RunAsync(order, InFlight, name => AskAsync(bare, name, stop), stop),
            load => load.PerSecond,
            ct);
        Figure Of(string name, string unit, Func<Load, double> number) => new(name, unit, [.. values.Select(number)], [.. baselines.Select(number)]);
        return new Measurement([Of("status", "calls/s", l => l.PerSecond), Of("status.p50", "ms", l => l.P50), Of("status.p99", "ms", l => l.P99)], sandbox.Machine);
    }

    static async Task AskAsync(PasserelleClient client, string name, CancellationToken ct)
    {
        var status = await client.Cases.GetCaseStatusAsync(new() { Name = name }, cancellationToken: ct);
        if (status.RunningClocks != 1 || status.NextDueTime is null) throw new InvalidOperationException($"{name} has {status.RunningClocks} clocks; it was given one.");
    }

    /// <summary>Each with an open request, whose 48 hours run.</summary>
    static async Task<string[]> OpenCasesAsync(PasserelleClient hub, CancellationToken ct)
    {
        var names = new string[Cases];
        await Parallel.ForAsync(0, Cases, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = ct }, async (i, stop) =>
        {
            var household = new OpenCaseRequest { RequestId = hub.NewRequestId(), Needs = { Need.Housing } };
            household.Members.Add(new Person { Role = Person.Types.Role.Adult, GivenName = "Camille", FamilyName = $"Essai {i}" });
            var opened = (await hub.Cases.OpenCaseAsync(household, cancellationToken: stop)).Case;
            await hub.Requests.FileRequestAsync(new() { RequestId = hub.NewRequestId(), Case = opened.Name, Person = opened.Members[0], Need = Need.Housing, Text = "Nous cherchons une maison." }, cancellationToken: stop);
            names[i] = opened.Name;
        });
        return names;
    }
}
