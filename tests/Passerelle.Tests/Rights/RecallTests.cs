using System.Text;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Client;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Platform.Alarms;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Exchanges;
using Passerelle.Tests.Support;
using EscalateRecalls = Passerelle.Hub.Rights.EscalateRecalls;
using RecallNotice = Passerelle.Contracts.Privacy.V1.RecallNotice;
using RecallOutcome = Passerelle.Contracts.Privacy.V1.RecallOutcome;
using RecallReason = Passerelle.Contracts.Privacy.V1.RecallReason;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Rights;

/// <summary>Whoever got the data is asked to let it go, and what became of that can be proved.</summary>
public sealed class RecallTests(Postgres postgres)
{
    [Fact]
    public async Task A_withdrawal_stops_what_has_not_left_at_once_and_recalls_what_has()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        var sent = await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        var waiting = await candidate.ReferAsync(Candidate.Pull);

        var withdrawn = await hub.Consents().WithdrawConsentAsync(new() { Name = consent });

        Assert.Equal([waiting.Exchange], withdrawn.Stopped);
        Assert.Empty(withdrawn.InFlight);
        // Nobody had to look at it: neither may it leave, nor is the partner chased for an answer about what it must let go.
        Assert.Equal((State.Withdrawn, "CONSENT_MISSING"), ((await hub.GetExchangeAsync(waiting.Exchange)).State, (await hub.GetExchangeAsync(waiting.Exchange)).EndReason));
        Assert.Equal(State.Withdrawn, (await hub.GetExchangeAsync(sent.Exchange)).State);
        await hub.RunAsync<DeliverDue>();
        var envelope = hub.Partner.Received.Last();
        var notice = envelope.Payload.Unpack<RecallNotice>();
        Assert.Equal(("recall", candidate.Person, RecallReason.Withdrawn), (envelope.Kind, notice.Person, notice.Reason));
        Assert.Equal([sent.Exchange], notice.Exchanges);

        var recall = await GetAsync(hub, withdrawn.Recall);
        Assert.Equal((consent, "partners/emploi", null), (recall.Consent, Assert.Single(recall.Recipients).Partner, recall.CloseTime));
        Assert.Equal(["partners/emploi"], await RecipientsAsync(hub, candidate.Person));
        await AnswerAsync(hub, notice.Name);
        Assert.NotNull((await GetAsync(hub, withdrawn.Recall)).CloseTime);
        Assert.Empty(await RecipientsAsync(hub, candidate.Person));
        Assert.Equal(["recall.opened", "recall.answered", "recall.closed"], (await candidate.TimelineAsync()).Where(t => t.StartsWith("recall.", StringComparison.Ordinal)));
        // Repeating it is harmless, and opens nothing anew.
        Assert.Empty((await hub.Consents().WithdrawConsentAsync(new() { Name = consent })).Recall);
    }

    [Fact]
    public async Task A_recall_leaves_though_the_persons_data_is_restricted()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        var recall = (await hub.Consents().WithdrawConsentAsync(new() { Name = consent })).Recall;
        await new PersonRightsService.PersonRightsServiceClient(hub.As("crm")).RestrictPersonAsync(new() { Name = candidate.Person });

        await hub.RunAsync<DeliverDue>();

        Assert.Equal("recall", hub.Partner.Received.Last().Kind);
        Assert.NotNull(Assert.Single((await GetAsync(hub, recall)).Recipients).DeliveryTime);
    }

    [Fact]
    public async Task What_is_on_its_way_at_the_withdrawal_is_named_and_recalled_and_not_tried_again()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        var referral = await candidate.ReferAsync();
        WithdrawConsentResponse? withdrawn = null;
        hub.Partner.Next(async _ =>
        {
            withdrawn = await hub.Consents().WithdrawConsentAsync(new() { Name = consent });
            return new SendOutcome.NotYet("UNAVAILABLE");
        });
        await hub.RunAsync<DeliverDue>();

        Assert.Empty(withdrawn!.Stopped);
        Assert.Equal([referral.Exchange], withdrawn.InFlight);
        Assert.NotEmpty(withdrawn.Recall);
        await hub.ExecuteAsync("update exchanges set due_time = hub_now() where due_time is not null");
        await hub.RunAsync<DeliverDue>();
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(State.Withdrawn, (await hub.GetExchangeAsync(referral.Exchange)).State);
        Assert.Equal(["referral", "recall"], hub.Partner.Received.Select(e => e.Kind));
    }

    [Fact]
    public async Task Another_consent_that_allows_it_keeps_it_going()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var (general, own) = (await candidate.ConsentAsync(), await candidate.ConsentAsync("partners/emploi"));
        var (referral, other) = (await candidate.ReferAsync(), await candidate.ReferAsync(Candidate.Pull));

        var withdrawn = await hub.Consents().WithdrawConsentAsync(new() { Name = general });

        Assert.Equal([other.Exchange], withdrawn.Stopped);
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(referral.Exchange, Assert.Single(hub.Partner.Received).Exchange);
        Assert.NotEqual(general, own);
    }

    [Fact]
    public async Task A_recall_goes_to_a_partner_without_an_agreement_and_before_what_is_held_for_want_of_one()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var first = await Candidate.NewAsync(hub);
        await first.AttachCvAsync();
        var consent = await first.ConsentAsync();
        await first.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        await hub.EndAgreementsAsync("emploi");
        var second = first with { Household = first.Household with { FirstAdult = first.Household.SecondAdult } };
        await second.AttachCvAsync();
        await second.ConsentAsync();
        var held = await second.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(State.Held, (await hub.GetExchangeAsync(held.Exchange)).State);

        await hub.Consents().WithdrawConsentAsync(new() { Name = consent });
        await hub.RunAsync<DeliverDue>();

        Assert.Equal(["referral", "recall"], hub.Partner.Received.Select(e => e.Kind));
        Assert.Equal(State.Held, (await hub.GetExchangeAsync(held.Exchange)).State);
    }

    [Fact]
    public async Task Who_does_not_answer_in_time_is_escalated_once_whether_it_was_reached_or_not()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.Contains("recall_unanswered", StringComparison.Ordinal);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        await candidate.ReferAsync();
        await candidate.ReferAsync(Candidate.Pull);
        await hub.RunAsync<DeliverDue>();
        Assert.Single((await Referring.ItemsAsync(hub)).Given());
        var recall = (await hub.Consents().WithdrawConsentAsync(new() { Name = consent })).Recall;
        hub.Partner.Always = (_, _) => Task.FromResult<SendOutcome>(new SendOutcome.NotYet("UNAVAILABLE", Contact: Contact.Missed));
        await hub.RunAsync<DeliverDue>();
        await hub.RunAsync<EscalateRecalls>();
        Assert.All((await GetAsync(hub, recall)).Recipients, r => Assert.Null(r.EscalateTime));

        var due = (await GetAsync(hub, recall)).Recipients[0].DueTime.ToDateTimeOffset();
        await hub.Time.FreezeAsync(due);
        await hub.RunAsync<EscalateRecalls>();
        await hub.RunAsync<EscalateRecalls>();

        var open = await GetAsync(hub, recall);
        Assert.Equal(["partners/emploi", "partners/interim"], open.Recipients.Select(r => r.Partner));
        Assert.All(open.Recipients, r => Assert.Equal(due, r.EscalateTime.ToDateTimeOffset()));
        Assert.Equal(2, (await candidate.TimelineAsync()).Count(t => t == "recall.escalated"));
        var watchman = hub.Services.GetService(typeof(Watchman)) as Watchman;
        for (var i = 0; i < 2; i++) await watchman!.LookAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, (await hub.QueryAsync(db => db.Alarms.SingleAsync(a => a.Name == "recall_unanswered" && a.ClearTime == null))).Count);
        // A late answer counts.
        var fetched = (await Referring.ItemsAsync(hub)).Where(i => i.Envelope?.Kind == "recall").Select(i => i.Envelope.Payload.Unpack<RecallNotice>()).Single();
        await AnswerAsync(hub, fetched.Name, "interim", RecallOutcome.KeptByLaw);
        Assert.Equal(RecallOutcome.KeptByLaw, (await GetAsync(hub, recall)).Recipients[1].Outcome);
    }

    [Fact]
    public async Task Only_the_recipient_answers_once_and_only_what_it_was_told()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        var recall = (await hub.Consents().WithdrawConsentAsync(new() { Name = consent })).Recall;
        var notice = (await GetAsync(hub, recall)).Recipients[0].Name;

        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => AnswerAsync(hub, notice));
        await hub.RunAsync<DeliverDue>();
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => AnswerAsync(hub, notice, "interim"));
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => AnswerAsync(hub, $"recallNotices/{Guid.Empty}"));
        await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => AnswerAsync(hub, notice, outcome: RecallOutcome.Unspecified));
        await AnswerAsync(hub, notice);
        await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => AnswerAsync(hub, notice, outcome: RecallOutcome.KeptForClaims));
    }

    [Fact]
    public async Task A_correction_is_told_to_every_recipient_and_to_nobody_where_there_is_none()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => RectifyAsync(hub, candidate.Person));
        await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        var recall = await RectifyAsync(hub, candidate.Person);
        Assert.Equal((RecallReason.Rectified, 1), (recall.Reason, recall.Recipients.Count));
        // It goes on: the person still consents.
        Assert.Equal(["partners/emploi"], await RecipientsAsync(hub, candidate.Person));
    }

    [Fact]
    public async Task A_certificate_is_checked_without_the_hub_and_any_change_shows()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        var recall = (await hub.Consents().WithdrawConsentAsync(new() { Name = consent })).Recall;
        await hub.RunAsync<DeliverDue>();
        await AnswerAsync(hub, (await GetAsync(hub, recall)).Recipients[0].Name);

        var certificate = (await Recalls(hub).GetRecallCertificateAsync(new() { Name = recall })).Certificate.ToByteArray();
        var key = (await hub.QueryAsync(db => db.CertificateKeys.SingleAsync())).Shown;

        var check = CertificateVerifier.Check(certificate, key);
        Assert.Null(check.Problem);
        Assert.Contains("C'est fait, partout où les données étaient allées.", check.Payload!, StringComparison.Ordinal);
        Assert.Contains(recall, check.Payload!, StringComparison.Ordinal);
        var text = Encoding.UTF8.GetString(certificate);
        var payload = System.Text.Json.JsonDocument.Parse(text).RootElement.GetProperty("payload").GetString()!;
        var forged = Convert.ToBase64String(Encoding.UTF8.GetBytes(check.Payload!.Replace("partners/emploi", "partners/autre", StringComparison.Ordinal)));
        Assert.Equal("It was changed after it was signed.", CertificateVerifier.Check(Encoding.UTF8.GetBytes(text.Replace(payload, forged, StringComparison.Ordinal)), key).Problem);
        Assert.Equal("It was signed with another key.", CertificateVerifier.Check(certificate, "whpk_" + Convert.ToBase64String(Convert.FromHexString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))).Problem);
        Assert.Equal("It is no certificate.", CertificateVerifier.Check("{}"u8, key).Problem);
        Assert.Throws<ArgumentException>(() => CertificateVerifier.Check(certificate, "whpk_"));
    }

    static RecallService.RecallServiceClient Recalls(HubHost hub, string caller = "crm") => new(hub.As(caller));

    static async Task<Recall> GetAsync(HubHost hub, string name) => (await Recalls(hub).GetRecallAsync(new() { Name = name })).Recall;

    static async Task<Recall> RectifyAsync(HubHost hub, string person) => (await Recalls(hub).RecallRectifiedAsync(new() { RequestId = Household.NewId(), Person = person })).Recall;

    static async Task AnswerAsync(HubHost hub, string notice, string partner = Candidate.Push, RecallOutcome outcome = RecallOutcome.Done) =>
        await Recalls(hub, partner).AnswerRecallAsync(new() { RequestId = Household.NewId(), Name = notice, Outcome = outcome });

    static async Task<IEnumerable<string>> RecipientsAsync(HubHost hub, string person) =>
        (await new DisclosureService.DisclosureServiceClient(hub.As("crm")).ReportRecipientsAsync(new() { Person = person })).Recipients.Select(r => r.Partner);
}
