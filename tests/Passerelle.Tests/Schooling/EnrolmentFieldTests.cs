using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Schooling.V1;
using Passerelle.Tests.Support;
using static Passerelle.Contracts.Schooling.V1.Document.Types;

namespace Passerelle.Tests.Schooling;

/// <summary>What is refused before anything is decided: all of it at once, and nothing changed.</summary>
public sealed class EnrolmentFieldTests(Postgres postgres)
{
    [Fact]
    public async Task Whatever_is_wrong_with_an_enrolment_is_said_at_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (household, other) = (await Household.OpenAsync(hub), await Household.OpenAsync(hub));
        var own = await School.UploadAsync(hub, household.Child, School.Pdf("UN"));
        var others = await School.UploadAsync(hub, other.Child, School.Pdf("DEUX"));
        var unknown = $"documents/{Household.NewId()}";

        Assert.Equal(["request_id", "person", "partner", "level", "start_date", "previous_school", "documents[0]"], await FieldsAsync(new() { PreviousSchool = new string('x', 201), Documents = { "x" } }));
        Assert.Equal(["documents[1]"], await FieldsAsync(School.EnrolmentOf(household.Child, own, own)));
        Assert.Equal(["documents"], await FieldsAsync(School.EnrolmentOf(household.Child, Enumerable.Range(0, 21).Select(_ => $"documents/{Household.NewId()}"))));
        Assert.Equal(["documents[1]", "documents[2]"], await FieldsAsync(School.EnrolmentOf(household.Child, own, others, unknown)));
        Assert.Equal(["person", "documents[0]"], await FieldsAsync(School.EnrolmentOf(household.FirstAdult, own)));

        async Task<IReadOnlyList<string>> FieldsAsync(CreateEnrolmentRequest request) =>
            (await School.RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, async () => await School.Enrolments(hub, "crm").CreateEnrolmentAsync(request))).Fields;
    }

    [Fact]
    public async Task An_enrolment_goes_to_a_schooling_partner_that_exists()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);

        var mismatch = await ToAsync("partners/emploi", ErrorReason.PartnerKindMismatch, StatusCode.FailedPrecondition);
        Assert.Equal(("partners/emploi", "schooling"), (mismatch.Metadata["partner"], mismatch.Metadata["kind"]));
        await ToAsync("partners/personne", ErrorReason.ResourceNotFound, StatusCode.NotFound);
        var nobody = School.EnrolmentOf($"persons/{Household.NewId()}");
        await School.RefusedAsync(hub, ErrorReason.ResourceNotFound, StatusCode.NotFound, async () => await School.Enrolments(hub, "crm").CreateEnrolmentAsync(nobody));

        Task<HubError> ToAsync(string partner, ErrorReason reason, StatusCode code)
        {
            var request = School.EnrolmentOf(household.Child);
            request.Partner = partner;
            return School.RefusedAsync(hub, reason, code, async () => await School.Enrolments(hub, "crm").CreateEnrolmentAsync(request));
        }
    }

    [Fact]
    public async Task Only_more_documents_of_the_child_complete_a_file()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var sent = await School.UploadAsync(hub, household.Child, School.Pdf("UN"));
        var adults = await School.UploadAsync(hub, household.FirstAdult, School.Pdf("DEUX"));
        var created = await School.EnrolAsync(hub, household.Child, sent);
        await School.ReceiveAsync(hub);
        await School.AnswerAsync(hub, School.Missing(created.Name, Kind.SchoolReport));

        Assert.Equal(["documents"], await FieldsAsync());
        Assert.Equal(["documents[0]", "documents[1]"], await FieldsAsync(sent, adults));
        Assert.Equal(["documents", .. Enumerable.Range(0, 20).Select(i => $"documents[{i}]")], await FieldsAsync([.. Enumerable.Range(0, 20).Select(_ => $"documents/{Household.NewId()}")]));

        async Task<IReadOnlyList<string>> FieldsAsync(params string[] documents) =>
            (await School.RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => School.CompleteAsync(hub, created.Name, documents))).Fields;
    }

    [Fact]
    public async Task An_answer_says_what_it_is_and_why()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        // One that is there: on what the school does not see, nothing is said of the fields.
        var (name, id) = ((await School.EnrolAsync(hub, (await Household.OpenAsync(hub)).Child)).Name, Household.NewId());

        Assert.Equal(["request_id", "name", "answer"], await FieldsAsync(new()));
        Assert.Equal(["accepted.message"], await FieldsAsync(new() { RequestId = id, Name = name, Accepted = new() { Message = new string('x', 2001) } }));
        Assert.Equal(["refused.message", "refused.reason"], (await FieldsAsync(new() { RequestId = id, Name = name, Refused = new() { Message = new string('x', 2001) } })).Order());
        Assert.Equal(["documents_missing.kinds"], await FieldsAsync(new() { RequestId = id, Name = name, DocumentsMissing = new() }));
        Assert.Equal(["documents_missing.kinds[0]", "documents_missing.kinds[1]"], await FieldsAsync(new() { RequestId = id, Name = name, DocumentsMissing = new() { Kinds = { Kind.Unspecified, (Kind)99 } } }));

        async Task<IReadOnlyList<string>> FieldsAsync(AnswerEnrolmentRequest request) =>
            (await School.RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => School.AnswerAsync(hub, request))).Fields;
    }
}
