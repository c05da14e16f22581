using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Exchanges;

/// <summary>Has it seen to what comes after partners' windows that lapsed. The clock's row says that one did, since the very transaction that noticed it: none is lost on the way.</summary>
public sealed partial class FollowLapses(NpgsqlDataSource source, IServiceScopeFactory scopes, Nudge<DeliverDue> delivery, ChangeSignal changes, ILogger<FollowLapses> logger) : IDueWork
{
    const int BatchSize = 100;

    public TimeSpan LookEvery => TimeSpan.FromSeconds(10);

    public string SweepCron => "*/10 * * * *";

    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        await using var command = source.CreateCommand("select hub_now() - min(lapse_time) from clocks where lapse_time is not null");
        return await command.ExecuteScalarAsync(CancellationToken.None) as TimeSpan?;
    }

    public async Task RunAsync(CancellationToken ct)
    {
        await ForgetUnfollowedAsync(ct);
        var last = new Lapse(DateTimeOffset.MinValue, Guid.Empty, Guid.Empty, "");
        while (await ReadAsync(last, ct) is { Count: > 0 } lapses)
        {
            foreach (var lapse in lapses)
            {
                ct.ThrowIfCancellationRequested();
                try { await FollowAsync(lapse, ct); }
                // One that cannot be followed keeps nobody else waiting: it stays due.
                catch (Exception e) when (!ct.IsCancellationRequested) { LogNotFollowed(e, Names.Of(Names.Exchanges, lapse.ExchangeId)); }
            }

            delivery.Now();
            changes.Pulse();
            last = lapses[^1];
        }
    }

    async Task FollowAsync(Lapse lapse, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<HubDb>();
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        await scope.ServiceProvider.GetServices<ILapseFollower>().Single(f => f.Kind == lapse.Kind).FollowLapseAsync(lapse.ExchangeId, ct);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
    }

    /// <summary>Of other kinds, nothing comes after a lapse.</summary>
    async Task ForgetUnfollowedAsync(CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();
        await using var command = source.CreateCommand(
            "update clocks c set lapse_time = null from exchanges e where c.lapse_time is not null and e.id = substr(c.subject, 11)::uuid and e.kind <> all($1)");
        command.Parameters.Add(new() { Value = scope.ServiceProvider.GetServices<ILapseFollower>().Select(f => f.Kind).ToArray() });
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>The next ones, oldest first.</summary>
    async Task<List<Lapse>> ReadAsync(Lapse last, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            select c.lapse_time, c.id, e.id, e.kind from clocks c join exchanges e on e.id = substr(c.subject, 11)::uuid
            where c.lapse_time is not null and (c.lapse_time, c.id) > ($1, $2) order by c.lapse_time, c.id limit $3
            """);
        command.Parameters.Add(new() { Value = last.Time });
        command.Parameters.Add(new() { Value = last.ClockId });
        command.Parameters.Add(new() { Value = BatchSize });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var read = new List<Lapse>();
        while (await reader.ReadAsync(ct)) read.Add(new Lapse(reader.GetFieldValue<DateTimeOffset>(0), reader.GetGuid(1), reader.GetGuid(2), reader.GetString(3)));
        return read;
    }

    sealed record Lapse(DateTimeOffset Time, Guid ClockId, Guid ExchangeId, string Kind);

    [LoggerMessage(1, LogLevel.Error, "What comes after {Exchange} lapsed could not be seen to; it stays due")]
    partial void LogNotFollowed(Exception exception, string exchange);
}
