using Grpc.Core;
using Passerelle.Contracts.Clocks.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Exchanges;
using Passerelle.Tests.Support;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;
using ClockFamily = Passerelle.Hub.Clocks.ClockFamily;

namespace Passerelle.Tests.Clocks;

/// <summary>The one feed of everything that happens to clocks, and their lists.</summary>
public sealed class WatchClocksTests(Postgres postgres)
{
    [Fact]
    public async Task Each_start_stop_and_change_is_told_with_the_clock_and_from_every_cursor_the_rest()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        await hub.OfferAsync(ClockFamily.Promise, new Hub.Clocks.History.PolicyTerms { MayPause = true });
        var (promise, request) = await hub.PromiseAsync();
        await hub.PauseAsync(promise.Name);
        await hub.ResumeAsync(promise.Name);
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(25));
        await hub.RunAsync<FireClocks>();
        await hub.AnswerRequestAsync(request);
        await hub.ReopenAsync(promise.Name);

        var all = await SettledAsync(hub, 6);

        Assert.Equal(
            ["request.filed", "clock.paused", "clock.resumed", "clock.reminded", "request.answered", "clock.reopened"], all.Where(i => i.Event is not null).Select(i => i.Event.Type));
        Assert.All(all.Where(i => i.Event is not null), i => Assert.Equal((promise.Name, Clock.Types.State.Running), (i.Event.Clock.Name, i.Event.Clock.State)));
        for (var n = 0; n < 6; n++) Assert.Equal(all.Skip(n + 1).Select(i => i.Event), (await ReadAsync(hub, new() { StartCursor = all[n].Cursor })).Select(i => i.Event));
        // A checkpoint is past what there is, and skips nothing that comes.
        Assert.Null(Assert.Single(await ReadAsync(hub, new() { StartCursor = all[^1].Cursor })).Event);
        var (next, _) = await hub.PromiseAsync();
        await Eventually.BecomesTrueAsync(async () => (await ReadAsync(hub, new() { StartCursor = all[^1].Cursor })) is [{ Event.Clock: { } told }, ..] && told.Name == next.Name, () => "It is not told.");
    }

    [Fact]
    public async Task Filters_leave_the_others_out_and_a_partner_sees_its_own()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (promise, _) = await hub.PromiseAsync();
        var (push, exchange) = await hub.WindowAsync();
        var withdrawn = await hub.ReferAsync();
        await hub.Exchanges().WithdrawExchangeAsync(new() { Name = withdrawn, Reason = "REQUEST_CLOSED" });
        var pulled = (await (await Candidate.ReadyAsync(hub)).ReferAsync("interim")).Exchange;
        await hub.Inbox("interim").FetchExchangesAsync(new());
        await hub.Inbox("interim").AcknowledgeExchangeAsync(new() { Name = pulled });
        var pull = (await hub.GetExchangeAsync(pulled)).Window;
        await hub.AnswerAsync(EmploymentCalls.Interested((await hub.GetExchangeAsync(exchange)).Subject));

        await Eventually.BecomesTrueAsync(async () => (await NamesAsync(new())).Count() == 4, () => "Not all is told.");
        Assert.Equal([promise.Name, push.Name, pull.Name, push.Name], await NamesAsync(new()));
        Assert.Equal([promise.Name], await NamesAsync(new() { Family = Clock.Types.Family.Promise }));
        Assert.Equal([push.Name, push.Name], await NamesAsync(new() { State = Clock.Types.State.Met }));
        Assert.Equal([pull.Name], await NamesAsync(new() { Partner = "partners/interim" }));
        Assert.Equal([push.Name, push.Name], await NamesAsync(new(), "emploi"));
        Assert.Empty(await NamesAsync(new(), "agence"));

        async Task<IEnumerable<string>> NamesAsync(WatchClocksRequest request, string caller = "crm") =>
            [.. (await ReadAsync(hub, request, caller)).Where(i => i.Event is not null).Select(i => i.Event.Clock.Name)];
    }

    [Fact]
    public async Task Wrong_cursors_and_names_are_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await HubError.OfAsync(ErrorReason.CursorInvalid, StatusCode.InvalidArgument, () => ReadAsync(hub, new() { StartCursor = "x" }));
        var malformed = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => ReadAsync(hub, new() { Partner = "x", Family = (Clock.Types.Family)9, State = (Clock.Types.State)99 }));
        Assert.Equal(["partner", "family", "state"], malformed.Fields);
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => ReadAsync(hub, new() { Partner = "partners/personne" }));
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => ReadAsync(hub, new() { Partner = "partners/interim" }, "emploi"));
    }

    [Fact]
    public async Task A_page_of_a_list_is_a_short_walk_in_an_index_and_pages_are_stable()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ExecuteAsync(
            """
            insert into clocks (id, family, subject, case_id, partner_id, state, start_time, due_time, next_fire_time, generation, answer_time, policy_id, policy_version)
            select ('0198f000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'partner_window', 'exchanges/' || n, gen_random_uuid(), case when n % 500 = 0 then 'agence' else (array['emploi', 'interim', 'agence-deux', 'ecole', 'ecole-deux'])[1 + n % 5] end,
                case when n % 1000 = 0 then 'running' else 'met' end, hub_now(), hub_now() + interval '48 hours', case when n % 1000 = 0 then hub_now() + interval '48 hours' end, 1,
                case when n % 1000 > 0 then hub_now() + interval '1 hour' end, 'partner-window', 1
            from generate_series(1, 50000) n;
            insert into clock_events (clock_id, number, id, kind, effective_time, record_time, payload)
            select id, 1, id, 'started', start_time, start_time, '{"policy":"partner-window","version":1}' from clocks;
            analyze clocks
            """);
        foreach (var (request, all) in (IEnumerable<(ListClocksRequest, int)>)[
            (new() { State = Clock.Types.State.Running }, 50), (new() { Partner = "partners/agence" }, 100), (new() { Partner = "partners/agence", State = Clock.Types.State.Running }, 50)])
        {
            var seen = new List<string>();
            for (request.PageSize = 20, request.PageToken = ""; ;)
            {
                await hub.ExecuteAsync("select pg_stat_reset()");
                var page = await hub.Clocks().ListClocksAsync(request);
                hub.Source.Clear();
                await Eventually.BecomesTrueAsync(async () => await ReadRowsAsync("coalesce(sum(idx_tup_read), 0)::bigint", "pg_stat_user_indexes") > 0, () => $"{request} has no index.");
                // Of 50,000.
                Assert.InRange(await ReadRowsAsync("coalesce(sum(idx_tup_read), 0)::bigint", "pg_stat_user_indexes"), 1, 500);
                Assert.Equal(0, await ReadRowsAsync("seq_tup_read", "pg_stat_user_tables"));
                seen.AddRange(page.Clocks.Select(c => c.Name));
                if (page.NextPageToken.Length == 0) break;
                request.PageToken = page.NextPageToken;
                // What starts meanwhile is newer than all pages.
                await hub.PromiseAsync();
            }

            Assert.Equal(all, seen.Count);
            Assert.Equal(seen.Distinct().OrderDescending(StringComparer.Ordinal), seen);
        }

        async Task<long> ReadRowsAsync(string column, string view)
        {
            await using var command = hub.Source.CreateCommand($"select {column} from {view} where relname = 'clocks'");
            return (long)(await command.ExecuteScalarAsync())!;
        }
    }

    /// <summary>The items up to the first checkpoint, which is the last one.</summary>
    static async Task<List<WatchClocksResponse>> ReadAsync(HubHost hub, WatchClocksRequest request, string caller = "crm")
    {
        using var watch = hub.Clocks(caller).WatchClocks(request, cancellationToken: TestContext.Current.CancellationToken);
        var items = new List<WatchClocksResponse>();
        while (await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            items.Add(watch.ResponseStream.Current);
            if (items[^1].CheckpointTime is not null) return items;
        }

        throw new InvalidOperationException("The watch ended.");
    }

    /// <summary>Another test's transaction, on the same server, may hold the horizon back for a moment.</summary>
    static async Task<List<WatchClocksResponse>> SettledAsync(HubHost hub, int events)
    {
        var items = new List<WatchClocksResponse>();
        await Eventually.BecomesTrueAsync(async () => (items = await ReadAsync(hub, new())).Count == events + 1, () => $"{events} events were not told: {items.Count - 1}");
        return items;
    }
}
