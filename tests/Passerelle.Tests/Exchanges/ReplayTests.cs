using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Exchanges;

/// <summary>Sending again what could not be delivered, and the drain report.</summary>
public sealed class ReplayTests(Postgres postgres)
{
    static readonly DateTimeOffset Start = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_rehearsal_says_what_would_leave_and_changes_nothing_then_the_replay_does_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var (good, refused) = (await hub.GiveUpAsync(), await hub.GiveUpAsync());
        await DropConsentAsync(hub, refused);
        var before = await hub.DumpAsync();

        var rehearsal = await ReplayAsync(hub, Start, dryRun: true);
        Assert.Equal((1, 1), (rehearsal.ReplayedCount, rehearsal.RefusedCount));
        Assert.Equal((refused, "CONSENT_MISSING"), (Assert.Single(rehearsal.Refused).Exchange, rehearsal.Refused[0].Reason));
        Assert.Equal(before, await hub.DumpAsync());

        Assert.Equal(rehearsal, await ReplayAsync(hub, Start));
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(good)).State);
        Assert.Equal((State.Undeliverable, 1), ((await hub.GetExchangeAsync(refused)).State, (await hub.GetExchangeAsync(refused)).AttemptCount));
        Assert.Equal(["exchange.queued", "exchange.undeliverable", "exchange.redelivered", "exchange.delivered"], await hub.EventsAsync(good));

        // What has left is not sent again by a second call.
        var again = await ReplayAsync(hub, Start);
        Assert.Equal((0, 1), (again.ReplayedCount, again.RefusedCount));
        Assert.Equal(3, hub.Partner.Received.Count);
    }

    [Fact]
    public async Task Only_what_was_given_up_since_then_and_for_that_partner_is_sent_again()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var early = await hub.GiveUpAsync();
        await hub.Time.FreezeAsync(Start.AddHours(1));
        var late = await hub.GiveUpAsync();

        Assert.Equal(0, (await ReplayAsync(hub, Start, "partners/interim")).ReplayedCount);
        Assert.Equal(0, (await ReplayAsync(hub, Start.AddHours(1).AddMicroseconds(1))).ReplayedCount);
        Assert.Equal(1, (await ReplayAsync(hub, Start.AddHours(1), "partners/emploi")).ReplayedCount);

        Assert.Equal((State.Undeliverable, State.Queued), ((await hub.GetExchangeAsync(early)).State, (await hub.GetExchangeAsync(late)).State));
    }

    [Fact]
    public async Task What_is_given_up_again_during_the_replay_waits_for_the_next_one()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = await hub.GiveUpAsync();

        Assert.Equal(1, (await ReplayAsync(hub, Start.AddYears(-5))).ReplayedCount);
        hub.Partner.Next(new SendOutcome.Refused("INVALID_ARGUMENT"));
        await hub.RunAsync<DeliverDue>();

        Assert.Equal(State.Undeliverable, (await hub.GetExchangeAsync(name)).State);
        Assert.Equal(1, (await ReplayAsync(hub, Start.AddYears(-5), dryRun: true)).ReplayedCount);
    }

    [Fact]
    public async Task One_that_cannot_be_composed_is_counted_and_keeps_nobody_back()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.Contains("cannot be composed; it stays undeliverable", StringComparison.Ordinal);
        var (good, broken) = (await hub.GiveUpAsync(), await hub.GiveUpAsync());
        await hub.ExecuteAsync($"update referrals set introduction = '\\x00' where exchange_id = '{broken["exchanges/".Length..]}'");

        var outcome = await ReplayAsync(hub, Start.AddYears(-5));

        Assert.Equal((1, 1), (outcome.ReplayedCount, outcome.RefusedCount));
        Assert.Equal((broken, "NOT_COMPOSED"), (Assert.Single(outcome.Refused).Exchange, outcome.Refused[0].Reason));
        Assert.Equal(State.Queued, (await hub.GetExchangeAsync(good)).State);
    }

    [Fact]
    public async Task More_than_a_batch_is_gone_through_oldest_first_and_a_hundred_refused_are_named()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var template = await hub.GiveUpAsync();
        await MultiplyAsync(hub, template, 1_200);
        await hub.Time.FreezeAsync(Start.AddSeconds(1));
        await DropConsentAsync(hub, template);
        var refused = await ReplayAsync(hub, Start);
        Assert.Equal((0, 1_201, 100), (refused.ReplayedCount, refused.RefusedCount, refused.Refused.Count));
        Assert.Equal(template, refused.Refused[0].Exchange);

        Assert.Equal(1_201, await hub.QueryAsync(db => db.Exchanges.CountAsync(e => e.State == ExchangeState.Undeliverable)));
        // The copies are none that anybody opened.
        await hub.ExecuteAsync(
            """
            delete from events where subject in (select 'exchanges/' || id from exchanges where subject like 'copies/%');
            delete from referrals where exchange_id in (select id from exchanges where subject like 'copies/%');
            delete from exchanges where subject like 'copies/%';
            """);
    }

    [Fact]
    public async Task A_replay_needs_a_time()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var client = hub.Exchanges();
        foreach (var time in (Timestamp?[])[null, new() { Nanos = -1 }, new() { Seconds = 253402300800 }])
            Assert.Equal(["start_time"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => client.ReplayExchangesAsync(new() { StartTime = time }).ResponseAsync)).Fields);
        Assert.Equal(["partner", "start_time"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => client.ReplayExchangesAsync(new() { Partner = "x" }).ResponseAsync)).Fields);
        Assert.Equal(new ReplayExchangesResponse(), await ReplayAsync(hub, Start, "partners/nobody"));
    }

    [Fact]
    public async Task The_drain_report_counts_what_waits_and_how_fast_it_goes()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        Assert.Empty((await hub.Exchanges().ReportDrainAsync(new())).Drains);
        for (var n = 0; n < 3; n++) await hub.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        Assert.Empty((await hub.Exchanges().ReportDrainAsync(new())).Drains);
        await hub.GiveUpAsync();
        await hub.Time.FreezeAsync(Start.AddMinutes(30));
        for (var n = 0; n < 6; n++) await hub.ReferAsync();
        await hub.ReferAsync(Candidate.Pull);

        var drains = (await hub.Exchanges().ReportDrainAsync(new())).Drains;
        Assert.Equal(["partners/emploi", "partners/interim"], drains.Select(d => d.Partner));
        var push = drains[0];
        Assert.Equal((6, 0, 0, 1, 3), (push.QueuedCount, push.HeldCount, push.SendingCount, push.UndeliverableCount, push.DeliveredCount));
        Assert.Equal((Start.AddMinutes(30), TimeSpan.FromHours(2)), (push.OldestCreateTime.ToDateTimeOffset(), push.Remaining.ToTimeSpan()));
        Assert.Equal((1, null), (drains[1].QueuedCount, drains[1].Remaining));

        await hub.ExecuteAsync("update lanes set pause_time = hub_now(), pause_reason = 'Inventory' where partner_id = 'emploi'");
        await hub.Time.FreezeAsync(Start.AddHours(2));
        var held = Assert.Single((await hub.Exchanges().ReportDrainAsync(new() { Partner = "partners/emploi" })).Drains);
        Assert.Equal((0, 6, 0, null), (held.QueuedCount, held.HeldCount, held.DeliveredCount, held.Remaining));
    }

    [Fact]
    public async Task The_drain_of_a_partner_that_does_not_exist_is_not_reported()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.Exchanges().ReportDrainAsync(new() { Partner = "partners/nobody" }).ResponseAsync);
        await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Exchanges().ReportDrainAsync(new() { Partner = "x" }).ResponseAsync);
    }

    static async Task<ReplayExchangesResponse> ReplayAsync(HubHost hub, DateTimeOffset since, string partner = "", bool dryRun = false) =>
        await hub.Exchanges().ReplayExchangesAsync(new() { StartTime = since.ToTimestamp(), Partner = partner, DryRun = dryRun });

    static Task DropConsentAsync(HubHost hub, string exchange) => hub.ExecuteAsync(
        $"update consents set withdraw_time = hub_now() where person_id = (select person_id from referrals where exchange_id = '{exchange["exchanges/".Length..]}')");

    /// <summary>Copies an exchange, and the referral that it carries.</summary>
    static async Task MultiplyAsync(HubHost hub, string exchange, int count)
    {
        var id = exchange["exchanges/".Length..];
        var columns = await hub.QueryAsync(db => db.Database.SqlQuery<string>(
            $"""select table_name || '.' || column_name as "Value" from information_schema.columns where table_schema = 'public' and table_name in ('exchanges', 'referrals') and is_identity = 'NO'""").ToListAsync());
        string[] replaced = ["exchanges.id", "exchanges.subject", "referrals.id", "referrals.exchange_id"];
        string Of(string table, string prefix) => string.Join(", ", columns.Where(c => c.StartsWith(table + ".", StringComparison.Ordinal) && !replaced.Contains(c)).Select(c => prefix + c.Split('.')[1]));
        await hub.ExecuteAsync(
            $"""
            insert into exchanges (id, subject, {Of("exchanges", "")}) select gen_random_uuid(), 'copies/' || n, {Of("exchanges", "x.")} from exchanges x cross join generate_series(1, {count}) n where x.id = '{id}';
            insert into referrals (id, exchange_id, {Of("referrals", "")}) select gen_random_uuid(), c.id, {Of("referrals", "r.")} from referrals r cross join exchanges c where r.exchange_id = '{id}' and c.subject like 'copies/%';
            update exchanges set end_time = end_time + interval '1 microsecond' where subject like 'copies/%';
            """);
    }
}
