using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Exchanges;

/// <summary>The one feed of everything that happens to exchanges.</summary>
public sealed class WatchExchangesTests(Postgres postgres)
{
    [Fact]
    public async Task Every_transition_tells_its_event()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var answered = await candidate.ReferAsync();
        hub.Partner.Next(new SendOutcome.NotYet("INTERNAL"));
        await hub.RunAsync<DeliverDue>();
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(6));
        await hub.RunAsync<DeliverDue>();
        await hub.AnswerAsync(EmploymentCalls.Interested(answered.Name));
        var refused = await candidate.ReferAsync();
        hub.Partner.Next(new SendOutcome.Refused("INVALID_ARGUMENT"));
        await hub.RunAsync<DeliverDue>();
        var older = await candidate.ReferAsync();
        var newer = await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        var withdrawn = await Candidate.NewAsync(hub);
        await withdrawn.AttachCvAsync();
        var consent = await withdrawn.ConsentAsync();
        var never = await withdrawn.ReferAsync();
        await hub.WithdrawAsync(consent);
        await hub.RunAsync<DeliverDue>();
        var rejected = await (await Candidate.ReadyAsync(hub)).ReferAsync("interim");
        await hub.Inbox("interim").FetchExchangesAsync(new());
        await hub.Inbox("interim").RejectExchangeAsync(new() { Name = rejected.Exchange, Attempt = 1 });

        var told = (await SettledAsync(hub, 14)).Where(i => i.Event is not null).Select(i => i.Event).ToList();

        Assert.Equal(["exchange.queued referral", "exchange.attempted INTERNAL", "exchange.delivered ", "exchange.answered interested"], Of(answered.Exchange));
        Assert.Equal(["exchange.queued referral", "exchange.undeliverable INVALID_ARGUMENT"], Of(refused.Exchange));
        Assert.Equal(["exchange.queued referral", "exchange.withdrawn SUPERSEDED"], Of(older.Exchange));
        Assert.Equal(["exchange.queued referral", "exchange.delivered "], Of(newer.Exchange));
        Assert.Equal(["exchange.queued referral", "exchange.withdrawn CONSENT_MISSING"], Of(never.Exchange));
        Assert.Equal(["exchange.queued referral", "exchange.attempted REJECTED"], Of(rejected.Exchange));
        Assert.All(told, e => Assert.StartsWith("exchanges/", e.Exchange, StringComparison.Ordinal));
        Assert.Equal(("partners/interim", true), (told.Single(e => e.Exchange == rejected.Exchange && e.Type == "exchange.queued").Partner, told.All(e => e.Case.StartsWith("cases/", StringComparison.Ordinal))));

        IEnumerable<string> Of(string exchange) => told.Where(e => e.Exchange == exchange).Select(e => $"{e.Type} {e.Detail}");
    }

    [Fact]
    public async Task From_every_cursor_a_watch_tells_exactly_the_rest_and_a_checkpoint_moves_on()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await Referring.SeparatelyAsync(hub, 3, "emploi");
        await hub.RunAsync<DeliverDue>();
        var all = await SettledAsync(hub, 6);

        for (var n = 0; n < 6; n++) Assert.Equal(all.Skip(n + 1).Select(i => i.Event), (await ReadAsync(hub, new() { StartCursor = all[n].Cursor })).Select(i => i.Event));
        Assert.NotEqual(all[^2].Cursor, all[^1].Cursor);
        Assert.Null(Assert.Single(await ReadAsync(hub, new() { StartCursor = all[^1].Cursor })).Event);

        // What comes after the checkpoint is not skipped by it.
        var next = (await Referring.SeparatelyAsync(hub, 1, "emploi"))[0];
        Assert.Equal(next, (await ReadUntilAsync(hub, all[^1].Cursor, 1)).Single().Exchange);
    }

    [Fact]
    public async Task Filters_leave_the_others_out()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var (push, pull) = ((await candidate.ReferAsync()).Exchange, (await candidate.ReferAsync("interim")).Exchange);
        var other = (await Referring.SeparatelyAsync(hub, 1, "interim"))[0];
        await SettledAsync(hub, 3);

        Assert.Equal([pull, other], await NamesAsync(new() { Partner = "partners/interim" }));
        Assert.Equal([push, pull], await NamesAsync(new() { Case = candidate.Household.Case }));
        Assert.Equal([pull], await NamesAsync(new() { Partner = "partners/interim", Case = candidate.Household.Case }));
        Assert.Empty(await NamesAsync(new() { Partner = "partners/agence" }));

        async Task<IEnumerable<string>> NamesAsync(WatchExchangesRequest request) => (await ReadAsync(hub, request)).Where(i => i.Event is not null).Select(i => i.Event.Exchange);
    }

    [Fact]
    public async Task A_slow_transaction_that_took_its_number_early_and_commits_late_is_not_skipped()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        await using var slow = await hub.Source.OpenConnectionAsync();
        await using var transaction = await slow.BeginTransactionAsync();
        await using (var insert = new Npgsql.NpgsqlCommand("insert into events (type, time, subject, case_id, partner_id, detail) values ('exchange.slow', hub_now(), 'exchanges/00000000-0000-7000-8000-000000000001', $1, 'emploi', '')", slow))
        {
            insert.Parameters.Add(new() { Value = Guid.Parse(candidate.Household.Case["cases/".Length..]) });
            await insert.ExecuteNonQueryAsync();
        }

        var younger = (await candidate.ReferAsync()).Exchange;
        var before = await ReadAsync(hub);
        Assert.DoesNotContain(before, i => i.Event?.Exchange == younger);
        await transaction.CommitAsync();

        Assert.Equal(["exchanges/00000000-0000-7000-8000-000000000001", younger], (await ReadUntilAsync(hub, before[^1].Cursor, 2)).Select(e => e.Exchange));
    }

    [Fact]
    public async Task Wrong_cursors_wrong_names_and_partners_are_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        foreach (var cursor in (string[])["x", "!!!!!!!!!!!!!!!!!!!!!!", new FeedCursor(ulong.MaxValue / 2, 1).ToString()])
            await HubError.OfAsync(ErrorReason.CursorInvalid, StatusCode.InvalidArgument, () => ReadAsync(hub, new() { StartCursor = cursor }));
        var malformed = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => ReadAsync(hub, new() { Partner = "emploi", Case = "x" }));
        Assert.Equal(["partner", "case"], malformed.Fields);
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => ReadAsync(hub, new() { Partner = "partners/personne" }));
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => ReadAsync(hub, new() { Case = $"cases/{Household.NewId()}" }));
        foreach (var partner in (string[])["emploi", "interim"])
            await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => ReadAsync(hub, new(), partner));
    }

    /// <summary>The items up to the first checkpoint, which is the last one.</summary>
    static async Task<List<WatchExchangesResponse>> ReadAsync(HubHost hub, WatchExchangesRequest? request = null, string caller = "crm")
    {
        using var watch = hub.Exchanges(caller).WatchExchanges(request ?? new(), cancellationToken: TestContext.Current.CancellationToken);
        var items = new List<WatchExchangesResponse>();
        while (await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            items.Add(watch.ResponseStream.Current);
            if (items[^1].CheckpointTime is not null) return items;
        }

        throw new InvalidOperationException("The watch ended.");
    }

    static async Task<List<ExchangeEvent>> ReadUntilAsync(HubHost hub, string cursor, int count)
    {
        using var watch = hub.Exchanges().WatchExchanges(new() { StartCursor = cursor }, deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(30));
        var events = new List<ExchangeEvent>();
        while (events.Count < count && await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            if (watch.ResponseStream.Current.Event is { } told) events.Add(told);
        return events;
    }

    /// <summary>Another test's transaction, on the same server, may hold the horizon back for a moment.</summary>
    static async Task<List<WatchExchangesResponse>> SettledAsync(HubHost hub, int events)
    {
        var items = new List<WatchExchangesResponse>();
        await Eventually.BecomesTrueAsync(async () => (items = await ReadAsync(hub)).Count == events + 1, () => $"{events} events were not told: {items.Count - 1}");
        return items;
    }
}
