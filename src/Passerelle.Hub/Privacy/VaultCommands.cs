using System.CommandLine;
using System.Globalization;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Privacy;

/// <summary>The master keys: what each has wrapped, the change to another one, and what a restored backup has brought back.</summary>
public static class VaultCommands
{
    /// <summary>Of all that is wrapped: how often progress is shown.</summary>
    const long Step = 50_000;

    public static Command Build(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices) =>
        new("vault", "The master keys, and the keys of persons that they wrap.") { Status(withServices), Rotate(withServices), Bury(withServices) };

    static Command Status(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var status = new Command("status", "How much each master key has wrapped, and whether this machine has it. Keys are named by their ids.");
        status.SetAction((parsed, ct) => withServices(async services =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var master = services.GetRequiredService<MasterKeys>();
            var counts = await services.GetRequiredService<KeyRotation>().CountAsync(ct);
            var ids = counts.Select(c => c.MasterId).Concat(master.OtherIds).Append(master.CurrentId).Distinct();
            foreach (var id in ids.OrderBy(id => id != master.CurrentId).ThenBy(id => id, StringComparer.Ordinal))
            {
                var role = id == master.CurrentId ? "current" : master.OtherIds.Contains(id) ? "known" : "UNKNOWN HERE: what it has wrapped cannot be opened";
                var wrapped = counts.Where(c => c.MasterId == id).Select(c => $"{Number(c.Count)} {c.Column.Table}").DefaultIfEmpty("nothing");
                output.WriteLine($"{id}  {role}: {string.Join(", ", wrapped)}");
            }
        }, ct));
        return status;
    }

    static Command Rotate(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var rotate = new Command(
            "rotate",
            "Wraps with the current master key what the others have wrapped, while the hub serves. May be stopped and started again, and run on several machines at once. "
            + "Every node must have both keys, and wrap with the current one.");
        rotate.SetAction((parsed, ct) => withServices(async services =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var master = services.GetRequiredService<MasterKeys>();
            var rotation = services.GetRequiredService<KeyRotation>();
            var next = Step;
            var done = await rotation.RunAsync(wrapped =>
            {
                if (wrapped < next) return;
                output.WriteLine($"{Number(wrapped)} wrapped with {master.CurrentId}");
                next = wrapped + Step;
            }, ct);
            output.WriteLine($"{Number(done)} wrapped with {master.CurrentId}.");
            var left = (await rotation.CountAsync(ct)).Where(c => c.MasterId != master.CurrentId).ToList();
            foreach (var count in left)
            {
                var why = master.OtherIds.Contains(count.MasterId) ? "known: a node still wraps with it" : "unknown here";
                output.WriteLine($"Left: {Number(count.Count)} {count.Column.Table} wrapped with {count.MasterId}, which is {why}.");
            }

            if (left.Count > 0) throw new InvalidOperationException("Not everything is wrapped with the current key.");
            output.WriteLine("Nothing is left under another key. Once no node has one as its current key, dump the vault anew, do away with older dumps of it, and destroy the old key.");
        }, ct));
        return rotate;
    }

    static Command Bury(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var bury = new Command("bury", "Destroys again the keys of persons who were erased and whose keys have come back with an older backup. After every restore, before the hub starts.");
        bury.SetAction((parsed, ct) => withServices(async services =>
            parsed.InvocationConfiguration.Output.WriteLine($"{Number(await services.GetRequiredService<Vault>().BuryAsync(ct))} keys had come back and are destroyed."), ct));
        return bury;
    }

    static string Number(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);
}
