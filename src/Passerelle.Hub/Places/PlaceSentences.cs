using System.Globalization;
using System.Resources;

namespace Passerelle.Hub.Places;

/// <summary>The French of this folder. Every sentence is in PlaceSentences.resx, under the name of its enum member.</summary>
public static class PlaceSentences
{
    static readonly CultureInfo French = CultureInfo.GetCultureInfo("fr-FR");
    static readonly ResourceManager Texts = new(typeof(PlaceSentences));

    public static string For(PlaceFileProblem problem, string seen)
    {
        var key = $"Problem_{problem}";
        return string.Format(French, Texts.GetString(key, French) ?? throw new MissingManifestResourceException(key), seen);
    }
}
