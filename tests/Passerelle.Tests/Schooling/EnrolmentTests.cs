using Grpc.Core;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Contracts.Schooling.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Support;
using static Passerelle.Contracts.Schooling.V1.Document.Types;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;
using Exchange = Passerelle.Contracts.Exchanges.V1.Exchange;
using ExchangeService = Passerelle.Contracts.Exchanges.V1.ExchangeService;

namespace Passerelle.Tests.Schooling;

public sealed class EnrolmentTests(Postgres postgres)
{
    [Fact]
    public async Task A_file_goes_to_the_school_is_completed_on_demand_and_accepted_each_round_with_its_own_window()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        byte[][] contents = [School.Pdf("UN"), School.Pdf("DEUX"), School.Pdf("TROIS")];
        var first = await School.UploadAsync(hub, household.Child, contents[0]);
        var second = await School.UploadAsync(hub, household.Child, contents[1], Kind.ProofOfAddress);

        var created = await School.EnrolAsync(hub, household.Child, second, first);
        Assert.Equal(Enrolment.Types.State.Submitted, created.State);
        Assert.Equal([second, first], created.Documents);

        // The school receives the file and fetches both documents.
        var file = await School.ReceiveAsync(hub);
        Assert.Equal((created.Name, household.Child, Marker.Of("PRENOM-TROIS")), (file.Enrolment, file.Pupil.Person, file.Pupil.GivenName));
        Assert.Equal([household.FirstAdult, household.SecondAdult], file.Guardians.Select(g => g.Person));
        Assert.Equal((Level.Cp, new Google.Type.Date { Year = 2027, Month = 9, Day = 1 }, Marker.Of("ECOLE-AVANT")), (file.Level, file.StartDate, file.PreviousSchool));
        Assert.Equal([second, first], file.Documents.Select(d => d.Name));
        foreach (var (name, content) in new[] { (first, contents[0]), (second, contents[1]) })
        {
            var (document, downloaded) = await School.DownloadAsync(hub, "ecole", name);
            Assert.Equal(file.Documents.Single(d => d.Name == name), document);
            Assert.Equal(content, downloaded);
            Assert.Equal(System.Security.Cryptography.SHA256.HashData(downloaded), document.Sha256.ToByteArray());
        }

        // It asks for more: that is its answer, and stops the first window.
        var incomplete = await School.AnswerAsync(hub, School.Missing(created.Name, Kind.VaccinationRecord, Kind.VaccinationRecord));
        Assert.Equal((Enrolment.Types.State.Incomplete, created.Exchange), (incomplete.State, incomplete.Exchange));
        Assert.Equal([Kind.VaccinationRecord], incomplete.MissingKinds);
        var firstRound = await School.ExchangeAsync(hub, created.Exchange);
        Assert.Equal((Exchange.Types.State.Answered, "documents_missing", Clock.Types.State.Met), (firstRound.State, firstRound.AnswerCode, firstRound.Window.State));
        Assert.Equal(firstRound.AnswerTime, incomplete.AnswerTime);
        Assert.Equal(Marker.Of("MANQUE"), (await School.Enrolments(hub, "crm").GetEnrolmentAsync(new() { Name = created.Name })).AnswerMessage);

        // What was missing is added: a new exchange, and a new window once it is delivered.
        var third = await School.UploadAsync(hub, household.Child, contents[2], Kind.VaccinationRecord);
        var completed = await School.CompleteAsync(hub, created.Name, third);
        Assert.Equal((Enrolment.Types.State.Submitted, null), (completed.State, completed.AnswerTime));
        Assert.Empty(completed.MissingKinds);
        Assert.NotEqual(created.Exchange, completed.Exchange);
        Assert.Null((await School.ExchangeAsync(hub, completed.Exchange)).Window);
        Assert.Equal([second, first, third], (await School.ReceiveAsync(hub)).Documents.Select(d => d.Name));
        var secondWindow = (await School.ExchangeAsync(hub, completed.Exchange)).Window;
        Assert.Equal((Clock.Types.State.Running, TimeSpan.FromHours(48)), (secondWindow.State, (secondWindow.DueTime - secondWindow.StartTime).ToTimeSpan()));
        Assert.True(secondWindow.StartTime > firstRound.Window.StartTime);

        var accepted = await School.AnswerAsync(hub, School.Accepted(created.Name));
        Assert.Equal(Enrolment.Types.State.Accepted, accepted.State);
        Assert.Equal(accepted, await School.GetAsync(hub, created.Name, "ecole"));
        Assert.Equal(Clock.Types.State.Met, (await School.ExchangeAsync(hub, completed.Exchange)).Window.State);
        Assert.Equal(
            ["case.opened ", "document.uploaded family_record", "document.uploaded proof_of_address", "enrolment.created ", "exchange.queued enrolment", "exchange.delivered ",
             "document.downloaded ", "document.downloaded ", "exchange.answered documents_missing", "document.uploaded vaccination_record", "enrolment.completed ",
             "exchange.queued enrolment", "exchange.delivered ", "exchange.answered accepted"],
            (await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = household.Case })).Timeline.Select(e => $"{e.Type} {e.Detail}"));
        await AssertDisclosedAsync(hub, household.Child, (completed.Exchange, "enrolment_file"), (created.Exchange, "document"), (created.Exchange, "document"), (created.Exchange, "enrolment_file"));
        await AssertDisclosedAsync(hub, household.FirstAdult, (completed.Exchange, "enrolment_file"), (created.Exchange, "enrolment_file"));
        await AssertDisclosedAsync(hub, household.SecondAdult, (completed.Exchange, "enrolment_file"), (created.Exchange, "enrolment_file"));
    }

    [Fact]
    public async Task A_refusal_has_its_reason_and_ends_the_enrolment()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var created = await School.EnrolAsync(hub, household.Child);
        await School.ReceiveAsync(hub);

        var refused = await School.AnswerAsync(hub, School.Refused(created.Name));

        Assert.Equal((Enrolment.Types.State.Refused, RefusalReason.OutOfSector), (refused.State, refused.RefusalReason));
        Assert.Equal("refused", (await School.ExchangeAsync(hub, created.Exchange)).AnswerCode);
        await School.RefusedAsync(hub, ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => School.AnswerAsync(hub, School.Accepted(created.Name)));
    }

    [Fact]
    public async Task A_late_answer_is_kept_and_its_window_is_missed()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var created = await School.EnrolAsync(hub, household.Child);
        await School.ReceiveAsync(hub);
        await hub.Time.FreezeAsync((await School.ExchangeAsync(hub, created.Exchange)).Window.DueTime.ToDateTimeOffset() + TimeSpan.FromMicroseconds(1));
        await hub.RunAsync<FireClocks>();

        Assert.Equal(Enrolment.Types.State.Accepted, (await School.AnswerAsync(hub, School.Accepted(created.Name))).State);

        Assert.Equal(Clock.Types.State.Missed, (await School.ExchangeAsync(hub, created.Exchange)).Window.State);
    }

    [Fact]
    public async Task A_file_is_answered_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var created = await School.EnrolAsync(hub, household.Child);
        await School.ReceiveAsync(hub);
        var answer = School.Accepted(created.Name);
        var accepted = await School.AnswerAsync(hub, answer);

        Assert.Equal(accepted, await School.AnswerAsync(hub, answer));
        await School.RefusedAsync(hub, ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => School.AnswerAsync(hub, School.Refused(created.Name)));
        var refused = School.Refused(created.Name);
        refused.RequestId = answer.RequestId;
        await School.RefusedAsync(hub, ErrorReason.RequestIdReused, StatusCode.AlreadyExists, () => School.AnswerAsync(hub, refused));
    }

    [Fact]
    public async Task Nothing_is_completed_that_the_school_did_not_ask_for()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var document = await School.UploadAsync(hub, household.Child, School.Pdf("UN"));
        var created = await School.EnrolAsync(hub, household.Child);
        await ConflictAsync();
        await School.ReceiveAsync(hub);
        await ConflictAsync();
        await School.AnswerAsync(hub, School.Missing(created.Name, Kind.FamilyRecord));
        await School.CompleteAsync(hub, created.Name, document);
        await ConflictAsync();

        Task ConflictAsync() => School.RefusedAsync(hub, ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => School.CompleteAsync(hub, created.Name, document));
    }

    [Fact]
    public async Task An_equal_repeat_is_one_enrolment_and_one_exchange()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var request = School.EnrolmentOf(household.Child, await School.UploadAsync(hub, household.Child, School.Pdf("UN")));

        var tries = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ => await School.Enrolments(hub, "crm").CreateEnrolmentAsync(request)));

        Assert.Equal((await School.Enrolments(hub, "crm").ListEnrolmentsAsync(new())).Enrolments, [Assert.Single(tries.Distinct()).Enrolment]);
        Assert.Single((await new ExchangeService.ExchangeServiceClient(hub.As("crm")).ListExchangesAsync(new())).Exchanges);
        request.Level = Level.Ce1;
        await School.RefusedAsync(hub, ErrorReason.RequestIdReused, StatusCode.AlreadyExists, async () => await School.Enrolments(hub, "crm").CreateEnrolmentAsync(request));
    }

    [Fact]
    public async Task Answers_of_two_clerks_at_once_are_one_answer()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var created = await School.EnrolAsync(hub, household.Child);
        await School.ReceiveAsync(hub);

        var tries = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            try { return await School.AnswerAsync(hub, i % 2 == 0 ? School.Accepted(created.Name) : School.Missing(created.Name, Kind.Other)); }
            catch (RpcException e) when (HubError.Of(e).Reason == "STATE_CONFLICT") { return null; }
        }));

        Assert.Equal(await School.GetAsync(hub, created.Name), Assert.Single(tries, t => t is not null));
    }

    [Fact]
    public async Task What_is_claimed_but_not_sent_yet_cannot_be_answered()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var created = await School.EnrolAsync(hub, household.Child);
        await School.ReceiveAsync(hub);
        await School.AnswerAsync(hub, School.Missing(created.Name, Kind.Other));
        await School.CompleteAsync(hub, created.Name, await School.UploadAsync(hub, household.Child, School.Pdf("UN")));
        await ConflictAsync();
        await hub.ExecuteAsync("update exchanges set state = 'sending', generation = 1 where state = 'queued'");
        await ConflictAsync();

        Task ConflictAsync() => School.RefusedAsync(hub, ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => School.AnswerAsync(hub, School.Accepted(created.Name)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_school_that_answers_has_the_file_whatever_became_of_the_call_that_brought_it(bool duringTheCall)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ExecuteAsync("update partners set delivery = 'push', push_address = 'http://ecole.invalid' where id = 'ecole'");
        var household = await Household.OpenAsync(hub);
        var created = await School.EnrolAsync(hub, household.Child);
        hub.Partner.Next(async _ =>
        {
            if (duringTheCall) await School.AnswerAsync(hub, School.Accepted(created.Name));
            return new SendOutcome.NotYet("DEADLINE_EXCEEDED");
        });
        await hub.RunAsync<DeliverDue>();
        if (!duringTheCall) await School.AnswerAsync(hub, School.Accepted(created.Name));

        var answered = await School.ExchangeAsync(hub, created.Exchange);
        Assert.Equal((Exchange.Types.State.Answered, Clock.Types.State.Met), (answered.State, answered.Window.State));
        await hub.Time.AdvanceAsync(TimeSpan.FromDays(1));
        await hub.RunAsync<DeliverDue>();
        Assert.Single(hub.Partner.Received);
    }

    static async Task AssertDisclosedAsync(HubHost hub, string person, params (string Exchange, string Category)[] expected)
    {
        var register = await new DisclosureService.DisclosureServiceClient(hub.As("crm")).ListDisclosuresAsync(new() { Person = person });
        Assert.All(register.Disclosures, d => Assert.Equal(("partners/ecole", Disclosure.Types.Ground.PublicTask, ""), (d.Partner, d.Ground, d.Consent)));
        Assert.Equal(expected, register.Disclosures.Select(d => (d.Exchange, d.Category)));
    }
}
