using System.Text;
using System.Text.Json;
using Passerelle.Hub.Employment;

namespace Passerelle.Tests.Employment;

/// <summary>CVs for the tests of the format, and its two judgements.</summary>
static class Resumes
{
    // Stands for what must not leave a CV: planted as value, as name of a property, in every broken place.
    public const string Planted = "Zénobie-Quatremère";

    public const string Complete = """
        {
          "$schema": "https://raw.githubusercontent.com/jsonresume/resume-schema/v1.0.0/schema.json",
          "basics": {
            "name": "Zénobie-Quatremère", "label": "Soudeuse", "image": "", "email": "zenobie@exemple.fr", "phone": "+33 2 31 00 00 00",
            "url": "https://zenobie.exemple.fr/", "summary": "Zénobie-Quatremère 👩‍🏭",
            "location": { "address": "1 rue du Four", "postalCode": "14400", "city": "Bayeux", "countryCode": "FR", "region": "Normandie" },
            "profiles": [ { "network": "X", "username": "zq", "url": "https://x.exemple.fr/zq" } ]
          },
          "work": [ { "name": "Chantier", "position": "Soudeuse", "url": "https://chantier.exemple.fr", "startDate": "2014-06-29", "endDate": "2023-04", "highlights": [ "Coques" ] }, { "startDate": "2013" } ],
          "education": [ { "institution": "Lycée", "startDate": "2009", "score": "Bien", "courses": [ "Métaux" ] } ],
          "skills": [ { "name": "TIG", "level": "Maître", "keywords": [ "inox" ] } ],
          "languages": [ { "language": "Français", "fluency": "Langue maternelle" } ],
          "meta": { "version": "v1.0.0", "lastModified": "2026-03-01T10:00:00" },
          "Zénobie-Quatremère": { "permis": [ "B", 1.5e3, true, null, {} ] }
        }
        """;

    public static string Basics(string field, string value) => JsonSerializer.Serialize(new Dictionary<string, object> { ["basics"] = new Dictionary<string, string> { [field] = value } });

    public static string Field(string section, string field, string value) => JsonSerializer.Serialize(new Dictionary<string, object> { [section] = new[] { new Dictionary<string, string> { [field] = value } } });

    public static IReadOnlyList<CvProblem> Check(string json) => JsonResume.Check(Encoding.UTF8.GetBytes(json));

    public static IReadOnlyList<CvProblem> Schema(string json) => JsonResume.CheckSchema(Encoding.UTF8.GetBytes(json));

    public static string Whole(byte[] document)
    {
        var problem = Assert.Single(JsonResume.Check(document));
        Assert.Equal("", problem.Path);
        return problem.Problem;
    }
}
