using Google.Protobuf.Reflection;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Contracts.Schooling.V1;
using Passerelle.Hub.Employment;
using Passerelle.Hub.Privacy;
using DataCategory = Passerelle.Hub.Privacy.DataCategory;

namespace Passerelle.Tests.Privacy;

/// <summary>What travels is without what it may not carry.</summary>
public sealed class MinimalViewTests
{
    /// <summary>What an envelope may hold.</summary>
    static readonly MessageDescriptor[] Payloads = [ReferralFile.Descriptor, EnrolmentFile.Descriptor, RecallNotice.Descriptor];

    [Fact]
    public void Every_personal_field_of_what_travels_says_what_kind_of_data_it_holds() =>
        Assert.Empty(Payloads.SelectMany(p => Uncategorised(p, p.Name)));

    [Fact]
    public void Fields_of_other_kinds_are_emptied_at_every_depth_and_the_rest_stays()
    {
        var file = new EnrolmentFile
        {
            Enrolment = "enrolments/1", PreviousSchool = "École", Level = Level.Cp, Pupil = new() { Person = "persons/1", GivenName = "Lou" },
            Guardians = { new EnrolmentFile.Types.Guardian { FamilyName = "N", Email = "a@b.invalid", Phone = "1" }, new EnrolmentFile.Types.Guardian { Email = "c@d.invalid" } },
            Documents = { new Document { Name = "documents/1", FileName = "x.pdf" } },
        };
        MinimalView.Reduce(file, new HashSet<DataCategory> { DataCategory.Identity, DataCategory.Schooling });
        Assert.Equal(("enrolments/1", "École", Level.Cp, "Lou"), (file.Enrolment, file.PreviousSchool, file.Level, file.Pupil.GivenName));
        Assert.Equal([("N", "", ""), ("", "", "")], file.Guardians.Select(g => (g.FamilyName, g.Email, g.Phone)));
        Assert.Empty(file.Documents);

        MinimalView.Reduce(file, new HashSet<DataCategory>());
        Assert.Equal(("enrolments/1", "", ""), (file.Enrolment, file.PreviousSchool, file.Pupil.GivenName));
    }

    [Fact]
    public void A_cv_without_contacts_still_says_what_the_person_can_do()
    {
        var reduced = CvContacts.Without(
            """{ "basics": { "name": "N", "email": "a@b.invalid", "phone": "1", "url": "https://x.invalid", "profiles": [{ "network": "X" }], "location": { "address": "1 rue", "postalCode": "14000", "city": "Caen" } }, "work": [{ "name": "W" }] }""");
        Assert.Equal("""{"basics":{"name":"N","location":{"city":"Caen"}},"work":[{"name":"W"}]}""", reduced);
        Assert.Equal("""{ "work": [] }""", CvContacts.Without("""{ "work": [] }"""));
    }

    static IEnumerable<string> Uncategorised(MessageDescriptor type, string path)
    {
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            var options = field.GetOptions();
            if (options is not null && options.GetExtension(OptionsExtensions.Category) != 0) continue;
            if (options is not null && options.GetExtension(OptionsExtensions.Personal)) yield return $"{path}.{field.Name}";
            if (field.FieldType == FieldType.Message && field.MessageType.File.Package.StartsWith("passerelle.", StringComparison.Ordinal))
                foreach (var found in Uncategorised(field.MessageType, $"{path}.{field.Name}")) yield return found;
        }
    }
}
