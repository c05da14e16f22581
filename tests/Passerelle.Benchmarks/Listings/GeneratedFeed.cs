using System.Globalization;
using System.IO.Compression;
using System.Text;

namespace Passerelle.Benchmarks.Listings;

/// <summary>Writes a Poliris ZIP as agencies send it, the same for the same seed: flats and houses for sale in the Calvados, whose rows are of about 1 KB.</summary>
static class GeneratedFeed
{
    const int Columns = 334;
    const int DescriptionWords = 85;
    const int Photos = 4;

    static readonly DateTimeOffset Written = new(2026, 1, 1, 6, 0, 0, TimeSpan.Zero);

    public static readonly string[] Words =
        ("maison lumineuse proche du port avec jardin clos de murs et garage double cuisine équipée séjour traversant trois chambres salle d'eau plain-pied au calme sans " +
         "vis-à-vis commerces école gare à pied cheminée terrasse exposée sud combles aménageables chauffage gaz fenêtres récentes cave vendue libre beaux volumes").Split(' ');

    public static readonly (string Postcode, string City)[] Places =
    [
        ("14000", "Caen"), ("14100", "Lisieux"), ("14400", "Bayeux"), ("14360", "Trouville-sur-Mer"), ("14600", "Honfleur"), ("14200", "Hérouville-Saint-Clair"),
        ("14120", "Mondeville"), ("14500", "Vire Normandie"), ("14700", "Falaise"), ("14150", "Ouistreham"), ("14470", "Courseulles-sur-Mer"), ("14390", "Cabourg"),
    ];

    public static void Write(string path, int listings, int seed)
    {
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        var entry = zip.CreateEntry("Annonces.csv", CompressionLevel.Optimal);
        entry.LastWriteTime = Written;
        using var csv = new StreamWriter(entry.Open(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), 1 << 16);
        var random = new Random(seed);
        var fields = new string[Columns];
        for (var i = 0; i < listings; i++)
        {
            Array.Fill(fields, "");
            Describe(fields, i, random);
            csv.Write('"');
            csv.Write(string.Join("\"!#\"", fields));
            csv.Write("\"\n");
        }
    }

    /// <summary>Columns by their number in the format's description, which counts from 1.</summary>
    static void Describe(string[] fields, int i, Random random)
    {
        var (postcode, city) = Places[random.Next(Places.Length)];
        var isHouse = random.Next(2) == 0;
        var rooms = random.Next(1, 8);
        Set(1, "agence-1");
        Set(2, $"REF-{1_000_000 + i}");
        Set(3, "vente");
        Set(4, isHouse ? "maison" : "appartement");
        Set(5, postcode);
        Set(6, city);
        Set(7, "France");
        Set(11, Text(random.Next(60, 900) * 1000));
        Set(16, Text(rooms * 22 + random.Next(15)));
        if (isHouse) Set(17, Text(random.Next(80, 2500)));
        Set(18, Text(rooms));
        Set(19, Text(rooms / 2));
        Set(20, $"{(isHouse ? "Maison" : "Appartement")} {rooms} pièces à {city}");
        Set(21, string.Join(' ', Enumerable.Range(0, DescriptionWords).Select(_ => Words[random.Next(Words.Length)])));
        Set(27, Text(random.Next(1880, 2025)));
        for (var photo = 0; photo < Photos; photo++) Set(85 + photo, $"https://photos.example/agence-1/{1_000_000 + i}/{photo}-{random.Next():x8}.jpg");
        Set(175, Text(1_000_000 + i));
        Set(176, Text(random.Next(50, 450)));
        Set(177, "ABCDEFG"[random.Next(7)].ToString());
        Set(178, Text(random.Next(2, 90)));
        Set(179, "ABCDEFG"[random.Next(7)].ToString());
        Set(298, $"49.{random.Next(100_000, 400_000)}");
        Set(299, $"-0.{random.Next(100_000, 900_000)}");
        Set(301, "4.12");
        Set(324, "01/02/2025");
        Set(325, "DPE_v07-2021");

        void Set(int column, string value) => fields[column - 1] = value;
        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
