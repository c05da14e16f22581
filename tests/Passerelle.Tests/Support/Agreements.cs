using Passerelle.Hub.Partners;
using Passerelle.Hub.Privacy;

namespace Passerelle.Tests.Support;

/// <summary>What most tests take for granted: that everything was agreed with every partner.</summary>
public static class Agreements
{
    public static Agreement With(Partner partner, DateTimeOffset now) =>
        Agreement.Sign(partner.Id, AgreementRole.Controller, [PurposeOf(partner.Kind)], Enum.GetValues<DataCategory>(), "TEST", now, now.AddYears(20), now);

    static Purpose PurposeOf(PartnerKind kind) => kind switch
    {
        PartnerKind.Employment => Purpose.EmploymentReferral,
        PartnerKind.Schooling => Purpose.SchoolEnrolment,
        PartnerKind.Housing => Purpose.HousingVisit,
        PartnerKind.Discovery or PartnerKind.Leisure => Purpose.Recall,
    };
}
