using Grpc.Core;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Cases;

public sealed class CaseInputTests(Postgres postgres)
{
    [Fact]
    public async Task Everything_that_is_wrong_with_a_request_is_said_at_once_and_nothing_changes()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var before = await hub.DumpAsync();
        var request = new OpenCaseRequest { RequestId = "42", Needs = { (Need)99 } };
        request.Members.Add(new Person { Name = "persons/x", Role = Person.Types.Role.Child, Email = "pas une adresse", BirthDate = new() { Year = 2019, Month = 2, Day = 30 } });
        var error = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, async () => await new CaseService.CaseServiceClient(hub.As("crm")).OpenCaseAsync(request));
        Assert.Equal(
            ["members", "members[0].birth_date", "members[0].email", "members[0].family_name", "members[0].given_name", "members[0].name", "needs[0]", "request_id"],
            error.Fields.Order(StringComparer.Ordinal));
        Assert.Equal(before, await hub.DumpAsync());
    }

    [Fact]
    public async Task A_case_that_is_not_there_is_not_found_whatever_is_asked_of_it()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var cases = new CaseService.CaseServiceClient(hub.As("crm"));
        var requests = new RequestService.RequestServiceClient(hub.As("crm"));
        var unknown = $"cases/{Guid.CreateVersion7(TimeProvider.System.GetUtcNow())}";
        Func<Task>[] calls =
        [
            async () => await cases.GetCaseAsync(new() { Name = unknown }),
            async () => await cases.GetCaseStatusAsync(new() { Name = unknown }),
            async () => await cases.WatchCase(new() { Name = unknown }).ResponseStream.MoveNext(CancellationToken.None),
            async () => await requests.FileRequestAsync(new() { RequestId = Household.NewId(), Case = unknown, Person = unknown.Replace("cases", "persons", StringComparison.Ordinal), Need = Need.Housing, Text = "?" }),
        ];
        foreach (var call in calls) Assert.Equal(unknown, (await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, call)).Metadata["resource"]);
    }

    [Fact]
    public async Task A_person_of_another_case_cannot_ask_in_this_one()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (ours, theirs) = (await Household.OpenAsync(hub), await Household.OpenAsync(hub));
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, async () => await (ours with { FirstAdult = theirs.FirstAdult }).FileRequestAsync(hub));
    }

    [Fact]
    public async Task An_equal_repeat_gets_the_same_response_and_an_unequal_one_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var cases = new CaseService.CaseServiceClient(hub.As("crm"));
        var request = new OpenCaseRequest { RequestId = Household.NewId(), Members = { Household.AnAdult("UN") } };
        var first = await cases.OpenCaseAsync(request);
        var after = await hub.DumpAsync();
        Assert.Equal(first, await cases.OpenCaseAsync(request));
        request.Members.Add(Household.AnAdult("DEUX"));
        await HubError.OfAsync(ErrorReason.RequestIdReused, StatusCode.AlreadyExists, async () => await cases.OpenCaseAsync(request));
        Assert.Equal(after, await hub.DumpAsync());
    }

    [Fact]
    public async Task Equal_calls_at_the_same_moment_have_one_effect()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var cases = new CaseService.CaseServiceClient(hub.As("crm"));
        for (var round = 0; round < 10; round++)
        {
            var request = new OpenCaseRequest { RequestId = Household.NewId(), Members = { Household.AnAdult("UN") } };
            var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => cases.OpenCaseAsync(request).ResponseAsync));
            Assert.Single(responses.Distinct());
        }

        Assert.Equal(10, (await cases.ListCasesAsync(new() { PageSize = 200 })).Cases.Count);
    }

    [Fact]
    public async Task A_request_id_belongs_to_its_caller()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var otherKey = "";
        await hub.QueryAsync(db =>
        {
            var (credential, key) = Passerelle.Hub.Partners.Credential.IssueKey("site-public", null, TimeProvider.System.GetUtcNow(), null);
            otherKey = key;
            db.Add(credential);
            return db.SaveChangesAsync();
        });
        var request = new OpenCaseRequest { RequestId = Household.NewId(), Members = { Household.AnAdult("UN") } };
        var ours = await new CaseService.CaseServiceClient(hub.As("crm")).OpenCaseAsync(request);
        var theirs = await new CaseService.CaseServiceClient(hub.WithKey(otherKey)).OpenCaseAsync(request);
        Assert.NotEqual(ours.Case.Name, theirs.Case.Name);
    }

    [Fact]
    public async Task Lists_come_in_pages_and_a_page_token_belongs_to_its_filter()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var cases = new CaseService.CaseServiceClient(hub.As("crm"));
        var household = await Household.OpenAsync(hub);
        for (var i = 0; i < 4; i++) await Household.OpenAsync(hub);
        for (var i = 0; i < 3; i++) await household.FileRequestAsync(hub);
        var all = (await cases.ListCasesAsync(new())).Cases.Select(c => c.Name).ToList();
        var paged = new List<string>();
        var token = "";
        do
        {
            var page = await cases.ListCasesAsync(new() { PageSize = 2, PageToken = token });
            Assert.InRange(page.Cases.Count, 1, 2);
            paged.AddRange(page.Cases.Select(c => c.Name));
            token = page.NextPageToken;
        }
        while (token.Length > 0);
        Assert.Equal(all, paged);

        var requests = new RequestService.RequestServiceClient(hub.As("crm"));
        var open = await requests.ListRequestsAsync(new() { State = Request.Types.State.Open, PageSize = 1 });
        await HubError.OfAsync(ErrorReason.PageTokenInvalid, StatusCode.InvalidArgument, async () => await requests.ListRequestsAsync(new() { State = Request.Types.State.Answered, PageSize = 1, PageToken = open.NextPageToken }));
        await HubError.OfAsync(ErrorReason.PageTokenInvalid, StatusCode.InvalidArgument, async () => await requests.ListRequestsAsync(new() { PageToken = "x" }));
        var negative = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, async () => await requests.ListRequestsAsync(new() { PageSize = -1 }));
        Assert.Equal(["page_size"], negative.Fields);
    }

    [Fact]
    public async Task A_defect_says_nothing_but_its_trace()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        await hub.ExecuteAsync("alter table persons rename column position to place");
        var error = await HubError.OfAsync(ErrorReason.Internal, StatusCode.Internal, async () => await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = household.Case }));
        Assert.Equal(["trace"], error.Metadata.Keys);
        Assert.Contains(hub.Logs.Entries, e => e.Text.Contains(error.Metadata["trace"], StringComparison.Ordinal));
        hub.ExpectedErrors = text => text.Contains(error.Metadata["trace"], StringComparison.Ordinal) || text.Contains("position", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Over_HTTP_an_error_is_the_same_status_as_JSON()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        using var response = await hub.Http("crm").GetAsync(new Uri($"/v1/cases/{Guid.Empty}", UriKind.Relative));
        var body = await response.Content.ReadAsStringAsync();
        Assert.Equal(System.Net.HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("\"reason\":\"RESOURCE_NOT_FOUND\"", body.Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
