using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Client;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Schooling;
using Passerelle.Tests.Support;
using ClockState = Passerelle.Contracts.Clocks.V1.Clock.Types.State;
using Decline = Passerelle.Contracts.Privacy.V1.RightsRequest.Types.DeclineReason;
using RightsState = Passerelle.Contracts.Privacy.V1.RightsRequest.Types.State;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Rights;

/// <summary>What persons may ask of the data about them: each right is done, in its time, and leaves a trace.</summary>
public sealed class PersonRightsTests(Postgres postgres)
{
    [Fact]
    public async Task A_request_has_a_month_and_its_clock_stops_when_it_is_closed()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var person = (await Household.OpenAsync(hub)).FirstAdult;
        var filed = await FileAsync(hub, person, Right.Access);
        Assert.Equal((RightsState.Open, ClockState.Running), (filed.State, filed.Clock.State));
        Assert.Equal(TimeSpan.FromDays(28), filed.Clock.DueTime.ToDateTimeOffset() - filed.CreateTime.ToDateTimeOffset());

        var closed = (await Rights(hub).CloseRightsRequestAsync(new() { Name = filed.Name })).Request;
        Assert.Equal((RightsState.Done, ClockState.Met), (closed.State, closed.Clock.State));
        Assert.Equal(closed, (await Rights(hub).CloseRightsRequestAsync(new() { Name = filed.Name })).Request);
        await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => Rights(hub).CloseRightsRequestAsync(new() { Name = filed.Name, DeclineReason = Decline.Excessive }).ResponseAsync);
        Assert.Empty((await Rights(hub).ListRightsRequestsAsync(new() { Person = person, Open = true })).Requests);

        var erasure = await FileAsync(hub, person, Right.Erasure);
        await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => Rights(hub).CloseRightsRequestAsync(new() { Name = erasure.Name }).ResponseAsync);
        Assert.Equal(RightsState.Declined, (await Rights(hub).CloseRightsRequestAsync(new() { Name = erasure.Name, DeclineReason = Decline.TakenBack })).Request.State);
    }

    [Fact]
    public async Task The_archive_holds_everything_and_its_manifest_proves_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var referral = await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        await hub.AnswerAsync(EmploymentCalls.Interested(referral.Name));
        await candidate.Household.FileRequestAsync(hub);

        var files = await DownloadAsync(hub, candidate.Person);
        Assert.Equal(["cv.json", "donnees.json", "manifeste.json"], files.Keys.Order());
        var data = JsonDocument.Parse(files["donnees.json"]).RootElement;
        Assert.Equal(["dossier", "droits", "emploi"], data.EnumerateObject().Select(p => p.Name).Order());
        Assert.Equal(Marker.Of("DEMANDE"), data.GetProperty("dossier").GetProperty("demandes")[0].GetProperty("texte").GetString());
        Assert.Equal(Marker.Of("MESSAGE"), data.GetProperty("emploi").GetProperty("mises_en_relation")[0].GetProperty("reponse").GetString());
        Assert.Equal("emploi", data.GetProperty("droits").GetProperty("communications")[0].GetProperty("destinataire").GetString());
        Assert.Equal(Candidate.Resume("CV"), System.Text.Encoding.UTF8.GetString(files["cv.json"]));

        var key = (await hub.QueryAsync(db => db.CertificateKeys.SingleAsync())).Shown;
        var manifest = JsonDocument.Parse(CertificateVerifier.Check(files["manifeste.json"], key).Payload!).RootElement;
        foreach (var file in manifest.GetProperty("fichiers").EnumerateArray())
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(files[file.GetProperty("nom").GetString()!])), file.GetProperty("sha256").GetString());
        Assert.Equal(2, manifest.GetProperty("fichiers").GetArrayLength());

        var portable = JsonDocument.Parse((await DownloadAsync(hub, candidate.Person, portable: true))["donnees.json"]).RootElement;
        Assert.Equal(0, portable.GetProperty("emploi").GetProperty("mises_en_relation").GetArrayLength());
    }

    [Fact]
    public async Task A_childs_archive_holds_its_documents_as_they_were_given()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var pdf = School.Pdf("LIVRET");
        var document = await School.UploadAsync(hub, household.Child, pdf);
        var files = await DownloadAsync(hub, household.Child);
        var (name, content) = Assert.Single(files, f => f.Key.StartsWith($"documents/{document["documents/".Length..]}", StringComparison.Ordinal));
        Assert.True(pdf.SequenceEqual(content), $"{name} is not what was given.");
        Assert.DoesNotContain(await DownloadAsync(hub, household.Child, portable: true), f => f.Key.StartsWith("documents/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_correction_is_seen_at_once_and_told_to_who_got_the_old()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        var asked = await FileAsync(hub, candidate.Person, Right.Rectification);
        var corrected = Household.AnAdult("CORRIGE");
        corrected.Name = candidate.Person;

        var recall = (await Rights(hub).RectifyPersonAsync(new() { RequestId = Household.NewId(), Person = corrected })).Recall;

        Assert.Equal(RecallReason.Rectified, (await new RecallService.RecallServiceClient(hub.As("crm")).GetRecallAsync(new() { Name = recall })).Recall.Reason);
        var read = (await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = candidate.Household.Case })).Members[0];
        Assert.Equal(corrected, read);
        Assert.Equal(RightsState.Done, (await Rights(hub).GetRightsRequestAsync(new() { Name = asked.Name })).Request.State);
        Assert.Equal([candidate.Person], (await FindAsync(hub, corrected.Email)).ToArray());
        Assert.Empty((await FindAsync(hub, Household.AnAdult("UN").Email)).ToArray());
        var child = Household.AChild("X");
        child.Name = candidate.Person;
        await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => Rights(hub).RectifyPersonAsync(new() { RequestId = Household.NewId(), Person = child }).ResponseAsync);
    }

    [Fact]
    public async Task What_is_restricted_is_neither_read_nor_sent_until_that_is_lifted()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var referral = await candidate.ReferAsync();
        var asked = await FileAsync(hub, candidate.Person, Right.Restriction);
        await Rights(hub).RestrictPersonAsync(new() { Name = candidate.Person });
        await Rights(hub).RestrictPersonAsync(new() { Name = candidate.Person });
        Assert.Equal(RightsState.Done, (await Rights(hub).GetRightsRequestAsync(new() { Name = asked.Name })).Request.State);
        await hub.RunAsync<DeliverDue>();

        Assert.Empty(hub.Partner.Received);
        Assert.Equal("PERSON_RESTRICTED", (await hub.GetExchangeAsync(referral.Exchange)).HoldReason);
        var member = (await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = candidate.Household.Case })).Members[0];
        Assert.Equal(new Person { Name = candidate.Person, Role = Person.Types.Role.Adult, Restricted = true }, member);
        await HubError.OfAsync(ErrorReason.PersonRestricted, StatusCode.FailedPrecondition, () => hub.Referrals().GetReferralAsync(new() { Name = referral.Name }).ResponseAsync);
        // What comes in is kept, and the person gets their own.
        await candidate.Household.FileRequestAsync(hub);
        await candidate.AttachCvAsync("NOUVEAU");
        Assert.Equal(Candidate.Resume("NOUVEAU"), System.Text.Encoding.UTF8.GetString((await DownloadAsync(hub, candidate.Person))["cv.json"]));

        await Rights(hub).LiftRestrictionAsync(new() { Name = candidate.Person });
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(referral.Exchange, Assert.Single(hub.Partner.Received).Exchange);
        Assert.NotEmpty((await hub.Referrals().GetReferralAsync(new() { Name = referral.Name })).Introduction);
    }

    [Fact]
    public async Task An_objection_holds_what_it_is_about_until_somebody_decides()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (first, second) = (await Household.OpenAsync(hub), await Household.OpenAsync(hub));
        // The ground of a referral is consent: that is withdrawn, not objected to.
        var refused = await HubError.OfAsync(ErrorReason.RightNotGiven, StatusCode.FailedPrecondition, () => FileAsync(hub, first.FirstAdult, Right.Objection, Purpose.EmploymentReferral));
        Assert.Equal("employment_referral", refused.Metadata["purpose"]);
        var (declined, upheld) = (await FileAsync(hub, first.Child, Right.Objection, Purpose.SchoolEnrolment), await FileAsync(hub, second.Child, Right.Objection, Purpose.SchoolEnrolment));
        var (one, other) = (await School.EnrolAsync(hub, first.Child), await School.EnrolAsync(hub, second.Child));
        Assert.Empty((await hub.Inbox("ecole").FetchExchangesAsync(new())).Envelopes);
        Assert.Equal((State.Held, "OBJECTION_PENDING"), ((await hub.GetExchangeAsync(one.Exchange)).State, (await hub.GetExchangeAsync(one.Exchange)).HoldReason));

        Assert.Equal(RightsState.Declined, (await Rights(hub).DecideObjectionAsync(new() { Name = declined.Name })).Request.State);
        var decided = await Rights(hub).DecideObjectionAsync(new() { Name = upheld.Name, Uphold = true });
        Assert.Equal((RightsState.Done, [other.Exchange]), (decided.Request.State, decided.Stopped.ToArray()), Comparer);
        Assert.Equal([one.Exchange], (await hub.Inbox("ecole").FetchExchangesAsync(new())).Envelopes.Select(e => e.Exchange));
        var later = await School.EnrolAsync(hub, second.Child);
        Assert.Empty((await hub.Inbox("ecole").FetchExchangesAsync(new())).Envelopes);
        Assert.Equal((State.Withdrawn, "OBJECTION"), ((await hub.GetExchangeAsync(later.Exchange)).State, (await hub.GetExchangeAsync(later.Exchange)).EndReason));
    }

    static readonly EqualityComparer<(RightsState, string[])> Comparer =
        EqualityComparer<(RightsState, string[])>.Create((x, y) => x.Item1 == y.Item1 && x.Item2.SequenceEqual(y.Item2), x => x.Item1.GetHashCode());

    [Fact]
    public async Task An_erasure_stops_recalls_and_destroys_and_its_certificate_says_so()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        var waiting = await candidate.ReferAsync(Candidate.Pull);
        await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => Rights(hub).GetErasureCertificateAsync(new() { Name = candidate.Person }).ResponseAsync);
        var asked = await FileAsync(hub, candidate.Person, Right.Erasure);

        var erased = await Rights(hub).ErasePersonAsync(new() { Name = candidate.Person });

        Assert.Equal(erased, await Rights(hub).ErasePersonAsync(new() { Name = candidate.Person }));
        Assert.Equal((State.Withdrawn, "PERSON_ERASED"), ((await hub.GetExchangeAsync(waiting.Exchange)).State, (await hub.GetExchangeAsync(waiting.Exchange)).EndReason));
        Assert.NotNull((await hub.Consents().GetConsentAsync(new() { Name = consent })).Consent.WithdrawTime);
        Assert.Equal(RightsState.Done, (await Rights(hub).GetRightsRequestAsync(new() { Name = asked.Name })).Request.State);
        Assert.True((await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = candidate.Household.Case })).Members[0].Erased);
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => DownloadAsync(hub, candidate.Person));
        Assert.Equal(0, await hub.QueryAsync(db => db.Cvs.CountAsync()));
        await hub.RunAsync<DeliverDue>();
        Assert.Equal("recall", hub.Partner.Received.Last().Kind);
        // The register outlives the person.
        Assert.Equal("partners/emploi", Assert.Single((await new DisclosureService.DisclosureServiceClient(hub.As("crm")).ReportRecipientsAsync(new() { Person = candidate.Person })).Recipients).Partner);

        var certificate = (await Rights(hub).GetErasureCertificateAsync(new() { Name = candidate.Person })).Certificate.ToByteArray();
        var key = (await hub.QueryAsync(db => db.CertificateKeys.SingleAsync())).Shown;
        var payload = JsonDocument.Parse(CertificateVerifier.Check(certificate, key).Payload!).RootElement;
        Assert.Equal(candidate.Person, payload.GetProperty("personne").GetString());
        Assert.Equal("Sans réponse à ce jour.", payload.GetProperty("rappels")[0].GetProperty("destinataires")[0].GetProperty("reponse").GetString());
    }

    [Fact]
    public async Task What_the_law_demands_is_not_erased_on_request()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        await School.EnrolAsync(hub, household.Child);
        await School.ReceiveAsync(hub);
        var refused = await HubError.OfAsync(ErrorReason.RightNotGiven, StatusCode.FailedPrecondition, () => Rights(hub).ErasePersonAsync(new() { Name = household.Child }).ResponseAsync);
        Assert.Equal((household.Child, "erasure", "school_enrolment"), (refused.Metadata["person"], refused.Metadata["right"], refused.Metadata["purpose"]));
        Assert.False((await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = household.Case })).Members[2].Erased);
    }

    static PersonRightsService.PersonRightsServiceClient Rights(HubHost hub) => new(hub.As("crm"));

    static async Task<RightsRequest> FileAsync(HubHost hub, string person, Right right, Purpose purpose = 0) =>
        (await Rights(hub).FileRightsRequestAsync(new() { RequestId = Household.NewId(), Person = person, Right = right, Purpose = purpose })).Request;

    static async Task<IEnumerable<string>> FindAsync(HubHost hub, string email) =>
        (await new CaseService.CaseServiceClient(hub.As("crm")).FindPersonsAsync(new() { Email = email })).Matches.Select(p => p.Person);

    static async Task<Dictionary<string, byte[]>> DownloadAsync(HubHost hub, string person, bool portable = false)
    {
        using var call = Rights(hub).DownloadPersonArchive(new() { Name = person, PortableOnly = portable });
        using var zip = new MemoryStream();
        while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            if (call.ResponseStream.Current.ItemCase == DownloadPersonArchiveResponse.ItemOneofCase.Chunk) call.ResponseStream.Current.Chunk.WriteTo(zip);
        zip.Position = 0;
        await using var archive = await ZipArchive.CreateAsync(zip, ZipArchiveMode.Read, leaveOpen: true, entryNameEncoding: null);
        var files = new Dictionary<string, byte[]>();
        foreach (var entry in archive.Entries)
        {
            using var content = new MemoryStream();
            await using (var stream = await entry.OpenAsync()) await stream.CopyToAsync(content);
            files[entry.FullName] = content.ToArray();
        }

        return files;
    }
}
