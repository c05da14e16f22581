using Microsoft.Extensions.DependencyInjection;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using Attempt = Passerelle.Contracts.Exchanges.V1.Attempt;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Exchanges;

/// <summary>Many workers, slow workers, dead workers, and partners that are quicker than we are.</summary>
public sealed class LeaseTests(Postgres postgres)
{
    static readonly TimeSpan LeaseAndMore = TimeSpan.FromSeconds(11);

    [Fact]
    public async Task Eight_workers_never_claim_one_row_twice()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:MaxInFlight=1000", "Lanes:MaxPerSecond=0");
        var ids = await hub.QueryAsync(async db =>
        {
            var now = await db.NowAsync(CancellationToken.None);
            var made = Enumerable.Range(0, 200).Select(n => Exchange.Open("referral", "emploi", Guid.CreateVersion7(now), $"referrals/{n}", null, neverHeld: false, now)).ToList();
            db.Exchanges.AddRange(made);
            await db.SaveChangesAsync();
            return made.Select(e => e.Id).ToList();
        });
        var claims = hub.Services.GetRequiredService<ExchangeClaims>();

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            var mine = new List<Claimed>();
            // A lane that another one is claiming from is skipped: nothing taken is not yet nothing left.
            while (await claims.OldestDueAsync(CancellationToken.None) >= TimeSpan.Zero) mine.AddRange((await claims.TakeAsync(3, [], CancellationToken.None)).Claims);
            return mine;
        })));

        Assert.Equal(ids.Order(), taken.SelectMany(t => t).Select(c => c.Header.Id).Order());
        Assert.All(taken.SelectMany(t => t), c => Assert.Equal(1, c.Generation));
    }

    [Fact]
    public async Task Eight_deliveries_at_once_send_each_exchange_once()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Delivery:BatchSize=2");
        for (var n = 0; n < 12; n++) await (await Candidate.ReadyAsync(hub)).ReferAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => hub.RunAsync<DeliverDue>())));

        Assert.Equal(12, hub.Partner.Received.Count);
        Assert.Equal(12, hub.Partner.Received.Select(e => e.Exchange).Distinct().Count());
    }

    [Theory]
    [InlineData("not yet", Attempt.Types.Outcome.NotYet)]
    [InlineData("refused", Attempt.Types.Outcome.Refused)]
    [InlineData("accepted", Attempt.Types.Outcome.Accepted)]
    public async Task A_slow_worker_cannot_overwrite_a_newer_claim(string late, Attempt.Types.Outcome outcome)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();
        hub.Partner.Next(async _ =>
        {
            // While the first worker still waits for the partner, its lease ends and a second one delivers.
            await hub.Time.AdvanceAsync(LeaseAndMore);
            await hub.RunAsync<DeliverDue>();
            return Outcome(late);
        });

        await hub.RunAsync<DeliverDue>();

        Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(referral.Exchange)).State);
        Assert.Equal([outcome, Attempt.Types.Outcome.Accepted], (await hub.GetAttemptsAsync(referral.Exchange)).Select(a => a.Outcome));
    }

    [Theory]
    [InlineData("not yet", Attempt.Types.Outcome.NotYet)]
    [InlineData("refused", Attempt.Types.Outcome.Refused)]
    public async Task An_acceptance_that_comes_home_after_its_lease_is_a_delivery_all_the_same(string newer, Attempt.Types.Outcome outcome)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();
        hub.Partner.Next(async _ =>
        {
            // While the first worker still waits for the partner, its lease ends and a second one fails.
            hub.Partner.Next(Outcome(newer));
            await hub.Time.AdvanceAsync(LeaseAndMore);
            await hub.RunAsync<DeliverDue>();
            return new SendOutcome.Accepted();
        });

        await hub.RunAsync<DeliverDue>();

        Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(referral.Exchange)).State);
        Assert.Equal([Attempt.Types.Outcome.Accepted, outcome], (await hub.GetAttemptsAsync(referral.Exchange)).Select(a => a.Outcome));
        await hub.Time.AdvanceAsync(TimeSpan.FromDays(1));
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(2, hub.Partner.Received.Count);
    }

    [Fact]
    public async Task A_worker_that_dies_between_send_and_save_is_replaced_when_its_lease_ends()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();
        using var node = new CancellationTokenSource();
        hub.Partner.Next(async _ =>
        {
            await node.CancelAsync();
            throw new OperationCanceledException(node.Token);
        });
        await hub.Services.GetRequiredService<DeliverDue>().RunAsync(node.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        await hub.RunAsync<DeliverDue>();
        Assert.Single(hub.Partner.Received);
        await hub.Time.AdvanceAsync(LeaseAndMore);
        await hub.RunAsync<DeliverDue>();

        // The partner may get it twice, and knows it by its name.
        Assert.Equal([(referral.Exchange, 1), (referral.Exchange, 2)], hub.Partner.Received.Select(e => (e.Exchange, e.Attempt)));
        Assert.Equal([Attempt.Types.Outcome.Unknown, Attempt.Types.Outcome.Accepted], (await hub.GetAttemptsAsync(referral.Exchange)).Select(a => a.Outcome));
    }

    [Fact]
    public async Task A_node_that_stops_claims_nothing_more_and_lets_what_is_under_way_come_home()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:MaxInFlight=1");
        for (var n = 0; n < 2; n++) await (await Candidate.ReadyAsync(hub)).ReferAsync();
        using var node = new CancellationTokenSource();
        var answer = new TaskCompletionSource<SendOutcome>();
        hub.Partner.Next(_ => answer.Task);

        var run = hub.Services.GetRequiredService<DeliverDue>().RunAsync(node.Token);
        await Eventually.BecomesTrueAsync(() => hub.Partner.Received.Count == 1, "Nothing was sent.");
        await node.CancelAsync();
        answer.SetResult(new SendOutcome.Accepted());
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(Assert.Single(hub.Partner.Received).Exchange)).State);
    }

    [Fact]
    public async Task A_node_that_stops_cuts_what_takes_too_long()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Delivery:FinishWithin=00:00:00.1");
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();
        using var node = new CancellationTokenSource();
        hub.Partner.Next(_ => new TaskCompletionSource<SendOutcome>().Task);

        var run = hub.Services.GetRequiredService<DeliverDue>().RunAsync(node.Token);
        await Eventually.BecomesTrueAsync(() => hub.Partner.Received.Count == 1, "Nothing was sent.");
        await node.CancelAsync();
        await run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        Assert.Equal(Attempt.Types.Outcome.Unknown, Assert.Single(await hub.GetAttemptsAsync(referral.Exchange)).Outcome);
    }

    [Fact]
    public async Task What_is_known_to_be_accepted_is_not_sent_again_while_the_storage_does_not_take_it_down()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Delivery:Lease=00:00:01");
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();
        await hub.OutageAsync("attempts", "true");

        var run = hub.RunAsync<DeliverDue>();
        await Eventually.BecomesTrueAsync(() => hub.OutageLastsAsync(TimeSpan.FromSeconds(3)), () => "Time stood still.");
        await hub.OutageEndsAsync("attempts");
        await run;

        Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(referral.Exchange)).State);
        Assert.Single(hub.Partner.Received);
    }

    [Fact]
    public async Task What_is_under_way_is_not_claimed_again_by_a_node_that_could_not_renew_its_lease()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Delivery:Lease=00:00:03");
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();
        var answer = new TaskCompletionSource<SendOutcome>();
        hub.Partner.Next(_ => answer.Task);
        // Renewals fail, claims (which raise the generation) do not.
        await hub.OutageAsync("exchanges", "old.state = 'sending' and new.state = 'sending' and new.generation = old.generation");

        var run = hub.RunAsync<DeliverDue>();
        await Eventually.BecomesTrueAsync(() => hub.OutageLastsAsync(TimeSpan.FromSeconds(8)), () => "Time stood still.");
        await hub.OutageEndsAsync("exchanges");
        answer.SetResult(new SendOutcome.Accepted());
        await run;

        Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(referral.Exchange)).State);
        Assert.Single(hub.Partner.Received);
    }

    [Theory]
    [InlineData("accepted")]
    [InlineData("not yet")]
    [InlineData("refused")]
    public async Task A_partner_may_answer_before_its_acceptance_is_written_down(string outcome)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var referral = await candidate.ReferAsync();
        hub.Partner.Next(async envelope =>
        {
            await hub.AnswerAsync(EmploymentCalls.Interested(envelope.Subject));
            return Outcome(outcome);
        });

        await hub.RunAsync<DeliverDue>();
        await hub.Time.AdvanceAsync(TimeSpan.FromDays(1));
        await hub.RunAsync<DeliverDue>();

        var exchange = await hub.GetExchangeAsync(referral.Exchange);
        Assert.Equal((State.Answered, exchange.AnswerTime), (exchange.State, exchange.Window.AnswerTime));
        Assert.Equal(Attempt.Types.Outcome.Accepted, Assert.Single(await hub.GetAttemptsAsync(referral.Exchange)).Outcome);
        Assert.Equal(["exchange.queued", "exchange.delivered", "exchange.answered"], (await candidate.TimelineAsync()).TakeLast(3));
    }

    [Fact]
    public async Task An_answer_proves_a_delivery_that_seemed_to_fail()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();
        // The partner has kept it, and its OK got lost on the way back.
        hub.Partner.Next(new SendOutcome.NotYet("DEADLINE_EXCEEDED"));
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(State.Queued, (await hub.GetExchangeAsync(referral.Exchange)).State);

        await hub.AnswerAsync(EmploymentCalls.Declined(referral.Name));
        await hub.Time.AdvanceAsync(TimeSpan.FromDays(1));
        await hub.RunAsync<DeliverDue>();

        Assert.Equal(State.Answered, (await hub.GetExchangeAsync(referral.Exchange)).State);
        Assert.Single(hub.Partner.Received);
    }

    static SendOutcome Outcome(string word) => word switch
    {
        "accepted" => new SendOutcome.Accepted(),
        "not yet" => new SendOutcome.NotYet("DEADLINE_EXCEEDED"),
        _ => new SendOutcome.Refused("INVALID_ARGUMENT"),
    };
}
