using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Cases.V1;

namespace Passerelle.Hub.Cases;

/// <summary>What may be said of who a person is.</summary>
public static class PersonProfile
{
    public static void Check(Wire.Person profile, string path, Violations violations)
    {
        violations.Check(!profile.Erased, $"{path}.erased", "is output only");
        violations.Check(!profile.Restricted, $"{path}.restricted", "is output only");
        violations.Member(profile.Role, $"{path}.role");
        violations.Text(profile.GivenName, $"{path}.given_name", 100);
        violations.Text(profile.FamilyName, $"{path}.family_name", 100);
        var (isAdult, isChild) = (profile.Role == Wire.Person.Types.Role.Adult, profile.Role == Wire.Person.Types.Role.Child);
        violations.Date(profile.BirthDate, $"{path}.birth_date", required: isChild);
        violations.Text(profile.Email, $"{path}.email", 254, required: false);
        violations.Check(profile.Email.Length == 0 || System.Net.Mail.MailAddress.TryCreate(profile.Email, out _), $"{path}.email", "is not an e-mail address");
        violations.Text(profile.Phone, $"{path}.phone", 30, required: false);
        violations.Check(isAdult || !profile.WithoutParentalAuthority, $"{path}.without_parental_authority", "is said of adults");
        violations.Check(isChild || !profile.HolderElsewhere, $"{path}.holder_elsewhere", "is said of children");
    }
}
