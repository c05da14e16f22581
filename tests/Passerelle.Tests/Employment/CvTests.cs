using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Hub.Employment;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Employment;

public sealed class CvTests(Postgres postgres)
{
    [Fact]
    public async Task An_attached_CV_is_kept_sealed_and_described_by_its_size_and_digest()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);

        var cv = await candidate.AttachCvAsync("CV");

        var sent = Encoding.UTF8.GetBytes(Candidate.Resume("CV"));
        Assert.Equal((candidate.Person, sent.Length), (cv.Person, (int)cv.SizeBytes));
        Assert.Equal(SHA256.HashData(sent), cv.Sha256.ToByteArray());
        Assert.Equal(["case.opened", "cv.attached"], await candidate.TimelineAsync());
    }

    [Fact]
    public async Task A_new_CV_takes_the_place_of_the_one_before_also_for_what_was_queued()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        await candidate.ReferAsync();

        await candidate.AttachCvAsync("CV-NOUVEAU");
        await hub.RunAsync<Hub.Exchanges.DeliverDue>();

        var file = Assert.Single(hub.Partner.Received).Payload.Unpack<ReferralFile>();
        Assert.Equal(Candidate.Resume("CV-NOUVEAU"), file.JsonResume);
        Assert.Equal(1, await hub.QueryAsync(db => db.Cvs.CountAsync()));
    }

    [Fact]
    public async Task Eight_CVs_at_once_leave_one()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => candidate.AttachCvAsync($"CV-{n}")));

        Assert.Equal(1, await hub.QueryAsync(db => db.Cvs.CountAsync()));
    }

    [Fact]
    public async Task An_equal_repeat_returns_the_first_response_and_an_unequal_one_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);
        var request = new AttachCvRequest { RequestId = Household.NewId(), Person = candidate.Person, JsonResume = Candidate.Resume("CV") };
        var first = await hub.Cvs().AttachCvAsync(request);

        Assert.Equal(first, await hub.Cvs().AttachCvAsync(request));
        request.JsonResume = Candidate.Resume("AUTRE");
        await HubError.OfAsync(ErrorReason.RequestIdReused, StatusCode.AlreadyExists, () => hub.Cvs().AttachCvAsync(request).ResponseAsync);
    }

    [Fact]
    public async Task What_is_no_JSON_Resume_is_refused_with_every_path()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.NewAsync(hub);

        var error = await RefusedAsync("""{"basics":{"email":"x"},"work":[{"startDate":"hier"}]}""", ErrorReason.CvInvalid, StatusCode.InvalidArgument);
        Assert.Equal(["basics.name", "basics.email", "work[0].startDate"], error.Fields);
        error = await RefusedAsync(Marker.Of("PAS-DU-JSON"), ErrorReason.CvInvalid, StatusCode.InvalidArgument);
        Assert.Equal(["json_resume"], error.Fields);
        error = await RefusedAsync(Candidate.Resume("CV").PadRight(JsonResume.MaxBytes + 1), ErrorReason.TooLarge, StatusCode.ResourceExhausted);
        Assert.Equal("1048576", error.Metadata["limit"]);

        Task<HubError> RefusedAsync(string resume, ErrorReason reason, StatusCode code) => HubError.OfAsync(reason, code, () =>
            hub.Cvs().AttachCvAsync(new() { RequestId = Household.NewId(), Person = candidate.Person, JsonResume = resume }).ResponseAsync);
    }

    [Fact]
    public async Task Only_an_adult_whom_we_know_has_a_CV()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var request = new AttachCvRequest { RequestId = Household.NewId(), Person = household.Child, JsonResume = Candidate.Resume("CV") };

        var error = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Cvs().AttachCvAsync(request).ResponseAsync);
        Assert.Equal(["person"], error.Fields);

        request.Person = $"persons/{Household.NewId()}";
        error = await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.Cvs().AttachCvAsync(request).ResponseAsync);
        Assert.Equal(request.Person, error.Metadata["resource"]);

        error = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Cvs().AttachCvAsync(new() { RequestId = "1", Person = "x" }).ResponseAsync);
        Assert.Equal(["request_id", "person", "json_resume"], error.Fields);
    }
}
