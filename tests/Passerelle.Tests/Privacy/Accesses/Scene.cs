using Passerelle.Tests.Employment;
using Passerelle.Tests.Housing.Visits;
using Passerelle.Tests.Schooling;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Privacy.Accesses;

/// <summary>A household of which there is something of everything to read.</summary>
sealed record Scene(Household Household, string Request, string Referral, string Enrolment, string Document, string VisitDay)
{
    public static async Task<Scene> SetAsync(HubHost hub)
    {
        var candidate = await Candidate.ReadyAsync(hub);
        var household = candidate.Household;
        var request = await household.FileRequestAsync(hub);
        var referral = await candidate.ReferAsync();
        var document = await School.UploadAsync(hub, household.Child, School.Pdf("UN"));
        var enrolment = await School.EnrolAsync(hub, household.Child, document);
        return new Scene(household, request.Name, referral.Name, enrolment.Name, document, (await hub.PlanVisitAsync(household)).Name);
    }
}
