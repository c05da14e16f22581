namespace Passerelle.Hub.Privacy;

/// <summary>What a person may ask of the data about them.</summary>
public enum PersonRight { Access = 1, Rectification, Erasure, Restriction, Portability, Objection, Withdrawal }

/// <summary>Which rights follow from a ground.</summary>
/// <remarks>GDPR, articles 7(3), 15 to 18, 20 and 21, as the CNIL sums them up in its table of rights by legal ground.</remarks>
public static class PersonRights
{
    static readonly PersonRight[] Always = [PersonRight.Access, PersonRight.Rectification, PersonRight.Restriction];

    public static IReadOnlyList<PersonRight> Of(Ground ground) => ground switch
    {
        Ground.Consent => [.. Always, PersonRight.Erasure, PersonRight.Portability, PersonRight.Withdrawal],
        Ground.Contract => [.. Always, PersonRight.Erasure, PersonRight.Portability],
        Ground.LegitimateInterest => [.. Always, PersonRight.Erasure, PersonRight.Objection],
        Ground.PublicTask => [.. Always, PersonRight.Objection],
        Ground.LegalObligation => Always,
    };
}
