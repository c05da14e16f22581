using Passerelle.Contracts.Cases.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Schooling;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Privacy;

/// <summary>A household of which the hub holds everything that it can hold of one: each personal text is a marker.</summary>
sealed record WholeHousehold(Household Household, string Request, string Referral, string Consent, string Document, string Enrolment)
{
    public static async Task<WholeHousehold> OpenAsync(HubHost hub)
    {
        var candidate = await Candidate.NewAsync(hub);
        await candidate.AttachCvAsync();
        var consent = await candidate.ConsentAsync();
        var household = candidate.Household;
        var request = await household.FileRequestAsync(hub, Origin.Website);
        await new RequestService.RequestServiceClient(hub.As("crm")).AnswerRequestAsync(
            new() { RequestId = Household.NewId(), Name = request.Name, Kind = AnswerKind.MessageDelivered, Text = Marker.Of("REPONSE") });
        var referral = await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        await hub.AnswerAsync(EmploymentCalls.Interested(referral.Name));
        var document = await School.UploadAsync(hub, household.Child, School.Pdf("LIVRET"));
        var enrolment = await School.EnrolAsync(hub, household.Child, document);
        await School.ReceiveAsync(hub);
        await School.AnswerAsync(hub, School.Accepted(enrolment.Name));
        return new(household, request.Name, referral.Name, consent, document, enrolment.Name);
    }
}
