using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Passerelle.Client;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Client;

/// <summary>A repeat delivery has one effect, on a real PostgreSQL.</summary>
public sealed class DatabaseInboxTests(Postgres postgres) : IAsyncLifetime
{
    private static readonly Envelope First = new() { Exchange = "exchanges/1" };

    private NpgsqlDataSource _source = null!;
    private DatabaseInbox _inbox = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _source = NpgsqlDataSource.Create(await postgres.CloneAsync());
        _inbox = new DatabaseInbox(_source);
        await _inbox.CreateTableAsync(Token);
        await ExecuteAsync("create table effects (exchange text)");
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    [Fact]
    public async Task A_repeat_has_no_effect_and_another_exchange_has_its_own()
    {
        Assert.True(await ReceiveAsync(First));
        Assert.False(await ReceiveAsync(First));
        Assert.False(await ReceiveAsync(new Envelope { Exchange = First.Exchange, Attempt = 7 }));
        Assert.True(await ReceiveAsync(new Envelope { Exchange = "exchanges/2" }));

        Assert.Equal(["exchanges/1", "exchanges/2"], await EffectsAsync());
    }

    [Fact]
    public async Task Sixteen_at_once_have_one_effect()
    {
        for (var n = 0; n < 20; n++)
        {
            var envelope = new Envelope { Exchange = $"exchanges/{n}" };
            var had = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => ReceiveAsync(envelope))));
            Assert.Single(had, h => h);
        }

        Assert.Equal(20, (await EffectsAsync()).Count);
    }

    [Fact]
    public async Task An_effect_that_throws_leaves_nothing_and_the_repeat_has_it()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _inbox.ReceiveOnceAsync(First, async (transaction, token) =>
        {
            await StoreAsync(transaction, First, token);
            throw new InvalidOperationException();
        }, Token));

        Assert.Empty(await EffectsAsync());
        Assert.True(await ReceiveAsync(First));
        Assert.Single(await EffectsAsync());
    }

    [Fact]
    public async Task Whoever_waits_for_one_that_fails_has_the_effect_instead()
    {
        var (begun, fail) = (new TaskCompletionSource(), new TaskCompletionSource());
        var failing = _inbox.ReceiveOnceAsync(First, async (_, _) =>
        {
            begun.SetResult();
            await fail.Task;
            throw new InvalidOperationException();
        }, Token);
        await begun.Task;
        var waiting = ReceiveAsync(First);
        await Eventually.BecomesTrueAsync(async () => (long)(await ScalarAsync("select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"))! == 1, () => "The second does not wait for the first.");

        fail.SetResult();

        await Assert.ThrowsAsync<InvalidOperationException>(() => failing);
        Assert.True(await waiting);
        Assert.Single(await EffectsAsync());
    }

    [Fact]
    public async Task A_crash_between_the_effect_and_the_commit_leaves_nothing_and_the_repeat_has_it()
    {
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => _inbox.ReceiveOnceAsync(First, async (transaction, token) =>
        {
            await StoreAsync(transaction, First, token);
            // As the end of the process looks to the database.
            await ExecuteAsync($"select pg_terminate_backend({((NpgsqlConnection)transaction.Connection!).ProcessID})");
        }, Token));

        Assert.Empty(await EffectsAsync());
        Assert.True(await ReceiveAsync(First));
        Assert.Single(await EffectsAsync());
    }

    [Fact]
    public async Task The_table_may_be_created_by_several_at_once_and_is_left_alone_where_it_is()
    {
        await ReceiveAsync(First);
        await _inbox.CreateTableAsync(Token);
        Assert.False(await ReceiveAsync(First));

        await ExecuteAsync("drop table passerelle_inbox");
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => _inbox.CreateTableAsync(Token))));
        Assert.True(await ReceiveAsync(First));
    }

    [Fact]
    public async Task Trouble_that_is_no_repeat_is_told()
    {
        await ExecuteAsync("drop table passerelle_inbox");
        await Assert.ThrowsAsync<PostgresException>(() => ReceiveAsync(First));
        await _inbox.CreateTableAsync(Token);
        await Assert.ThrowsAsync<PostgresException>(() => ReceiveAsync(new Envelope { Exchange = new string('x', 101) }));
        await Assert.ThrowsAsync<ArgumentException>(() => ReceiveAsync(new Envelope()));
        Assert.Empty(await EffectsAsync());
    }

    [Fact]
    public async Task Old_marks_are_purged_but_none_that_the_hub_may_still_repeat()
    {
        var time = new FakeTimeProvider(new DateTimeOffset(2027, 3, 1, 9, 0, 0, TimeSpan.Zero));
        var inbox = new DatabaseInbox(_source, time);
        await inbox.ReceiveOnceAsync(First, (_, _) => Task.CompletedTask, Token);
        time.Advance(TimeSpan.FromDays(300));
        await inbox.ReceiveOnceAsync(new Envelope { Exchange = "exchanges/2" }, (_, _) => Task.CompletedTask, Token);

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => inbox.PurgeAsync(TimeSpan.FromDays(13), Token));
        Assert.Equal(0, await inbox.PurgeAsync(cancellationToken: Token));
        Assert.Equal(1, await inbox.PurgeAsync(DatabaseInbox.RetryHorizon, Token));
        Assert.Equal("exchanges/2", await ScalarAsync("select exchange from passerelle_inbox"));
    }

    private Task<bool> ReceiveAsync(Envelope envelope) => _inbox.ReceiveOnceAsync(envelope, (transaction, token) => StoreAsync(transaction, envelope, token), Token);

    private static async Task StoreAsync(System.Data.Common.DbTransaction transaction, Envelope envelope, CancellationToken token)
    {
        await using var command = new NpgsqlCommand("insert into effects values ($1)", (NpgsqlConnection)transaction.Connection!, (NpgsqlTransaction)transaction);
        command.Parameters.Add(new() { Value = envelope.Exchange });
        await command.ExecuteNonQueryAsync(token);
    }

    private async Task<List<string>> EffectsAsync()
    {
        await using var command = _source.CreateCommand("select exchange from effects order by 1");
        await using var reader = await command.ExecuteReaderAsync(Token);
        var effects = new List<string>();
        while (await reader.ReadAsync(Token)) effects.Add(reader.GetString(0));
        return effects;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }

    private async Task<object?> ScalarAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        return await command.ExecuteScalarAsync(Token);
    }
}
