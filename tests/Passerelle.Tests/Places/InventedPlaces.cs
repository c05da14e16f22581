using System.Text;
using Google.Protobuf;
using Passerelle.Contracts.Places.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Places;

/// <summary>A small country of communes that there are not, in the formats of the public files.</summary>
static class InventedPlaces
{
    public const string Communes =
        """
        [
          { "code": "14901", "nom": "Valbourg", "type": "commune-actuelle", "anciensCodes": ["14911", "14912"], "codesPostaux": ["14990", "14991"], "population": 12000 },
          { "code": "14902", "nom": "Saint-Orme-sur-Mer", "type": "commune-actuelle", "codesPostaux": ["14992"], "population": 900 },
          { "code": "14903", "nom": "Les Crèvecœurs", "type": "commune-actuelle", "codesPostaux": ["14992"], "population": 310 },
          { "code": "14904", "nom": "Saint-Orme", "type": "commune-actuelle", "codesPostaux": ["14993"], "population": 80 },
          { "code": "14905", "nom": "Orbelle", "type": "commune-actuelle", "codesPostaux": ["14990"], "population": 45 },
          { "code": "14911", "nom": "Vieux-Moulin", "type": "commune-deleguee", "chefLieu": "14901" },
          { "code": "14913", "nom": "L'Épine", "type": "commune-associee", "chefLieu": "14911" }
        ]
        """;

    public const string Postcodes =
        """
        [
          { "codePostal": "14990", "codeCommune": "14912", "nomCommune": "Grand-Pré" },
          { "codePostal": "14994", "codeCommune": "14905", "nomCommune": "Orbelle" },
          { "codePostal": "14995", "codeCommune": "14999", "nomCommune": "Ailleurs" }
        ]
        """;

    public const string Epcis = """[{ "code": "990000001", "nom": "CC du Val", "membres": [{ "code": "14901" }, { "code": "14902" }, { "code": "27001" }] }]""";

    /// <summary>Squares: 14901 lies about its own and that of 14912, which is as large.</summary>
    public static readonly string Outlines =
        $$"""
        { "type": "FeatureCollection", "features": [
          {{Square("14901", "Valbourg", -0.40, 49.10)}}, {{Square("14912", "Grand-Pré", -0.38, 49.10)}}, {{Square("14902", "Saint-Orme-sur-Mer", -0.30, 49.20)}},
          {{Square("14903", "Les Crèvecœurs", -0.32, 49.21)}}, {{Square("14905", "Orbelle sur Val", 0.10, 48.90)}}
        ] }
        """;

    public const string Fibre =
        """
        Réseaux en fibre optique jusqu'à l'abonné (FttH),,,
        Déploiement par Commune,,,
        ,,,
        Code commune,Champ,T3 2017,T4 2017
        14901,Locaux Raccordables,10,20
        14901,Catégorie,25,25
        14912,Locaux Raccordables,1,2
        14912,Catégorie,25,25
        14999,Locaux Raccordables,7,7
        """;

    public static PlaceService.PlaceServiceClient Places(this HubHost hub, string caller = "crm") => new(hub.As(caller));

    public static async Task<ImportPlacesResponse> ImportPlacesAsync(this HubHost hub, params string[] contents)
    {
        var request = new ImportPlacesRequest();
        for (var i = 0; i < contents.Length; i++) request.Files.Add(new PlaceFile { FileName = $"fichier-{i}", Content = ByteString.CopyFrom(contents[i], Encoding.UTF8) });
        return await hub.Places().ImportPlacesAsync(request);
    }

    public static Task<ImportPlacesResponse> ImportAllPlacesAsync(this HubHost hub) => hub.ImportPlacesAsync(Fibre, Outlines, Epcis, Postcodes, Communes);

    /// <summary>About a tenth of a degree around a point: of the side 0.02.</summary>
    static string Square(string code, string name, double longitude, double latitude) => FormattableString.Invariant(
        $$"""
        { "type": "Feature", "properties": { "code": "{{code}}", "nom": "{{name}}" }, "geometry": { "type": "Polygon", "coordinates": [[
          [{{longitude - 0.01}}, {{latitude - 0.01}}], [{{longitude + 0.01}}, {{latitude - 0.01}}], [{{longitude + 0.01}}, {{latitude + 0.01}}], [{{longitude - 0.01}}, {{latitude + 0.01}}], [{{longitude - 0.01}}, {{latitude - 0.01}}]]] } }
        """);
}
