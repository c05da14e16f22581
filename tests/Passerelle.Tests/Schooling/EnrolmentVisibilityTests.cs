using Google.Rpc;
using Grpc.Core;
using Passerelle.Contracts.Schooling.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Schooling;

/// <summary>What a school may not see does not exist for it: every answer is the one that a made-up name gets.</summary>
public sealed class EnrolmentVisibilityTests(Postgres postgres)
{
    [Fact]
    public async Task Another_schools_enrolments_and_documents_look_exactly_like_none()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var document = await School.UploadAsync(hub, household.Child, School.Pdf("UN"));
        var enrolment = await School.EnrolAsync(hub, household.Child, document);
        await School.ReceiveAsync(hub);

        await AssertUnknownAsync(hub, "ecole-deux", enrolment.Name, document);
        Assert.Null(await School.PullAsync(hub, "ecole-deux"));
    }

    [Fact]
    public async Task An_enrolment_exists_for_its_school_once_it_was_sent()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var document = await School.UploadAsync(hub, household.Child, School.Pdf("UN"));
        var enrolment = await School.EnrolAsync(hub, household.Child, document);
        await AssertUnknownAsync(hub, "ecole", enrolment.Name, document);

        // Sent is enough: whether it came through is not ours to know yet.
        Assert.NotNull(await School.PullAsync(hub));

        Assert.Equal(enrolment, await School.GetAsync(hub, enrolment.Name, "ecole"));
        Assert.Equal([enrolment], (await School.Enrolments(hub, "ecole").ListEnrolmentsAsync(new())).Enrolments);
        Assert.Equal(School.Pdf("UN"), (await School.DownloadAsync(hub, "ecole", document)).Content);
        await School.AnswerAsync(hub, School.Accepted(enrolment.Name));
    }

    [Fact]
    public async Task A_document_of_a_later_round_exists_for_the_school_once_that_round_was_sent()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var first = await School.UploadAsync(hub, household.Child, School.Pdf("UN"));
        var enrolment = await School.EnrolAsync(hub, household.Child, first);
        await School.ReceiveAsync(hub);
        await School.AnswerAsync(hub, School.Missing(enrolment.Name, Document.Types.Kind.Other));
        var second = await School.UploadAsync(hub, household.Child, School.Pdf("DEUX"), Document.Types.Kind.Other);
        await School.CompleteAsync(hub, enrolment.Name, second);

        Assert.Equal(School.Pdf("UN"), (await School.DownloadAsync(hub, "ecole", first)).Content);
        await AssertSameAsNoneAsync("documents", second, name => School.DownloadAsync(hub, "ecole", name));

        await School.ReceiveAsync(hub);
        Assert.Equal(School.Pdf("DEUX"), (await School.DownloadAsync(hub, "ecole", second)).Content);
    }

    [Fact]
    public async Task Lists_are_newest_first_by_page_and_by_case()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (household, other) = (await Household.OpenAsync(hub), await Household.OpenAsync(hub));
        var document = await School.UploadAsync(hub, household.Child, School.Pdf("UN"));
        var first = await School.EnrolAsync(hub, household.Child, document);
        var second = await School.EnrolAsync(hub, other.Child);
        var third = await School.EnrolAsync(hub, household.Child);
        var crm = School.Enrolments(hub, "crm");

        var page = await crm.ListEnrolmentsAsync(new() { PageSize = 2 });
        Assert.Equal([third, second], page.Enrolments);
        Assert.Equal([first], (await crm.ListEnrolmentsAsync(new() { PageSize = 2, PageToken = page.NextPageToken })).Enrolments);
        Assert.Equal([third, first], (await crm.ListEnrolmentsAsync(new() { Case = household.Case })).Enrolments);
    }

    static async Task AssertUnknownAsync(HubHost hub, string school, string enrolment, string document)
    {
        var client = School.Enrolments(hub, school);
        var before = await hub.DumpAsync();
        await AssertSameAsNoneAsync("enrolments", enrolment, async name => await client.GetEnrolmentAsync(new() { Name = name }));
        await AssertSameAsNoneAsync("enrolments", enrolment, async name => await client.AnswerEnrolmentAsync(School.Accepted(name)));
        await AssertSameAsNoneAsync("documents", document, name => School.DownloadAsync(hub, school, name));
        Assert.Empty((await client.ListEnrolmentsAsync(new())).Enrolments);
        Assert.Equal(before, await hub.DumpAsync());
    }

    static async Task AssertSameAsNoneAsync(string collection, string name, Func<string, Task> call)
    {
        var none = $"{collection}/{Household.NewId()}";
        Assert.Equal(await TextAsync(none), await TextAsync(name));

        async Task<string> TextAsync(string asked)
        {
            var error = await Assert.ThrowsAsync<RpcException>(() => call(asked));
            Assert.Equal("RESOURCE_NOT_FOUND", HubError.Of(error).Reason);
            var status = error.GetRpcStatus()!;
            return $"{status.Code} {status.Message} {Assert.Single(status.Details).Unpack<ErrorInfo>()}".Replace(asked, "NAME", StringComparison.Ordinal);
        }
    }
}
