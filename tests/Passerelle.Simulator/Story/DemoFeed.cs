using System.IO.Compression;
using System.Text;

namespace Passerelle.Simulator.Story;

/// <summary>
/// A small feed in the format that estate agencies' software sends to portals (Poliris 4.12): a ZIP with a CSV of 334 fields
/// between quotes, separated by `!#`, in Latin-1 with CRLF. Every property in it is invented.
/// </summary>
static class DemoFeed
{
    public const string FileName = "AGENCE-EXEMPLE.zip";

    /// <summary>Lines in the file, the rejected one included.</summary>
    public const int Lines = 7;

    /// <summary>1-based: this line has neither a reference nor a technical id, so nobody could say which listing it is.</summary>
    public const int RejectedLine = 5;

    // The same bytes at every run: an archive would otherwise carry the time at which it was made.
    static readonly DateTimeOffset Packed = new(2026, 9, 1, 6, 0, 0, TimeSpan.Zero);

    public static byte[] Zip()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, "Annonces.csv", Csv());
            Add(zip, "photos.cfg", "Mode=URL\r\n");
            Add(zip, "config.txt", "Version=4.12\r\nApplication=Passerelle simulator / 1.0\r\nDevise=Euro\r\n");
        }
        return bytes.ToArray();
    }

    static string Csv() => string.Concat(
        Rental("EX-101", "appartement", "14000", "Caen", rent: "780", surface: "62", rooms: "3", bedrooms: "2", label: "C",
            "T3 lumineux près du château", "Séjour exposé sud, cuisine équipée, cave. Libre de suite."),
        Rental("EX-102", "appartement", "14200", "Hérouville-Saint-Clair", rent: "645", surface: "54,5", rooms: "2", bedrooms: "1", label: "D",
            "T2 avec balcon", "À deux pas du tramway, chauffage collectif."),
        Rental("EX-103", "maison/villa", "14150", "Ouistreham", rent: "1120", surface: "95", rooms: "5", bedrooms: "3", label: "D",
            "Maison à 600 m de la plage", "Jardin clos, garage. Écoles à pied."),
        Sale("EX-201", "maison/villa", "14400", "Bayeux", price: "268000", surface: "118", land: "640", rooms: "6", bedrooms: "4", label: "E",
            "Maison en pierre de Caen", "Toiture refaite, dépendance. Honoraires à la charge de l'acquéreur."),
        Sale("", "maison/villa", "14100", "Lisieux", price: "199000", surface: "90", land: "300", rooms: "4", bedrooms: "3", label: "F",
            "Annonce sans référence", "Cette ligne ne dit pas de quel bien il s'agit."),
        Sale("EX-203", "maison/villa", "14100", "Lisieux", price: "184500", surface: "87", land: "410", rooms: "4", bedrooms: "3", label: "D",
            "Pavillon de plain-pied", "Quartier calme, double vitrage, cheminée."),
        Sale("EX-204", "appartement", "14600", "Honfleur", price: "231000", surface: "49", land: "0", rooms: "2", bedrooms: "1", label: "C",
            "T2 sur le vieux bassin", "Troisième étage, vue dégagée."));

    static string Rental(string id, string type, string postcode, string city, string rent, string surface, string rooms, string bedrooms, string label, string title, string text) =>
        Line(id, "location", type, postcode, city, price: rent, surface, land: "0", rooms, bedrooms, label, title, text, (13, "OUI"), (15, "350"), (22, "01/12/2026"), (23, "60"));

    static string Sale(string id, string type, string postcode, string city, string price, string surface, string land, string rooms, string bedrooms, string label, string title, string text) =>
        Line(id, "vente", type, postcode, city, price, surface, land, rooms, bedrooms, label, title, text, (15, "5"), (22, "00/00/0000"), (302, "2"));

    /// <summary>Fields by their number in the specification; what is not given is empty.</summary>
    static string Line(
        string id, string transaction, string type, string postcode, string city, string price, string surface, string land, string rooms, string bedrooms,
        string label, string title, string text, params (int Number, string Value)[] others)
    {
        var fields = new string[334];
        Array.Fill(fields, "");
        (int Number, string Value)[] common =
        [
            (1, "AGENCE-EXEMPLE-14"), (2, id), (3, transaction), (4, type), (5, postcode), (6, city), (7, "France"), (11, price), (16, surface), (17, land),
            (18, rooms), (19, bedrooms), (20, title), (21, text), (85, Photo(id, 1)), (86, Photo(id, 2)), (175, id), (177, label), (301, "4.12"),
        ];
        foreach (var (number, value) in common.Concat(others)) fields[number - 1] = value;
        return string.Join("!#", fields.Select(field => $"\"{field}\"")) + "\r\n";
    }

    static string Photo(string id, int number) => id == "" ? "" : $"https://photos.example.org/{id}-{number}.jpg";

    static void Add(ZipArchive zip, string name, string text)
    {
        var entry = zip.CreateEntry(name);
        entry.LastWriteTime = Packed;
        using var stream = entry.Open();
        stream.Write(Encoding.Latin1.GetBytes(text));
    }
}
