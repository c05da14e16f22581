using Hangfire;
using Hangfire.PostgreSql;
using Npgsql;
using Passerelle.Benchmarks.Harness;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Benchmarks.Clocks;

/// <summary>`clocks.hangfire`: deadlines of one second recorded a second, against the usual way: a Hangfire job for each, scheduled when the clock starts, 20 workers, all settings as they come. Its job reads one row,
/// changes it and writes one other; no history, no rungs, no notices: what it leaves out is to its advantage. Scheduling the jobs does not count.</summary>
static class OneJobPerDeadline
{
    const int Deadlines = 10_000;
    const string Database = "one_job_per_deadline";

    /// <summary>Scheduling takes this long, with room to spare.</summary>
    static readonly TimeSpan DueIn = TimeSpan.FromSeconds(75);

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var sandbox = await Sandbox.StartAsync(ct);
        await sandbox.ExecuteAsync($"create database {Database}", ct);
        await using var source = NpgsqlDataSource.Create(sandbox.ConnectionStringOf(Database));
        await ExecuteAsync(source, "create table deadlines (id int primary key, due_time timestamptz not null, state text not null, notice_time timestamptz); create table told (id int primary key, time timestamptz not null)", ct);
        Deadline.Source = source;
        var storage = new PostgreSqlStorage(new HangfireConnections(source), new PostgreSqlStorageOptions());
        var (ours, theirs) = await Alternation.RunAsync(options.Runs, stop => OursAsync(sandbox, stop), stop => TheirsAsync(source, storage, stop), speed => speed, ct);
        return new Measurement(
            [
                new Figure("clocks.hangfire", "/s", ours, theirs)
                {
                    Counted = $"{Deadlines} deadlines of one second, by the time from the first one to when the last was recorded. Baseline: a scheduled Hangfire job for each, 20 workers.",
                },
            ],
            sandbox.Machine);
    }

    static async Task<double> OursAsync(Sandbox sandbox, CancellationToken ct)
    {
        var at = await Firing.NowAsync(sandbox, ct) + TimeSpan.FromSeconds(10);
        await ClockSeed.OpenAsync(sandbox, at.AddHours(-24), TimeSpan.FromMicroseconds(100), Deadlines, ct);
        await Firing.TidyAsync(sandbox, ct);
        await Task.Delay(at.AddSeconds(2) - await Firing.NowAsync(sandbox, ct), TimeProvider.System, ct);
        while (await sandbox.ReadAsync<long>("select count(*) from clock_firings where due_time >= $1", ct, at) < Deadlines) await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, ct);
        return Deadlines / (await sandbox.ReadAsync<DateTime>("select max(fire_time) from clock_firings where due_time >= $1", ct, at) - at.UtcDateTime).TotalSeconds;
    }

    static async Task<double> TheirsAsync(NpgsqlDataSource source, JobStorage storage, CancellationToken ct)
    {
        await ExecuteAsync(source, "truncate deadlines, told", ct);
        var at = TimeProvider.System.GetUtcNow() + DueIn;
        await ExecuteAsync(source, $"insert into deadlines select i, '{at:O}'::timestamptz + i * interval '100 microseconds', 'running' from generate_series(1, {Deadlines}) i", ct);
        var jobs = new BackgroundJobClient(storage);
        Parallel.For(1, Deadlines + 1, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = ct }, i => jobs.Schedule<Deadline>(d => d.Pass(i), at.AddMicroseconds(100 * i)));
        var left = at - TimeProvider.System.GetUtcNow();
        if (left < TimeSpan.Zero) throw new InvalidOperationException("The jobs could not be scheduled in time.");
        using var server = new BackgroundJobServer(new BackgroundJobServerOptions { WorkerCount = 20 }, storage);
        await Task.Delay(left, TimeProvider.System, ct);
        while (await CountAsync() < Deadlines) await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, ct);
        await using var command = source.CreateCommand("select max(time) from told");
        return Deadlines / ((DateTime)(await command.ExecuteScalarAsync(ct))! - at.UtcDateTime).TotalSeconds;

        async Task<long> CountAsync()
        {
            await using var count = source.CreateCommand("select count(*) from told");
            return (long)(await count.ExecuteScalarAsync(ct))!;
        }
    }

    static async Task ExecuteAsync(NpgsqlDataSource source, string sql, CancellationToken ct)
    {
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(ct);
    }

    /// <summary>The job.</summary>
    public sealed class Deadline
    {
        /// <summary>A job of the usual way finds its database where the container has put it; here there is none.</summary>
        internal static NpgsqlDataSource Source { get; set; } = null!;

        public void Pass(int id)
        {
            using var connection = Source.OpenConnection();
            using var transaction = connection.BeginTransaction();
            using var command = new NpgsqlCommand(
                $"update deadlines set state = 'overdue', notice_time = clock_timestamp() where id = {id} and state = 'running' and due_time < clock_timestamp(); insert into told values ({id}, clock_timestamp())", connection, transaction);
            command.ExecuteNonQuery();
            transaction.Commit();
        }
    }
}
