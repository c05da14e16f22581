using System.CommandLine;
using Microsoft.Extensions.Options;

namespace Passerelle.Hub.Platform.Chains;

/// <summary>Whether the chained logs are as they were written.</summary>
public static class ChainCommands
{
    public static Command Build(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices) =>
        new("chains", "The logs that are only added to: whether they are what was written.") { Verify(withServices), Anchor(withServices) };

    static Command Verify(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var name = new Argument<string?>("chain") { Description = "Its name. Without it: all of them.", Arity = ArgumentArity.ZeroOrOne };
        var file = new Option<string?>("--anchors") { Description = "The anchors' file; several nodes have several, each may be asked. Without it: Anchors:File." };
        var verify = new Command("verify", "Computes every hash anew and compares with the heads and the anchors. Exits with 1 when anything is changed, missing, moved or added.") { name, file };
        verify.SetAction(async (parsed, ct) =>
        {
            var broken = false;
            var code = await withServices(async services =>
            {
                var path = parsed.GetValue(file) ?? services.GetRequiredService<IOptions<AnchorOptions>>().Value.File;
                var chains = services.GetServices<IChain>().Where(c => parsed.GetValue(name) is not { } one || c.Name == one).OrderBy(c => c.Name).ToList();
                if (chains.Count == 0) throw new InvalidOperationException($"There is no chain {parsed.GetValue(name)}.");
                if (path is null) Console.WriteLine("No anchors: an end that was cut off or rewritten would not be found. See Anchors:File.");
                // Named, it must be there; the default one comes with the first anchor.
                var anchors = path is null || (parsed.GetValue(file) is null && !File.Exists(path)) ? Anchors.None : await new AnchorFile(path, services.GetRequiredService<TimeProvider>()).ReadAsync(ct);
                foreach (var line in anchors.Unreadable) Console.WriteLine(new ChainFinding(ChainFault.AnchorUnreadable, line));
                broken = anchors.Unreadable.Count > 0;
                foreach (var chain in chains)
                {
                    var report = await services.GetRequiredService<ChainVerifier>().VerifyAsync(chain, anchors, ct);
                    broken |= !report.IsWhole;
                    Print(report);
                }
            }, ct);
            return broken ? 1 : code;
        });
        return verify;
    }

    static Command Anchor(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var anchor = new Command("anchor", "Writes down now where every chain ends, in Anchors:File.");
        anchor.SetAction((_, ct) => withServices(async services =>
        {
            if (services.GetRequiredService<IOptions<AnchorOptions>>().Value.File is null) throw new InvalidOperationException("Set Anchors:File.");
            foreach (var written in await services.GetRequiredService<Anchorer>().AnchorAsync(ct)) Console.WriteLine(written);
        }, ct));
        return anchor;
    }

    static void Print(ChainReport report)
    {
        var span = report.From is { } from ? $", {from:yyyy-MM-dd HH:mm:ss} to {report.Until:yyyy-MM-dd HH:mm:ss}" : "";
        Console.WriteLine($"{report.Chain,-16} {report.Count} entries{span}, {report.Anchored} anchors: {(report.IsWhole ? "OK" : $"{report.Found} findings")}");
        foreach (var finding in report.Findings) Console.WriteLine($"  {finding}");
        if (report.Found > report.Findings.Count) Console.WriteLine($"  and {report.Found - report.Findings.Count} more");
    }
}
