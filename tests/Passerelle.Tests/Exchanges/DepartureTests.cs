using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Exchanges;

/// <summary>The last word before something leaves: what changed since it was composed is seen.</summary>
public sealed class DepartureTests(Postgres postgres)
{
    [Fact]
    public async Task What_is_ours_and_allowed_leaves_and_is_written_down_first()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (claimed, cleared) = await ComposedAsync(hub);

        var ready = Assert.Single(await LetLeaveAsync(hub, claimed, cleared));

        Assert.Equal((claimed.Claim, claimed.Header.Name, 1), (ready.Claim, ready.Envelope.Exchange, ready.Envelope.Attempt));
        var attempt = Assert.Single(await hub.QueryAsync(db => db.Attempts.AsNoTracking().ToListAsync()));
        Assert.Equal((1, Transport.Push, AttemptOutcome.Unknown, ready.Envelope.Payload.Value.Length), (attempt.Number, attempt.Transport, attempt.Outcome, attempt.Size));
        var disclosure = Assert.Single(await hub.QueryAsync(db => db.Disclosures.AsNoTracking().ToListAsync()));
        Assert.Equal((claimed.Header.Id, claimed.Header.PartnerId, "cv", cleared.Clearance.ConsentId), (disclosure.ExchangeId, disclosure.PartnerId, disclosure.Category, disclosure.ConsentId));
        Assert.Equal(attempt.StartTime, disclosure.Time);
    }

    [Fact]
    public async Task A_consent_that_was_withdrawn_after_composing_keeps_it_here_and_the_next_look_withdraws_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (claimed, cleared) = await ComposedAsync(hub);
        await hub.Consents().WithdrawConsentAsync(new() { Name = Names.Of(Names.Consents, cleared.Clearance.ConsentId!.Value) });

        Assert.Empty(await LetLeaveAsync(hub, claimed, cleared));
        Assert.Empty(await hub.QueryAsync(db => db.Attempts.ToListAsync()));
        Assert.Empty(await hub.QueryAsync(db => db.Disclosures.ToListAsync()));

        // Due at once: its lease is not waited for.
        await hub.RunAsync<DeliverDue>();
        var exchange = await hub.GetExchangeAsync(claimed.Header.Name);
        Assert.Equal((State.Withdrawn, "CONSENT_MISSING"), (exchange.State, exchange.EndReason));
        Assert.Empty(hub.Partner.Received);
    }

    [Fact]
    public async Task A_withdrawal_under_way_is_waited_for_and_seen()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (claimed, cleared) = await ComposedAsync(hub);
        await using var scope = hub.Services.CreateAsyncScope();
        var other = scope.ServiceProvider.GetRequiredService<HubDb>();
        await using var transaction = await other.Database.BeginTransactionAsync(TestContext.Current.CancellationToken);
        var consent = cleared.Clearance.ConsentId;
        await other.Database.ExecuteSqlAsync($"update consents set withdraw_time = hub_now() where id = {consent}", TestContext.Current.CancellationToken);

        var leaving = LetLeaveAsync(hub, claimed, cleared);
        await Eventually.BecomesTrueAsync(
            () => hub.QueryAsync(db => db.Database.SqlQuery<bool>($"select exists (select from pg_locks where not granted) as \"Value\"").SingleAsync()), () => "Nobody waits for the withdrawal.");
        await transaction.CommitAsync(TestContext.Current.CancellationToken);

        Assert.Empty(await leaving);
        Assert.Empty(await hub.QueryAsync(db => db.Disclosures.ToListAsync()));
    }

    [Fact]
    public async Task What_was_claimed_anew_after_composing_is_left_to_the_newer_claim()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (claimed, cleared) = await ComposedAsync(hub);
        await hub.QueryAsync(db => db.Database.ExecuteSqlAsync($"update exchanges set generation = 2, due_time = hub_now() + interval '1 hour'"));

        Assert.Empty(await LetLeaveAsync(hub, claimed, cleared));

        Assert.Empty(await hub.QueryAsync(db => db.Attempts.ToListAsync()));
        // Its lease stays the newer claim's.
        await hub.RunAsync<DeliverDue>();
        Assert.Empty(hub.Partner.Received);
    }

    static async Task<(Claimed Claimed, Preparation.Cleared Cleared)> ComposedAsync(HubHost hub)
    {
        var candidate = await Candidate.ReadyAsync(hub);
        await candidate.ReferAsync();
        var taken = await hub.Services.GetRequiredService<ExchangeClaims>().TakeAsync(10, [], TestContext.Current.CancellationToken);
        var claimed = Assert.Single(taken.Claims);
        await using var scope = hub.Services.CreateAsyncScope();
        var kind = scope.ServiceProvider.GetServices<IExchangeKind>().Single(k => k.Name == claimed.Header.Kind);
        var prepared = await kind.PrepareAsync([claimed.Header], taken.Time, TestContext.Current.CancellationToken);
        return (claimed, Assert.IsType<Preparation.Cleared>(prepared[claimed.Header.Id]));
    }

    static Task<IReadOnlyList<Ready>> LetLeaveAsync(HubHost hub, Claimed claimed, Preparation.Cleared cleared) =>
        hub.QueryAsync(async db => await new Departures(db).LetLeaveAsync([(claimed, cleared)], Transport.Push, await db.NowAsync(TestContext.Current.CancellationToken), TestContext.Current.CancellationToken));
}
