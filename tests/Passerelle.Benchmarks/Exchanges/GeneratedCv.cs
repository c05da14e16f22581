using System.Globalization;
using System.Text.Json;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>A CV of about 1.8 KB, so that what travels has about 2 KB; the same for the same seed and person.</summary>
static class GeneratedCv
{
    const int Jobs = 4;
    const int WordsOfAJob = 36;

    static readonly string[] Words =
        ("accueil des clients gestion de la caisse mise en rayon inventaire formation de deux apprentis respect des règles d'hygiène commandes fournisseurs planning de l'équipe " +
         "préparation des devis suivi de chantier lecture de plans conduite d'engins maintenance préventive contrôle qualité relation avec les familles").Split(' ');

    static readonly string[] Positions = ["Boulanger", "Aide-soignante", "Maçon", "Comptable", "Vendeuse", "Électricien", "Serveur", "Conductrice de ligne"];

    static readonly JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(int seed, int person)
    {
        var random = new Random(HashCode(seed, person));
        var end = 2025;
        return JsonSerializer.Serialize(new
        {
            basics = new { name = $"Camille Essai {person}", label = One(Positions), summary = Sentence(WordsOfAJob), location = new { postalCode = "14000", city = "Caen", countryCode = "FR" } },
            work = Enumerable.Range(0, Jobs).Select(_ => new
            {
                name = $"Entreprise {random.Next(1000)}",
                position = One(Positions),
                endDate = (end -= random.Next(1, 3)).ToString(CultureInfo.InvariantCulture),
                startDate = (end -= random.Next(1, 4)).ToString(CultureInfo.InvariantCulture),
                summary = Sentence(WordsOfAJob),
            }).ToArray(),
            skills = Enumerable.Range(0, 4).Select(_ => new { name = One(Words) }).ToArray(),
        }, Json);

        string One(string[] all) => all[random.Next(all.Length)];
        string Sentence(int words) => string.Join(' ', Enumerable.Range(0, words).Select(_ => One(Words)));
    }

    /// <summary>Not System.HashCode, which differs from run to run.</summary>
    static int HashCode(int seed, int person) => unchecked(seed * 1_000_003 + person);
}
