using CsCheck;
using Passerelle.Hub.Housing.Visits;
using Passerelle.Hub.Places;

namespace Passerelle.Tests.Housing.Visits;

/// <summary>A day's sheet; all of it is invented.</summary>
static class Sheets
{
    public static readonly Guid Day = new("01980000-0000-7000-8000-000000000001");
    public static readonly Guid First = new("01980000-0000-7000-8000-000000000011");
    public static readonly Guid Second = new("01980000-0000-7000-8000-000000000012");

    /// <summary>Saturday, the first of May, in summer time: from 8:40 to 12:10.</summary>
    public static VisitSheet OfTwo(params ReadOnlySpan<SheetVisit> more) => new(
        Day, Revision: 2, At("04-28 16:05"), new DateOnly(2027, 5, 1), "Gîte des Tilleuls, Caen", At("05-01 08:40"), At("05-01 12:10"), TimeSpan.FromMinutes(35), TravelSource.Distances,
        [
            new(First, SheetVisitState.Confirmed, At("05-01 09:05"), At("05-01 09:50"), TimeSpan.FromMinutes(25), "Maison 5 pièces, 110 m²", "12 rue des Essais, 14400 Bayeux",
                new GeoPoint(49.2764, -0.7024), "Agence de l'Essai", "02 31 00 00 00", "Sonner au portail vert ;\nle chien est gentil, dit-on."),
            new(Second, SheetVisitState.Tentative, At("05-01 10:50"), At("05-01 11:35"), TimeSpan.FromMinutes(35), "Appartement 4 pièces", "Ouistreham", null, "Bureau d'à côté", null, null),
            .. more,
        ]);

    public static SheetVisit Released { get; } = new(
        new("01980000-0000-7000-8000-000000000013"), SheetVisitState.Released, At("05-01 14:00"), At("05-01 14:45"), TimeSpan.FromMinutes(20), "Longère", "Falaise", null, "Agence de l'Essai", null, null);

    public static VisitSheet With(this VisitSheet sheet, Func<SheetVisit, SheetVisit> change) => sheet with { Visits = [.. sheet.Visits.Select(change)] };

    /// <summary>Up to a dozen of the parts, one after the other.</summary>
    public static Gen<string> TextOf(params string[] parts) => Gen.Int[0, parts.Length - 1].Select(part => parts[part]).Array[0, 12].Select(string.Concat);

    /// <summary>In 2027, by the wall in summer.</summary>
    static DateTimeOffset At(string time) => DateTimeOffset.Parse($"2027-{time}+02:00", System.Globalization.CultureInfo.InvariantCulture).ToUniversalTime();
}
