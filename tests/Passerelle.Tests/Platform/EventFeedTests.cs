using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Platform;

/// <summary>The order that never gains an earlier member, against writers that commit as they please.</summary>
public sealed class EventFeedTests(Postgres postgres)
{
    const int Writers = 8;
    const int Transactions = 60;

    [Fact]
    public async Task Readers_that_resume_from_anywhere_see_what_the_table_holds_in_one_order_while_many_write()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var feed = hub.Services.GetRequiredService<EventFeed>();
        var writing = WriteAllAsync(hub);

        // One reads straight on; one forgets where it was, again and again; one reads one partner only.
        var readers = await Task.WhenAll(
            ReadAsync(feed, new(Exchanges: true), writing, new Random(1), forgetful: false),
            ReadAsync(feed, new(Exchanges: true), writing, new Random(2), forgetful: true),
            ReadAsync(feed, new(Exchanges: true, PartnerId: "emploi"), writing, new Random(3), forgetful: true));

        var all = await TableAsync(hub, "true");
        Assert.NotEmpty(all);
        Assert.Equal(all, readers[0]);
        Assert.Equal(all, readers[1]);
        Assert.Equal(await TableAsync(hub, "partner_id = 'emploi'"), readers[2]);
    }

    [Fact]
    public async Task A_read_from_a_cursor_is_a_short_walk_in_an_index_whatever_the_filter()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var caseId = new Guid("0198f000-0000-7000-8000-000000000001");
        await hub.ExecuteAsync(
            $"""
            insert into events (type, time, subject, case_id, partner_id, detail)
            select case when n % 250 = 0 then 'clock.paused' else 'x.x' end, hub_now(), case when n % 100 = 0 then 'exchanges/' else 'requests/' end || n, case when n % 5000 = 0 then '{caseId}'::uuid else gen_random_uuid() end,
                case when n % 1000 = 0 then 'emploi' end, ''
            from generate_series(1, 50000) n
            """);
        await hub.ExecuteAsync("analyze events");
        var feed = hub.Services.GetRequiredService<EventFeed>();
        foreach (var (filter, expected) in (IEnumerable<(FeedFilter, int)>)[(new(Exchanges: true), 200), (new(true, "emploi"), 50), (new(CaseId: caseId), 10), (new(true, "emploi", caseId), 10),
            (new(Clocks: true), 200), (new(true, "emploi", Clocks: true), 50)])
        {
            FeedPage page = new([], default, default);
            await Eventually.BecomesTrueAsync(async () => (page = await feed.ReadAsync(filter, default, 200, CancellationToken.None)).Events.Count > 0, () => "Nothing is told.");
            Assert.Equal(expected, page.Events.Count);
            await hub.ExecuteAsync("select pg_stat_reset()");
            await feed.ReadAsync(filter, page.Events[expected / 2].Cursor, 200, CancellationToken.None);
            // Connections report what they have read when they end.
            hub.Source.Clear();
            await Eventually.BecomesTrueAsync(async () => await ReadRowsAsync("coalesce(sum(idx_tup_read), 0)::bigint", "pg_stat_user_indexes") > 0, () => $"{filter} has no index.");
            // Of 50,000; the reads before this one may be told late.
            Assert.InRange(await ReadRowsAsync("coalesce(sum(idx_tup_read), 0)::bigint", "pg_stat_user_indexes"), 1, 1_000);
            Assert.Equal(0, await ReadRowsAsync("seq_tup_read", "pg_stat_user_tables"));
        }

        async Task<long> ReadRowsAsync(string column, string view)
        {
            await using var command = hub.Source.CreateCommand($"select {column} from {view} where relname = 'events'");
            return (long)(await command.ExecuteScalarAsync())!;
        }
    }

    /// <returns>The last transaction that wrote: a reader whose horizon is past it has seen all. Other tests, on the same server, may hold the horizon back for a while.</returns>
    static async Task<ulong> WriteAllAsync(HubHost hub)
    {
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => Task.Run(() => WriteAsync(hub, writer))));
        await using var command = hub.Source.CreateCommand("select transaction_id from events order by transaction_id desc limit 1");
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return reader.GetFieldValue<ulong>(0);
    }

    /// <summary>Transactions that take their numbers early and commit late, in any order; some never do.</summary>
    static async Task WriteAsync(HubHost hub, int writer)
    {
        var random = new Random(writer);
        for (var n = 0; n < Transactions; n++)
        {
            await using var connection = await hub.Source.OpenConnectionAsync();
            await using var transaction = await connection.BeginTransactionAsync();
            for (var part = random.Next(1, 4); part > 0; part--)
            {
                await using var insert = new NpgsqlCommand("insert into events (type, time, subject, case_id, partner_id, detail) values ('x.x', hub_now(), $1, gen_random_uuid(), $2, '')", connection);
                insert.Parameters.Add(new() { Value = $"exchanges/{writer}-{n}-{part}" });
                insert.Parameters.Add(new() { Value = random.Next(2) == 0 ? "emploi" : "interim" });
                await insert.ExecuteNonQueryAsync();
                await Task.Delay(TimeSpan.FromMilliseconds(random.Next(8)), TimeProvider.System, TestContext.Current.CancellationToken);
            }

            if (random.Next(10) == 0) await transaction.RollbackAsync();
            else await transaction.CommitAsync();
        }
    }

    static async Task<List<string>> ReadAsync(EventFeed feed, FeedFilter filter, Task<ulong> writing, Random random, bool forgetful)
    {
        var (seen, cursors) = (new List<string>(), new List<FeedCursor> { default });
        var end = default(FeedCursor);
        while (true)
        {
            var over = writing.IsCompleted;
            // Back to any cursor of an event, or the checkpoint.
            var from = forgetful && random.Next(3) == 0 ? random.Next(cursors.Count) : cursors.Count - 1;
            var page = await feed.ReadAsync(filter, from == cursors.Count - 1 && end != default ? end : cursors[from], random.Next(1, 50), CancellationToken.None);
            for (var n = 0; n < page.Events.Count; n++)
            {
                var (cursor, told) = page.Events[n];
                // What was seen before comes again exactly so.
                if (from + n < seen.Count)
                {
                    Assert.Equal((seen[from + n], cursors[from + n + 1]), (told.Subject, cursor));
                    continue;
                }

                seen.Add(told.Subject);
                cursors.Add(cursor);
                end = default;
            }

            if (from + page.Events.Count == seen.Count) end = page.End;
            if (over && page.Events.Count == 0 && from == seen.Count && page.End.Transaction > await writing) return seen;
        }
    }

    static async Task<List<string>> TableAsync(HubHost hub, string condition)
    {
        await using var command = hub.Source.CreateCommand($"select subject from events where subject like 'exchanges/%' and {condition} order by transaction_id, sequence");
        await using var reader = await command.ExecuteReaderAsync();
        var subjects = new List<string>();
        while (await reader.ReadAsync()) subjects.Add(reader.GetString(0));
        return subjects;
    }
}
