using System.Net.Http.Json;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Support;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;
using Exchange = Passerelle.Contracts.Exchanges.V1.Exchange;

namespace Passerelle.Tests.Employment;

public sealed class ReferralTests(Postgres postgres)
{
    [Fact]
    public async Task A_CV_is_sent_with_consent_and_the_partners_answer_stops_its_window()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.ConsentAsync();
        await candidate.AttachCvAsync();
        var referral = await candidate.ReferAsync();
        Assert.Equal(Referral.Types.State.Open, referral.State);

        await hub.RunAsync<DeliverDue>();

        var envelope = Assert.Single(hub.Partner.Received);
        Assert.Equal((referral.Exchange, "referral", referral.Name, candidate.Household.Case, 1), (envelope.Exchange, envelope.Kind, envelope.Subject, envelope.Case, envelope.Attempt));
        Assert.Equal(
            new ReferralFile
            {
                Referral = referral.Name, Person = candidate.Person, GivenName = Marker.Of("PRENOM-UN"), FamilyName = Marker.Of("NOM-UN"), Email = "marqueur-un@exemple.invalid",
                Phone = "+33 2 31 00 00 00", Introduction = Marker.Of("INTRODUCTION"), JsonResume = Candidate.Resume("CV"),
            },
            envelope.Payload.Unpack<ReferralFile>());
        var waiting = await hub.GetExchangeAsync(referral.Exchange);
        Assert.Equal((Exchange.Types.State.AwaitingAnswer, Clock.Types.State.Running), (waiting.State, waiting.Window.State));
        Assert.Equal(waiting.DeliveryTime, waiting.Window.StartTime);

        var answered = await hub.AnswerAsync(EmploymentCalls.Interested(referral.Name));

        Assert.Equal(Referral.Types.State.Interested, answered.State);
        var exchange = await hub.GetExchangeAsync(referral.Exchange);
        Assert.Equal((Exchange.Types.State.Answered, "interested", Clock.Types.State.Met), (exchange.State, exchange.AnswerCode, exchange.Window.State));
        Assert.Equal((answered.AnswerTime, answered.AnswerTime), (exchange.AnswerTime, exchange.Window.AnswerTime));
        var whole = await hub.Referrals().GetReferralAsync(new() { Name = referral.Name });
        Assert.Equal((Marker.Of("INTRODUCTION"), Marker.Of("MESSAGE")), (whole.Introduction, whole.AnswerMessage));
        Assert.Equal(
            ["case.opened", "consent.recorded", "cv.attached", "referral.created", "exchange.queued", "exchange.delivered", "exchange.answered"], await candidate.TimelineAsync());
        var disclosed = Assert.Single((await new Passerelle.Contracts.Privacy.V1.DisclosureService.DisclosureServiceClient(hub.As("crm")).ListDisclosuresAsync(new() { Person = candidate.Person })).Disclosures);
        Assert.Equal(("cv", "partners/emploi", referral.Exchange), (disclosed.Category, disclosed.Partner, disclosed.Exchange));
    }

    [Fact]
    public async Task A_late_answer_is_kept_and_shown_as_late()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var referral = await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        var due = (await hub.GetExchangeAsync(referral.Exchange)).Window.DueTime.ToDateTimeOffset();
        await hub.Time.FreezeAsync(due.AddMicroseconds(1));

        var answered = await hub.AnswerAsync(EmploymentCalls.Declined(referral.Name, DeclineReason.OutOfArea));

        Assert.Equal((Referral.Types.State.Declined, DeclineReason.OutOfArea), (answered.State, answered.DeclineReason));
        Assert.Equal(Clock.Types.State.Missed, (await hub.GetExchangeAsync(referral.Exchange)).Window.State);
    }

    [Fact]
    public async Task Everything_that_is_wrong_with_a_referral_is_said_at_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var error = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () =>
            hub.Referrals().CreateReferralAsync(new() { RequestId = "x", Person = "persons/x", Introduction = new string('a', 2001) }).ResponseAsync);
        Assert.Equal(["request_id", "person", "partner", "introduction"], error.Fields);
    }

    [Fact]
    public async Task A_referral_is_refused_for_the_first_reason_in_a_known_order()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        var request = candidate.Referring("inconnu");
        request.Person = $"persons/{Household.NewId()}";

        Assert.Equal(request.Person, (await RefusedAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound)).Metadata["resource"]);
        request.Person = candidate.Person;
        Assert.Equal("partners/inconnu", (await RefusedAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound)).Metadata["resource"]);
        request.Partner = "partners/agence";
        Assert.Equal("employment", (await RefusedAsync(ErrorReason.PartnerKindMismatch, StatusCode.FailedPrecondition)).Metadata["kind"]);
        request.Partner = "partners/emploi";
        Assert.Equal(candidate.Person, (await RefusedAsync(ErrorReason.CvMissing, StatusCode.FailedPrecondition)).Metadata["person"]);
        await candidate.AttachCvAsync();
        await candidate.ConsentAsync("partners/interim");
        var missing = await RefusedAsync(ErrorReason.ConsentMissing, StatusCode.FailedPrecondition);
        Assert.Equal((candidate.Person, "employment_referral", "partners/emploi"), (missing.Metadata["person"], missing.Metadata["purpose"], missing.Metadata["partner"]));
        request.Person = candidate.Household.Child;
        Assert.Equal(["person"], (await RefusedAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument)).Fields);
        Assert.Equal(0, await hub.QueryAsync(db => db.Exchanges.CountAsync()));

        Task<HubError> RefusedAsync(ErrorReason reason, StatusCode code) => HubError.OfAsync(reason, code, () => hub.Referrals().CreateReferralAsync(request).ResponseAsync);
    }

    [Fact]
    public async Task An_expired_or_withdrawn_consent_is_none()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        await hub.WithdrawAsync(await candidate.ConsentAsync());
        await RefusedAsync();
        await candidate.ConsentAsync();
        await hub.Time.AdvanceAsync(TimeSpan.FromDays(24 * 31));
        await RefusedAsync();

        Task RefusedAsync() => HubError.OfAsync(ErrorReason.ConsentMissing, StatusCode.FailedPrecondition, () => candidate.ReferAsync());
    }

    [Fact]
    public async Task Eight_equal_calls_at_once_have_one_effect_and_one_response()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var request = candidate.Referring();

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => hub.Referrals().CreateReferralAsync(request).ResponseAsync));

        Assert.Single(responses.Distinct());
        Assert.Equal((1, 1), (await hub.QueryAsync(db => db.Referrals.CountAsync()), await hub.QueryAsync(db => db.Exchanges.CountAsync())));
        request.Partner = "partners/interim";
        await HubError.OfAsync(ErrorReason.RequestIdReused, StatusCode.AlreadyExists, () => hub.Referrals().CreateReferralAsync(request).ResponseAsync);
    }

    [Fact]
    public async Task A_partner_learns_of_a_referral_by_its_first_attempt_and_of_others_never()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var referral = await candidate.ReferAsync();

        await IsUnknownToAsync("emploi");
        await hub.RunAsync<DeliverDue>();
        await IsUnknownToAsync("interim");

        Assert.Equal(referral.Name, (await hub.Referrals("emploi").GetReferralAsync(new() { Name = referral.Name })).Referral.Name);
        Assert.Single((await hub.Referrals("emploi").ListReferralsAsync(new() { Case = candidate.Household.Case })).Referrals);
        Assert.Single((await hub.Exchanges("emploi").ListExchangesAsync(new())).Exchanges);
        Assert.Equal("", (await hub.Referrals("emploi").GetReferralAsync(new() { Name = referral.Name })).Introduction);

        async Task IsUnknownToAsync(string partner)
        {
            var none = $"referrals/{Household.NewId()}";
            Assert.Equal(await NotFoundAsync(none, none), await NotFoundAsync(referral.Name, none));
            Assert.Empty((await hub.Referrals(partner).ListReferralsAsync(new())).Referrals);
            Assert.Empty((await hub.Exchanges(partner).ListExchangesAsync(new())).Exchanges);
            await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.Exchanges(partner).GetExchangeAsync(new() { Name = referral.Exchange }).ResponseAsync);

            async Task<(string, string)> NotFoundAsync(string name, string shown)
            {
                var got = await Assert.ThrowsAsync<RpcException>(() => hub.Referrals(partner).GetReferralAsync(new() { Name = name }).ResponseAsync);
                var answered = await Assert.ThrowsAsync<RpcException>(() => hub.AnswerAsync(EmploymentCalls.Interested(name), partner));
                Assert.Equal(StatusCode.NotFound, got.StatusCode);
                return (got.ToString().Split(" at ")[0].Replace(name, shown, StringComparison.Ordinal), answered.Status.ToString().Replace(name, shown, StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public async Task An_answer_says_one_thing_and_a_decline_says_why()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        // One that is there: on what the partner does not see, nothing is said of the fields.
        var name = (await (await Candidate.ReadyAsync(hub)).ReferAsync()).Name;
        Assert.Equal(["request_id", "name", "answer"], await FieldsAsync(new()));
        Assert.Equal(["declined.reason", "declined.message"], await FieldsAsync(new() { RequestId = Household.NewId(), Name = name, Declined = new() { Message = new string('a', 2001) } }));
        Assert.Equal(["interested.message"], await FieldsAsync(new() { RequestId = Household.NewId(), Name = name, Interested = new() { Message = new string('a', 2001) } }));
        await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => hub.AnswerAsync(EmploymentCalls.Interested(name), "crm"));

        async Task<IEnumerable<string>> FieldsAsync(AnswerReferralRequest request) =>
            (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.AnswerAsync(request))).Fields;
    }

    [Fact]
    public async Task A_referral_is_answered_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var referral = await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        AnswerReferralRequest[] answers = [EmploymentCalls.Interested(referral.Name), EmploymentCalls.Declined(referral.Name)];

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => OutcomeAsync(answers[n % 2])));

        // Whichever came first is what the partner said: its repeats agree, the other answer is refused.
        var first = Assert.Single(outcomes.Where(o => o.Code == StatusCode.OK).Distinct());
        Assert.Equal(4, outcomes.Count(o => o.Code == StatusCode.OK));
        Assert.Equal(4, outcomes.Count(o => o.Code == StatusCode.FailedPrecondition));
        Assert.Equal(first.State, (await hub.GetReferralAsync(referral.Name)).State);
        var conflict = await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => hub.AnswerAsync(EmploymentCalls.Interested(referral.Name)));
        Assert.Equal((referral.Name, first.State.ToString().ToLowerInvariant()), (conflict.Metadata["resource"], conflict.Metadata["state"]));

        async Task<(StatusCode Code, Referral.Types.State State)> OutcomeAsync(AnswerReferralRequest request)
        {
            try { return (StatusCode.OK, (await hub.AnswerAsync(request)).State); }
            catch (RpcException e) { return (e.StatusCode, default); }
        }
    }

    [Fact]
    public async Task A_partner_answers_by_HTTP_and_JSON_as_well()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var referral = await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();

        using var response = await hub.Http("emploi").PostAsJsonAsync(
            $"/v1/{referral.Name}:answer", new { requestId = Household.NewId(), declined = new { reason = "DECLINE_REASON_ALREADY_KNOWN" } }, TestContext.Current.CancellationToken);

        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal(DeclineReason.AlreadyKnown, (await hub.GetReferralAsync(referral.Name)).DeclineReason);
    }

    [Fact]
    public async Task Referrals_are_listed_newest_first_page_by_page()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var made = new List<string>();
        for (var n = 0; n < 3; n++)
        {
            made.Insert(0, (await candidate.ReferAsync(n == 1 ? "interim" : "emploi")).Name);
            await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        var first = await hub.Referrals().ListReferralsAsync(new() { Case = candidate.Household.Case, PageSize = 2 });
        var second = await hub.Referrals().ListReferralsAsync(new() { Case = candidate.Household.Case, PageSize = 2, PageToken = first.NextPageToken });

        Assert.Equal(made, first.Referrals.Concat(second.Referrals).Select(r => r.Name));
        Assert.Equal("", second.NextPageToken);
        await HubError.OfAsync(ErrorReason.PageTokenInvalid, StatusCode.InvalidArgument, () => hub.Referrals().ListReferralsAsync(new() { PageToken = first.NextPageToken }).ResponseAsync);
    }
}
