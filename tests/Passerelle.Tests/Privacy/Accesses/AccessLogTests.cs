using System.Net;
using Grpc.Core;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Contracts.Schooling.V1;
using Passerelle.Hub.Privacy.Accesses;
using Passerelle.Tests.Platform.Chains;
using Passerelle.Tests.Schooling;
using Passerelle.Tests.Support;
using AccessPurpose = Passerelle.Contracts.Privacy.V1.AccessPurpose;
using AccessService = Passerelle.Contracts.Privacy.V1.AccessService;
using PersonRightsService = Passerelle.Contracts.Privacy.V1.PersonRightsService;

namespace Passerelle.Tests.Privacy.Accesses;

public sealed class AccessLogTests(Postgres postgres)
{
    /// <summary>For every RPC that gives persons' data, a call that does, and whose data it gives. One that is new has to be added here.</summary>
    static readonly Dictionary<string, Func<Scene, CallInvoker, Task<string[]>>> Reads = new()
    {
        ["/passerelle.cases.v1.CaseService/GetCase"] = async (scene, invoker) =>
        {
            var read = await new CaseService.CaseServiceClient(invoker).GetCaseAsync(new() { Name = scene.Household.Case });
            return [.. read.Members.Select(m => m.Name)];
        },
        ["/passerelle.cases.v1.RequestService/GetRequest"] = async (scene, invoker) =>
            [(await new RequestService.RequestServiceClient(invoker).GetRequestAsync(new() { Name = scene.Request })).Request.Person],
        ["/passerelle.employment.v1.ReferralService/GetReferral"] = async (scene, invoker) =>
            [(await new Passerelle.Contracts.Employment.V1.ReferralService.ReferralServiceClient(invoker).GetReferralAsync(new() { Name = scene.Referral })).Referral.Person],
        ["/passerelle.schooling.v1.EnrolmentService/GetEnrolment"] = async (scene, invoker) =>
            [(await new EnrolmentService.EnrolmentServiceClient(invoker).GetEnrolmentAsync(new() { Name = scene.Enrolment })).Enrolment.Person],
        ["/passerelle.schooling.v1.DocumentService/DownloadDocument"] = async (scene, invoker) =>
        {
            using var call = new DocumentService.DocumentServiceClient(invoker).DownloadDocument(new() { Name = scene.Document });
            Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
            return [call.ResponseStream.Current.Document.Person];
        },
        ["/passerelle.housing.v1.VisitDayService/GetVisitDay"] = async (scene, invoker) =>
            [(await new VisitDayService.VisitDayServiceClient(invoker).GetVisitDayAsync(new() { Name = scene.VisitDay })).Day.Contact],
        ["/passerelle.housing.v1.VisitDayService/GetVisitDayCalendar"] = async (scene, invoker) =>
        {
            await new VisitDayService.VisitDayServiceClient(invoker).GetVisitDayCalendarAsync(new() { Name = scene.VisitDay });
            return [scene.Household.FirstAdult];
        },
        ["/passerelle.housing.v1.VisitDayService/GetVisitDaySheet"] = async (scene, invoker) =>
        {
            await new VisitDayService.VisitDayServiceClient(invoker).GetVisitDaySheetAsync(new() { Name = scene.VisitDay });
            return [scene.Household.FirstAdult];
        },
        ["/passerelle.privacy.v1.PersonRightsService/DownloadPersonArchive"] = async (scene, invoker) =>
        {
            using var call = new PersonRightsService.PersonRightsServiceClient(invoker).DownloadPersonArchive(new() { Name = scene.Household.FirstAdult });
            while (await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken)) { }
            return [scene.Household.FirstAdult];
        },
        ["/passerelle.privacy.v1.AccessService/ListAccesses"] = async (scene, invoker) =>
        {
            await new AccessService.AccessServiceClient(invoker).ListAccessesAsync(new() { Person = scene.Household.Child });
            return [scene.Household.Child];
        },
    };

    [Fact]
    public void Every_RPC_that_gives_persons_data_is_tried_here() => Assert.Equal(PersonalReads.All.Order(), Reads.Keys.Order());

    [Fact]
    public async Task Every_read_of_persons_data_leaves_an_entry_for_each_of_them()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var scene = await Scene.SetAsync(hub);
        foreach (var (method, read) in Reads)
        {
            var before = (await Entries.SequencesAsync(hub)).Count;
            var persons = await read(scene, hub.BareAs("crm").Saying((AccessReason.PurposeHeader, "supervision"), (AccessReason.ActorHeader, "conseiller-7")));
            var entries = (await hub.QueryAsync(db => Task.FromResult(db.AccessEntries.OrderBy(e => e.Sequence).ToList())))[before..];
            Assert.NotEmpty(persons);
            Assert.Equal(persons.Order(), entries.Select(e => $"persons/{e.PersonId}").Order());
            Assert.All(entries, e => Assert.Equal(
                (method[1..], "crm", "conseiller-7", Hub.Privacy.Accesses.AccessPurpose.Supervision, null), (e.Method, e.CallerId, e.Actor, e.Purpose, e.PartnerId)));
            if (!method.EndsWith("ListAccesses", StringComparison.Ordinal)) Assert.All(entries, e => Assert.Equal(scene.Household.Case, $"cases/{e.CaseId}"));
        }

        Assert.True((await Entries.VerifyAsync(hub)).IsWhole);
    }

    [Fact]
    public async Task A_call_that_reads_persons_data_says_why_or_reads_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var scene = await Scene.SetAsync(hub);
        var before = (await Entries.SequencesAsync(hub)).Count;
        foreach (var (_, read) in Reads)
        {
            // None; one that is no word; one that follows from who calls; two at once.
            string[][] wrong = [[], ["curiosity"], ["partner"], ["case_handling", "incident"]];
            foreach (var purposes in wrong)
            {
                var invoker = hub.BareAs("crm").Saying([.. purposes.Select(p => (AccessReason.PurposeHeader, p))]);
                var error = await HubError.OfAsync(ErrorReason.AccessPurposeMissing, StatusCode.InvalidArgument, () => read(scene, invoker));
                Assert.Contains("case_handling", error.Metadata["purposes"], StringComparison.Ordinal);
            }

            foreach (var actor in new[] { "Camille Exemple", "camille@exemple.fr", new string('a', 101) })
            {
                var invoker = hub.BareAs("crm").Saying((AccessReason.PurposeHeader, "incident"), (AccessReason.ActorHeader, actor));
                Assert.Equal([AccessReason.ActorHeader], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => read(scene, invoker))).Fields);
            }
        }

        Assert.Equal(before, (await Entries.SequencesAsync(hub)).Count);
        // What reads nothing of persons is not asked.
        await new CaseService.CaseServiceClient(hub.BareAs("crm")).GetCaseStatusAsync(new() { Name = scene.Household.Case });
        await new CaseService.CaseServiceClient(hub.BareAs("crm")).ListCasesAsync(new());
    }

    [Fact]
    public async Task Over_HTTP_the_same_is_said_in_headers()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        using var http = hub.Http("crm");
        http.DefaultRequestHeaders.Add("passerelle-actor", "conseiller-9");
        using (var read = await http.GetAsync(new Uri($"/v1/{household.Case}", UriKind.Relative))) Assert.Equal(HttpStatusCode.OK, read.StatusCode);
        Assert.All(await Accesses.OfPersonsAsync(hub), a => Assert.Equal(("conseiller-9", AccessPurpose.CaseHandling, household.Case), (a.Actor, a.Purpose, a.Resource)));

        http.DefaultRequestHeaders.Remove("passerelle-purpose");
        using var refused = await http.GetAsync(new Uri($"/v1/{household.Case}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("ACCESS_PURPOSE_MISSING", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_partner_need_not_say_why_and_is_in_the_log_as_a_partner()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var document = await School.UploadAsync(hub, household.Child, School.Pdf("UN"));
        var enrolment = await School.EnrolAsync(hub, household.Child, document);
        await School.ReceiveAsync(hub);
        using (var call = new DocumentService.DocumentServiceClient(hub.BareAs("ecole")).DownloadDocument(new() { Name = document })) Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        await new EnrolmentService.EnrolmentServiceClient(hub.BareAs("ecole")).GetEnrolmentAsync(new() { Name = enrolment.Name });

        Assert.Equal(
            [("partners/ecole", household.Child, household.Case, document, AccessPurpose.Partner), ("partners/ecole", household.Child, household.Case, enrolment.Name, AccessPurpose.Partner)],
            (await Accesses.OfPersonsAsync(hub)).Select(a => (a.Partner, a.Person, a.Case, a.Resource, a.Purpose)));
        await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, async () => await new AccessService.AccessServiceClient(hub.BareAs("ecole")).ListAccessesAsync(new()));
    }

    [Fact]
    public async Task A_read_that_fails_half_way_is_in_the_log()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.Contains("GetCase failed", StringComparison.Ordinal);
        var household = await Household.OpenAsync(hub);
        await hub.ExecuteAsync("update persons set profile = set_byte(profile, 20, get_byte(profile, 20) # 1)");
        await HubError.OfAsync(ErrorReason.Internal, StatusCode.Internal, async () => await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = household.Case }));
        Assert.Equal(3, (await Accesses.OfPersonsAsync(hub)).Count);
    }

    [Fact]
    public async Task Nothing_leaves_while_the_log_cannot_be_written()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var cases = new CaseService.CaseServiceClient(hub.As("crm"));
        await cases.GetCaseAsync(new() { Name = household.Case });
        await hub.OutageAsync("chains", "true");
        await HubError.OfAsync(ErrorReason.StorageUnavailable, StatusCode.Unavailable, async () => await cases.GetCaseAsync(new() { Name = household.Case }));
        await hub.OutageEndsAsync("chains");
        await cases.GetCaseAsync(new() { Name = household.Case });
        Assert.Equal([1, 2, 3, 4, 5, 6], (await Accesses.OfPersonsAsync(hub)).Select(a => a.Sequence));
    }

    [Fact]
    public async Task Many_reads_at_once_leave_one_whole_chain_with_an_entry_for_each()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var cases = new CaseService.CaseServiceClient(hub.As("crm"));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => cases.GetCaseAsync(new() { Name = household.Case }).ResponseAsync));
        var report = await Entries.VerifyAsync(hub);
        Assert.Equal((true, 300L), (report.IsWhole, report.Count));
    }

    [Fact]
    public async Task The_log_is_read_by_person_by_caller_and_by_time_and_reading_it_is_in_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (one, other) = (await Household.OpenAsync(hub), await Household.OpenAsync(hub));
        var cases = new CaseService.CaseServiceClient(hub.As("crm"));
        await hub.Time.FreezeAsync(new DateTimeOffset(2030, 1, 1, 10, 0, 0, TimeSpan.Zero));
        for (var i = 0; i < 5; i++)
        {
            await cases.GetCaseAsync(new() { Name = one.Case });
            await cases.GetCaseAsync(new() { Name = other.Case });
            await hub.Time.AdvanceAsync(TimeSpan.FromMinutes(1));
        }

        // Five reads of three persons each; the second page goes on where the first ended, whatever came meanwhile.
        var accesses = new AccessService.AccessServiceClient(hub.As("crm"));
        var first = await accesses.ListAccessesAsync(new() { Person = one.Child, PageSize = 3 });
        var second = await accesses.ListAccessesAsync(new() { Person = one.Child, PageSize = 3, PageToken = first.NextPageToken });
        Assert.Equal([27, 21, 15, 9, 3], first.Accesses.Concat(second.Accesses).Select(a => a.Sequence));
        Assert.Equal("", second.NextPageToken);
        await HubError.OfAsync(ErrorReason.PageTokenInvalid, StatusCode.InvalidArgument, async () => await accesses.ListAccessesAsync(new() { Person = one.FirstAdult, PageToken = first.NextPageToken }));

        var from = new DateTimeOffset(2030, 1, 1, 10, 1, 0, TimeSpan.Zero);
        var between = await Accesses.ListAsync(hub, new() { Caller = "crm", StartTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(from), EndTime = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(from.AddMinutes(2)) });
        Assert.Equal([18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7], between.Select(a => a.Sequence));
        Assert.Empty(await Accesses.ListAsync(hub, new() { Caller = "ecole" }));

        // The two pages above were about the child, too.
        Assert.Equal([32, 31, 27, 21], (await Accesses.ListAsync(hub, new() { Person = one.Child, PageSize = 4 })).Select(a => a.Sequence));
    }
}
