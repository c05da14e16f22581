using System.Globalization;
using System.Resources;

namespace Passerelle.Hub.Clocks.Calendars;

/// <summary>The French of this folder, in CalendarSentences.resx, under the name of the enum member.</summary>
public static class CalendarSentences
{
    static readonly CultureInfo French = CultureInfo.GetCultureInfo("fr-FR");
    static readonly ResourceManager Texts = new(typeof(CalendarSentences));

    public static string NameOf(Holiday holiday) => Text($"Holiday_{holiday}");

    static string Text(string key) => Texts.GetString(key, French) ?? throw new MissingManifestResourceException(key);
}
