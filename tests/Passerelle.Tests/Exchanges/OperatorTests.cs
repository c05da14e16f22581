using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Partners.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using Attempt = Passerelle.Contracts.Exchanges.V1.Attempt;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;
using Waits = Passerelle.Contracts.Exchanges.V1.ExplainExchangeResponse.Types.WaitsFor;

namespace Passerelle.Tests.Exchanges;

/// <summary>Explaining, redelivering and withdrawing one exchange.</summary>
public sealed class OperatorTests(Postgres postgres)
{
    static readonly DateTimeOffset Start = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);

    const string Nobody = "exchanges/0198f000-0000-7000-8000-000000000001";

    [Fact]
    public async Task An_exchange_is_explained_from_its_queue_to_its_answer()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Delivery:RetrySchedule:0=00:01:00", "Delivery:RetrySchedule:1=01:00:00");
        await hub.Time.FreezeAsync(Start);
        var candidate = await Candidate.ReadyAsync(hub);
        var referral = await candidate.ReferAsync();
        var name = referral.Exchange;
        var fresh = await hub.ExplainAsync(name);
        Assert.Equal((Waits.NextAttempt, Start, 3), (fresh.WaitsFor, fresh.NextTime.ToDateTimeOffset(), fresh.RemainingAttemptCount));
        Assert.Equal(Start.AddDays(7).AddHours(1), fresh.GiveUpTime.ToDateTimeOffset());
        Assert.Equal((name, 0, ""), (fresh.Exchange.Name, fresh.Attempts.Count, fresh.LastError));

        hub.Partner.Next(new SendOutcome.NotYet("INTERNAL"));
        await hub.RunAsync<DeliverDue>();
        var tried = await hub.ExplainAsync(name);
        Assert.Equal((Waits.NextAttempt, tried.Exchange.NextAttemptTime, 2), (tried.WaitsFor, tried.NextTime, tried.RemainingAttemptCount));
        var attempt = Assert.Single(tried.Attempts);
        Assert.Equal(("INTERNAL", 32, TimeSpan.Zero), (attempt.Error, attempt.Sha256.Length, attempt.Latency.ToTimeSpan()));
        Assert.Equal("INTERNAL", tried.LastError);

        await hub.RedeliverAsync(name);
        await hub.RunAsync<DeliverDue>();
        var delivered = await hub.ExplainAsync(name);
        Assert.Equal((Waits.Answer, Start.AddHours(48), 0), (delivered.WaitsFor, delivered.NextTime.ToDateTimeOffset(), delivered.RemainingAttemptCount));
        Assert.Equal((null, ""), (delivered.GiveUpTime, delivered.LastError));
        await hub.Time.FreezeAsync(Start.AddHours(50));
        Assert.Equal((Waits.Answer, null), ((await hub.ExplainAsync(name)).WaitsFor, (await hub.ExplainAsync(name)).NextTime));

        await hub.AnswerAsync(EmploymentCalls.Interested(referral.Name));
        var answered = await hub.ExplainAsync(name);
        Assert.Equal((Waits.Nothing, null, ""), (answered.WaitsFor, answered.NextTime, answered.BlockingExchange));
    }

    [Fact]
    public async Task What_cannot_be_composed_is_explained_although_no_attempt_was_made()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = await hub.ReferAsync();
        await hub.ExecuteAsync("update cvs set content = '\\x00'");
        hub.ExpectedErrors = text => text.Contains($"{name} attempt 1 could not be composed", StringComparison.Ordinal);

        await hub.RunAsync<DeliverDue>();

        var said = await hub.ExplainAsync(name);
        Assert.Equal((Waits.NextAttempt, 0, "NOT_COMPOSED"), (said.WaitsFor, said.Attempts.Count, said.LastError));
    }

    [Fact]
    public async Task What_stands_in_line_names_what_must_leave_first()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (first, second) = await hub.ReferBothAsync();

        var said = await hub.ExplainAsync(second);

        Assert.Equal((Waits.EarlierExchange, first), (said.WaitsFor, said.BlockingExchange));
        Assert.Equal(Waits.NextAttempt, (await hub.ExplainAsync(first)).WaitsFor);
    }

    [Fact]
    public async Task What_is_held_is_explained_by_its_partner()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:DownAfter=1", "Lanes:ProbeSchedule:0=00:00:10");
        await hub.Time.FreezeAsync(Start);
        var name = await hub.ReferAsync();
        hub.Partner.Next(new SendOutcome.NotYet("UNAVAILABLE", Contact: Contact.Missed));
        await hub.RunAsync<DeliverDue>();
        var down = await hub.ExplainAsync(name);
        Assert.Equal((Waits.PartnerRecovery, Start.AddSeconds(10), "PARTNER_DOWN"), (down.WaitsFor, down.NextTime.ToDateTimeOffset(), down.Exchange.HoldReason));

        var partners = new PartnerService.PartnerServiceClient(hub.As("crm"));
        await partners.PausePartnerAsync(new() { Name = "partners/emploi", Reason = "Inventory" });
        var paused = await hub.ExplainAsync(name);
        Assert.Equal((Waits.PartnerResumed, null, "PARTNER_PAUSED", State.Held), (paused.WaitsFor, paused.NextTime, paused.Exchange.HoldReason, paused.Exchange.State));
    }

    [Fact]
    public async Task What_a_partner_pulls_waits_to_be_fetched_and_then_for_the_receipt()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Delivery:PullLease=00:01:00");
        await hub.Time.FreezeAsync(Start);
        var name = await hub.ReferAsync(Candidate.Pull);
        Assert.Equal(Waits.Pull, (await hub.ExplainAsync(name)).WaitsFor);

        using var inbox = hub.Inbox(Candidate.Pull).WatchInbox(new());
        await inbox.NextAsync();

        var fetched = await hub.ExplainAsync(name);
        Assert.Equal((Waits.Receipt, Start.AddMinutes(1)), (fetched.WaitsFor, fetched.NextTime.ToDateTimeOffset()));
    }

    [Fact]
    public async Task An_undeliverable_exchange_is_delivered_once_an_operator_says_so()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = await hub.GiveUpAsync();
        Assert.Equal(Waits.Operator, (await hub.ExplainAsync(name)).WaitsFor);

        Assert.Equal((State.Queued, ""), ((await hub.RedeliverAsync(name)).State, (await hub.GetExchangeAsync(name)).EndReason));
        await hub.RedeliverAsync(name);
        await hub.RunAsync<DeliverDue>();

        Assert.Equal((State.AwaitingAnswer, 2), ((await hub.GetExchangeAsync(name)).State, hub.Partner.Received.Count));
        Assert.Equal(["exchange.queued", "exchange.undeliverable", "exchange.redelivered", "exchange.delivered"], await hub.EventsAsync(name));
    }

    [Fact]
    public async Task What_the_partner_lost_is_sent_again_under_its_name_while_its_window_runs_on()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var name = await hub.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        var window = (await hub.GetExchangeAsync(name)).Window;
        await hub.Time.FreezeAsync(Start.AddHours(5));

        await hub.RedeliverAsync(name);
        await hub.RunAsync<DeliverDue>();

        var again = await hub.GetExchangeAsync(name);
        Assert.Equal((State.AwaitingAnswer, window, Start), (again.State, again.Window, again.DeliveryTime.ToDateTimeOffset()));
        Assert.Equal([name, name], hub.Partner.Received.Select(e => e.Exchange));
    }

    [Fact]
    public async Task A_redelivery_keeps_the_order_of_the_line_and_the_lane()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (first, second) = await hub.ReferBothAsync();
        var partners = new PartnerService.PartnerServiceClient(hub.As("crm"));
        await partners.PausePartnerAsync(new() { Name = "partners/emploi", Reason = "Inventory" });
        Assert.Equal(State.Held, (await hub.RedeliverAsync(second)).State);
        await hub.RunAsync<DeliverDue>();
        Assert.Empty(hub.Partner.Received);
        // It was about to leave anyway: nothing has happened to it.
        Assert.Equal(["exchange.queued"], await hub.EventsAsync(second));

        await partners.ResumePartnerAsync(new() { Name = "partners/emploi" });
        await hub.RunAsync<DeliverDue>();
        Assert.Equal([first, second], hub.Partner.Received.Select(e => e.Exchange));
    }

    [Fact]
    public async Task A_withdrawn_exchange_does_not_leave_and_the_next_in_line_does()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Delivery:RetrySchedule:0=01:00:00");
        await hub.Time.FreezeAsync(Start);
        var (first, second) = await hub.ReferBothAsync();
        hub.Partner.Next(new SendOutcome.NotYet("INTERNAL"));
        await hub.RunAsync<DeliverDue>();
        Assert.Equal([first], hub.Partner.Received.Select(e => e.Exchange));

        var withdrawn = await hub.WithdrawAsync(first, "HOUSEHOLD_STAYS");
        Assert.Equal((State.Withdrawn, "HOUSEHOLD_STAYS"), (withdrawn.State, withdrawn.EndReason));
        await hub.RunAsync<DeliverDue>();

        Assert.Equal([first, second], hub.Partner.Received.Select(e => e.Exchange));
        Assert.Equal("HOUSEHOLD_STAYS", (await hub.WithdrawAsync(first, "SOMETHING_ELSE")).EndReason);
        Assert.Single(await hub.EventsAsync(first), type => type == "exchange.withdrawn");
        Assert.Equal(Waits.Nothing, (await hub.ExplainAsync(first)).WaitsFor);
    }

    [Fact]
    public async Task Withdrawing_what_the_partner_has_voids_its_window()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = await hub.ReferAsync();
        await hub.RunAsync<DeliverDue>();

        await hub.WithdrawAsync(name, "HOUSEHOLD_STAYS");

        Assert.Equal(Passerelle.Contracts.Clocks.V1.Clock.Types.State.Voided, (await hub.GetExchangeAsync(name)).Window.State);
        await hub.Time.AdvanceAsync(TimeSpan.FromDays(3));
        await hub.RunAsync<Passerelle.Hub.Clocks.FireClocks>();
        Assert.DoesNotContain("clock.overdue", await hub.EventsAsync(name));
    }

    [Fact]
    public async Task What_was_withdrawn_while_it_was_on_its_way_stays_withdrawn()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = await hub.ReferAsync();
        hub.Partner.Next(async envelope =>
        {
            await hub.WithdrawAsync(envelope.Exchange, "HOUSEHOLD_STAYS");
            return new SendOutcome.Accepted();
        });

        await hub.RunAsync<DeliverDue>();

        var exchange = await hub.GetExchangeAsync(name);
        Assert.Equal((State.Withdrawn, null), (exchange.State, exchange.DeliveryTime));
        Assert.Equal(Attempt.Types.Outcome.Accepted, Assert.Single(await hub.GetAttemptsAsync(name)).Outcome);
    }

    [Fact]
    public async Task What_has_ended_can_neither_be_sent_again_nor_be_withdrawn()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();
        await hub.RunAsync<DeliverDue>();
        await hub.AnswerAsync(EmploymentCalls.Interested(referral.Name));
        foreach (var verb in (Func<Task>[])[() => hub.RedeliverAsync(referral.Exchange), () => hub.WithdrawAsync(referral.Exchange, "NO")])
        {
            var conflict = await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, verb);
            Assert.Equal(("answered", referral.Exchange), (conflict.Metadata["state"], conflict.Metadata["resource"]));
        }

        var withdrawn = await hub.ReferAsync();
        await hub.WithdrawAsync(withdrawn, "HOUSEHOLD_STAYS");
        Assert.Equal("withdrawn", (await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => hub.RedeliverAsync(withdrawn))).Metadata["state"]);
    }

    [Fact]
    public async Task Wrong_input_and_unknown_names_are_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.ExplainAsync(Nobody));
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.RedeliverAsync(Nobody));
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.WithdrawAsync(Nobody, "NO"));
        Assert.Equal(["name"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.ExplainAsync(""))).Fields);
        Assert.Equal(["name"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.RedeliverAsync("cases/1"))).Fields);
        foreach (var reason in (string[])["", "no", "A B", "É", "A\n", new string('A', 61)])
            Assert.Equal(["name", "reason"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.WithdrawAsync("x", reason))).Fields);
    }

    [Fact]
    public async Task None_of_it_is_for_partners()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = await hub.ReferAsync();
        var own = hub.Exchanges("emploi");
        foreach (var call in (Func<Task>[])
        [
            () => own.ExplainExchangeAsync(new() { Name = name }).ResponseAsync, () => own.RedeliverExchangeAsync(new() { Name = name }).ResponseAsync,
            () => own.WithdrawExchangeAsync(new() { Name = name, Reason = "NO" }).ResponseAsync,
            () => own.ReplayExchangesAsync(new() { StartTime = new() }).ResponseAsync, () => own.ReportDrainAsync(new()).ResponseAsync,
        ])
            Assert.Equal("exchanges.operate", (await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, call)).Metadata["scope"]);
    }

    [Fact]
    public async Task Operators_may_call_by_HTTP_too()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = await hub.ReferAsync();
        using var http = hub.Http("crm");
        Assert.Contains("WAITS_FOR_NEXT_ATTEMPT", await http.GetStringAsync(new Uri($"/v1/{name}:explain", UriKind.Relative)), StringComparison.Ordinal);
        Assert.Contains("partners/emploi", await http.GetStringAsync(new Uri("/v1/exchanges:drain", UriKind.Relative)), StringComparison.Ordinal);
    }
}
