using System.Globalization;
using System.Text.RegularExpressions;
using Passerelle.Benchmarks.Harness;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>How long claims, or other statements, take, as the hub itself makes them under load: by PostgreSQL's log of every statement while it listens, planning and lock waits included. The log knows
/// nothing of the commit that follows: what a commit costs at that time is measured apart.</summary>
/// <param name="isWanted">By its text; null: claims.</param>
sealed partial class ClaimLog(Sandbox sandbox, Predicate<string>? isWanted = null)
{
    static readonly TimeSpan BetweenCommits = TimeSpan.FromMilliseconds(50);

    /// <summary>Milliseconds of each claim that was made during some work, and of the commits of one row that were made beside it.</summary>
    public async Task<(List<double> Claims, List<double> Commits)> ListenAsync(Func<Task> work, CancellationToken ct)
    {
        await sandbox.ExecuteAsync("create table if not exists benchmark_commits (time timestamptz)", ct);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var commits = new List<double>();
        var start = new FileInfo(sandbox.PostgresLog).Length;
        await sandbox.ExecuteAsync("alter system set log_parameter_max_length = 0", ct);
        await sandbox.ExecuteAsync("alter system set log_min_duration_statement = 0", ct);
        await sandbox.ExecuteAsync("select pg_reload_conf()", ct);
        var committing = CommitAsync();
        try
        {
            await work();
        }
        finally
        {
            await end.CancelAsync();
            await committing;
            await sandbox.ExecuteAsync("alter system reset log_min_duration_statement", CancellationToken.None);
            await sandbox.ExecuteAsync("select pg_reload_conf()", CancellationToken.None);
        }

        var claims = Read(start);
        if (claims.Count == 0) throw new InvalidOperationException("PostgreSQL's log has no such statement: does the hub still claim with `for update skip locked` and `update exchanges`, and find due clocks by `next_fire_time`?");
        return (claims, commits);

        async Task CommitAsync()
        {
            try
            {
                while (true)
                {
                    var began = TimeProvider.System.GetTimestamp();
                    await sandbox.ExecuteAsync("insert into benchmark_commits values (now())", end.Token);
                    commits.Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
                    await Task.Delay(BetweenCommits, TimeProvider.System, end.Token);
                }
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // The work is done.
            }
        }
    }

    List<double> Read(long start)
    {
        using var log = new FileStream(sandbox.PostgresLog, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        log.Position = start;
        using var reader = new StreamReader(log);
        var claims = new List<double>();
        // Parse and bind are lines of their own, before the execution by the same backend.
        var before = new Dictionary<string, double>();
        (string Backend, double Ms, string Step, List<string> Text)? entry = null;
        while (reader.ReadLine() is { } line)
        {
            if (Entry().Match(line) is { Success: true } match)
            {
                Take();
                entry = (match.Groups["backend"].Value, double.Parse(match.Groups["ms"].Value, CultureInfo.InvariantCulture), match.Groups["step"].Value, [match.Groups["text"].Value]);
            }
            else if (line.StartsWith('\t')) entry?.Text.Add(line);
            else
            {
                Take();
                entry = null;
            }
        }

        Take();
        return claims;

        void Take()
        {
            if (entry is not { } e || !(isWanted ?? IsClaim)(string.Join('\n', e.Text))) return;
            before[e.Backend] = before.GetValueOrDefault(e.Backend) + e.Ms;
            if (e.Step is "parse" or "bind") return;
            claims.Add(before[e.Backend]);
            before.Remove(e.Backend);
        }
    }

    /// <summary>Takes several rows that others may be taking, and makes them its own.</summary>
    static bool IsClaim(string sql) => sql.Contains("skip locked", StringComparison.OrdinalIgnoreCase) && sql.Contains("update exchanges", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"\[(?<backend>\d+)\] LOG:  duration: (?<ms>[\d.]+) ms  (?<step>parse|bind|execute|statement)[^:]*: (?<text>.*)")]
    private static partial Regex Entry();
}
