using Grpc.Core;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Cases;

public sealed class WatchCaseTests(Postgres postgres)
{
    [Fact]
    public async Task A_watch_tells_what_was_then_what_comes_and_goes_on_from_its_cursor()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        string cursor;
        using (var watch = Watch(hub, household.Case))
        {
            Assert.Equal("case.opened", (await NextEventAsync(watch)).Type);
            Assert.Equal(WatchCaseResponse.ItemOneofCase.CheckpointTime, (await NextAsync(watch)).ItemCase);
            await household.FileRequestAsync(hub);
            Assert.Equal("request.filed", (await NextEventAsync(watch)).Type);
            cursor = (await NextAsync(watch)).Cursor;
        }

        await household.FileRequestAsync(hub);
        using var resumed = Watch(hub, household.Case, cursor);
        Assert.Equal("request.filed", (await NextEventAsync(resumed)).Type);
        Assert.Equal(WatchCaseResponse.ItemOneofCase.CheckpointTime, (await NextAsync(resumed)).ItemCase);
    }

    [Fact]
    public async Task A_slow_transaction_that_commits_after_a_younger_one_is_not_skipped()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        await using var slow = await hub.Source.OpenConnectionAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await using (var insert = new Npgsql.NpgsqlCommand("insert into events (type, time, subject, case_id, detail) values ('slow.happened', hub_now(), 'x', $1, '')", slow))
        {
            insert.Parameters.Add(new() { Value = Guid.Parse(household.Case["cases/".Length..]) });
            await insert.ExecuteNonQueryAsync();
        }

        await household.FileRequestAsync(hub);
        using var watch = Watch(hub, household.Case);
        Assert.Equal("case.opened", (await NextEventAsync(watch)).Type);
        // The younger one is committed, and held back: telling it now would put the reader past the slow one.
        Assert.Equal(WatchCaseResponse.ItemOneofCase.CheckpointTime, (await NextAsync(watch)).ItemCase);
        await transaction.CommitAsync();
        Assert.Equal(["slow.happened", "request.filed"], [(await NextEventAsync(watch)).Type, (await NextEventAsync(watch)).Type]);
    }

    [Fact]
    public async Task From_where_GetCase_ends_a_watch_goes_on_without_a_gap()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var whole = await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = household.Case });
        await household.FileRequestAsync(hub);
        using var watch = Watch(hub, household.Case, whole.Cursor);
        // While an older transaction runs anywhere, the cursor stays behind it: what GetCase has shown already may come again.
        TimelineEvent next;
        while ((next = await NextEventAsync(watch)).Type != "request.filed") Assert.Contains(next, whole.Timeline);
        Assert.Equal("request.filed", next.Type);
    }

    [Fact]
    public async Task A_cursor_that_is_not_ours_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        await HubError.OfAsync(ErrorReason.CursorInvalid, StatusCode.InvalidArgument, async () => await NextAsync(Watch(hub, household.Case, "x")));
    }

    static AsyncServerStreamingCall<WatchCaseResponse> Watch(HubHost hub, string name, string cursor = "") =>
        new CaseService.CaseServiceClient(hub.As("crm")).WatchCase(new() { Name = name, StartCursor = cursor }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(30));

    static async Task<WatchCaseResponse> NextAsync(AsyncServerStreamingCall<WatchCaseResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None), "The stream ended.");
        return watch.ResponseStream.Current;
    }

    /// <summary>The next event, checkpoints left out.</summary>
    static async Task<TimelineEvent> NextEventAsync(AsyncServerStreamingCall<WatchCaseResponse> watch)
    {
        while (true)
            if ((await NextAsync(watch)).Event is { } happened) return happened;
    }
}
