using System.Globalization;
using System.Resources;

namespace Passerelle.Hub.Housing.Homes;

/// <summary>Why two listings are one home, or are not, in French: in LikenessSentences.resx, under the names of sign and effect.</summary>
public static class LikenessSentences
{
    static readonly CultureInfo French = CultureInfo.GetCultureInfo("fr-FR");
    static readonly ResourceManager Texts = new(typeof(LikenessSentences));

    public static string Of(LikenessReason reason)
    {
        var key = $"{reason.Sign}_{reason.Effect}";
        return string.Format(French, Texts.GetString(key, French) ?? throw new MissingManifestResourceException(key), reason.First, reason.Second);
    }
}
