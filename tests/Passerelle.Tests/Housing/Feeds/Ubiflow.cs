using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Xml.Linq;

namespace Passerelle.Tests.Housing.Feeds;

/// <summary>Writes small files with Ubiflow's tags, in both their forms.</summary>
static class Ubiflow
{
    static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>A complete, unremarkable house for sale in Bayeux; <paramref name="changes"/> overwrite tags, and null takes one out.</summary>
    public static Dictionary<string, string> House(string id = "U1", params (string Tag, string? Value)[] changes)
    {
        var tags = new Dictionary<string, string>
        {
            ["identifiant_technique"] = id, ["reference"] = "REF " + id, ["type_transaction"] = "V", ["type_bien"] = "Maison", ["code_postal"] = "14400", ["ville"] = "Bayeux", ["pays"] = "France",
            ["prix"] = "265000", ["surface_habitable"] = "118.5", ["surface_terrain"] = "640", ["nb_pieces"] = "5", ["nombre_de_chambres"] = "3", ["titre"] = "Maison & jardin", ["texte"] = "Près de la cathédrale.",
        };
        foreach (var (tag, value) in changes)
        {
            tags.Remove(tag);
            if (value is not null) tags[tag] = value;
        }

        return tags;
    }

    public static string Xml(params Dictionary<string, string>[] houses) => Xml("utf-8", houses);

    public static string Xml(string encoding, params Dictionary<string, string>[] houses) =>
        $"<?xml version=\"1.0\" encoding=\"{encoding}\"?>\n" + new XElement("client", new XElement("code_agence", "agence-1"),
            houses.Select(house => new XElement("annonce", house.Select(tag => new XElement(tag.Key, tag.Value)), new XElement("photos",
                new XElement("photo", "https://photos.example/1.jpg", new XAttribute("titre", "Façade")), new XElement("photo", "https://photos.example/2.jpg")))));

    public static string Json(params Dictionary<string, string>[] houses) => JsonSerializer.Serialize(
        new { code_agence = "agence-1", annonces = houses.Select(house => house.ToDictionary(tag => tag.Key, tag => (object)tag.Value).Append(new("photos",
            new object[] { new { url = "https://photos.example/1.jpg", titre = "Façade" }, "https://photos.example/2.jpg" })).ToDictionary()) }, Readable);

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
