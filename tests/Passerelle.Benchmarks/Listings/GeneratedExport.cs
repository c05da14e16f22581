using System.Globalization;
using System.Text;

namespace Passerelle.Benchmarks.Listings;

/// <summary>Writes a bare Poliris CSV as agencies' software exports it, the same for the same seed: lines of some 4 KB in windows-1252, a third of the 334 columns
/// filled, zeros and NON where there is nothing to say, ten photos, and a stray separator at each line's end.</summary>
static class GeneratedExport
{
    const int Columns = 334;

    static readonly string[] Words =
        ("maison lumineuse proche du port avec jardin clos de murs et garage double cuisine équipée séjour traversant trois chambres salle d’eau plain-pied au calme sans "
         + "vis-à-vis commerces école gare à pied cheminée terrasse exposée sud combles aménageables chauffage gaz fenêtres récentes cave vendue libre beaux volumes").Split(' ');

    static readonly int[] Zeros = [17, 23, 27, 29, 30, 39, 40, 43, 44, 161, 178, 244, 252, 259, 260, 303, 326, 327, 329, 330, 334];
    static readonly int[] Nos = [13, 26, 41, 42, 46, 47, 48, 61, 64, 65, 66, 68, 83, 201, 258, 261, 318, 333];

    public static void Write(string path, int listings, int seed)
    {
        using var csv = new StreamWriter(path, append: false, CodePagesEncodingProvider.Instance.GetEncoding(1252)!, 1 << 16);
        var random = new Random(seed);
        var fields = new string[Columns];
        for (var i = 0; i < listings; i++)
        {
            Array.Fill(fields, "");
            Describe(fields, i, random);
            csv.Write('"');
            csv.Write(string.Join("\"!#\"", fields));
            csv.Write("\"!#\n");
        }
    }

    static void Describe(string[] fields, int i, Random random)
    {
        foreach (var column in Zeros) Set(column, random.Next(2) == 0 ? "0" : Text(random.Next(1, 9)));
        foreach (var column in Nos) Set(column, random.Next(3) == 0 ? "OUI" : "NON");
        var rooms = random.Next(1, 8);
        Set(1, "agence-1");
        Set(2, $"REF-{1_000_000 + i}");
        Set(3, random.Next(5) == 0 ? "Location" : "Vente");
        Set(4, random.Next(2) == 0 ? "maison/villa" : "appartement");
        Set(5, random.Next(2) == 0 ? "14000" : "14400");
        Set(6, fields[4] == "14000" ? "Caen" : "Bayeux");
        Set(7, "France");
        Set(8, $"{random.Next(1, 90)} rue des Écoles");
        Set(9, "Gare et commerces");
        Set(11, Text(random.Next(60, 900) * 1000));
        Set(15, "0.00");
        Set(16, string.Create(CultureInfo.InvariantCulture, $"{rooms * 22 + random.Next(1500) / 100.0:0.00}"));
        Set(18, Text(rooms));
        Set(19, Text(rooms / 2));
        Set(20, $"Vente {rooms} pièces avec vue dégagée");
        Set(21, string.Join(' ', Enumerable.Range(0, 180).Select(_ => Words[random.Next(Words.Length)])));
        Set(22, "00/00/0000");
        Set(25, Text(random.Next(0, 5)));
        Set(33, "10368");
        Set(34, Text(random.Next(1, 10)));
        for (var photo = 0; photo < 10; photo++)
            Set(photo < 9 ? 85 + photo : 164, $"https://photos.example/agences/agence-1/{1_000_000 + i}/original-{photo}-{random.Next():x8}{random.Next():x8}.jpg");
        Set(105, "0200000000");
        Set(106, "Agence du Port");
        Set(107, "contact@agence.example");
        // What is private is there in a real file too, and has to be passed over.
        for (var column = 108; column <= 123; column++) Set(column, "Propriétaire");
        Set(127, string.Join(' ', Enumerable.Range(0, 40).Select(_ => Words[random.Next(Words.Length)])));
        Set(136, "https://www.agence.example");
        Set(175, Text(1_000_000 + i));
        Set(176, Text(random.Next(50, 450)));
        Set(177, "ABCDEFG"[random.Next(7)].ToString());
        Set(179, "ABCDEFG"[random.Next(7)].ToString());
        Set(298, $"49.{random.Next(10, 40)}0000000");
        Set(299, $"-0.{random.Next(10, 90)}0000000");
        Set(300, "1");
        Set(301, "4.12");
        Set(302, "2");
        Set(307, "https://www.agence.example/honoraires.pdf");
        Set(324, random.Next(4) == 0 ? "00/00/0000" : "01/02/2025");
        Set(325, "DPE_v07-2021");
        Set(328, "01/01/2023");

        void Set(int column, string value) => fields[column - 1] = value;
        static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
    }
}
