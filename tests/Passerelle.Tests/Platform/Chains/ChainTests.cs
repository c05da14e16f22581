using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Chains;
using Passerelle.Hub.Privacy.Accesses;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Platform.Chains;

public sealed class ChainTests(Postgres postgres)
{
    static readonly DateTimeOffset now = new(2026, 9, 1, 10, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Eight_writers_at_once_leave_a_whole_chain_without_a_gap()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            var random = new Random(writer);
            for (var i = 0; i < 25; i++) await Entries.AppendAsync(hub, random, random.Next(1, 4));
        }));

        var sequences = await Entries.SequencesAsync(hub);
        Assert.Equal(Enumerable.Range(1, sequences.Count).Select(i => (long)i), sequences);
        Assert.True(sequences.Count >= 200);
        var report = await Entries.VerifyAsync(hub);
        Assert.Equal((true, sequences.Count), (report.IsWhole, report.Count));
        Assert.True(report.From <= report.Until);
    }

    [Fact]
    public async Task What_is_rolled_back_leaves_no_gap_and_one_transaction_may_append_several_times()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var random = new Random(1);
        await hub.QueryAsync(async db =>
        {
            await using (var given = await db.Database.BeginTransactionAsync())
            {
                await AppendAsync(db, random);
                await db.SaveChangesAsync();
                await given.RollbackAsync();
            }

            db.ChangeTracker.Clear();
            await using (var twice = await db.Database.BeginTransactionAsync())
            {
                await AppendAsync(db, random);
                await AppendAsync(db, random);
                await db.SaveChangesAsync();
                await AppendAsync(db, random);
                await db.SaveChangesAsync();
                await twice.CommitAsync();
            }

            // By another context meanwhile: what this one remembers of the end is old.
            await Entries.AppendAsync(hub, random, 2);
            await using var again = await db.Database.BeginTransactionAsync();
            await AppendAsync(db, random);
            await db.SaveChangesAsync();
            await again.CommitAsync();
            return true;
        });

        Assert.Equal([1, 2, 3, 4, 5, 6], await Entries.SequencesAsync(hub));
        Assert.True((await Entries.VerifyAsync(hub)).IsWhole);
    }

    [Theory]
    [InlineData("update audit.access_entries set actor = 'x' where sequence = 2")]
    [InlineData("update audit.access_entries set actor = actor where false")]
    [InlineData("delete from audit.access_entries where sequence = 3")]
    [InlineData("truncate audit.access_entries")]
    [InlineData("set session_replication_role = replica; delete from audit.access_entries")]
    public async Task The_database_only_adds_to_a_chained_table(string sql)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await Entries.AppendAsync(hub, new Random(1), 3);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => hub.ExecuteAsync(sql));
        Assert.Equal(PostgresErrorCodes.IntegrityConstraintViolation, refused.SqlState);
        Assert.True((await Entries.VerifyAsync(hub)).IsWhole);
    }

    [Fact]
    public async Task An_empty_chain_is_whole()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        Assert.Equal((true, 0L, null), await hub.QueryAsync(async db =>
        {
            var report = await Entries.VerifyAsync(db, Anchors.None);
            return (report.IsWhole, report.Count, report.From);
        }));
    }

    [Fact]
    public async Task Appending_outside_a_transaction_is_a_defect()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await Assert.ThrowsAsync<InvalidOperationException>(() => hub.QueryAsync(async db =>
        {
            await AppendAsync(db, new Random(1));
            return true;
        }));
    }

    /// <summary>Whatever the values: two entries that are not the same are not the same bytes.</summary>
    [Fact]
    public void Contents_are_told_apart()
    {
        object?[][] contents =
        [
            [null, null], ["", null], [null, ""], ["", ""], ["ab", "c"], ["a", "bc"], ["abc", ""], ["a\0b", "c"], [1L, null], ["1", null], [true, null], [false, null],
            [Array.Empty<byte>(), null], [new byte[] { 0 }, null], [Guid.Empty, null], [new byte[16], null], [now, null], [now.AddMicroseconds(1), null], [now.ToUnixTimeMilliseconds() * 1000, null],
            [Array.Empty<string>(), null], [new[] { "" }, null], [new[] { "a", "b" }, null], [new[] { "ab" }, null], [new[] { "a" }, "b"], [new DateOnly(2026, 9, 1), null],
        ];
        var bytes = contents.Select(values =>
        {
            var content = new ChainContent();
            content.Add("one"u8.ToArray(), values[0]);
            content.Add("two"u8.ToArray(), values[1]);
            return Convert.ToHexString(content.ToArray());
        }).ToList();
        Assert.Equal(bytes.Count, bytes.Distinct().Count());
        // One instant, however its zone is written, is the same.
        Assert.Equal(BytesOf(now), BytesOf(now.ToOffset(TimeSpan.FromHours(2))));
        Assert.Throws<InvalidOperationException>(() => BytesOf(now.AddTicks(1)));
        Assert.Throws<InvalidOperationException>(() => BytesOf(1.5));
    }

    static byte[] BytesOf(object value)
    {
        var content = new ChainContent();
        content.Add("one"u8.ToArray(), value);
        return content.ToArray();
    }

    static Task AppendAsync(HubDb db, Random random) => AccessEntry.Chain.AppendAsync(db, at => [Entries.Of(random, at)], CancellationToken.None);
}
