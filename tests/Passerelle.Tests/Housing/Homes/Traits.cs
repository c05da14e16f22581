using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Housing.Homes;
using Passerelle.Hub.Places;

namespace Passerelle.Tests.Housing.Homes;

/// <summary>Homes to compare.</summary>
static class Traits
{
    public const string Text =
        "Au fond d'une impasse calme, cette maison de pierre offre une entrée, un séjour traversant avec poêle à bois, une cuisine ouverte sur la terrasse, trois chambres dont une au rez-de-chaussée, " +
        "et une salle de bains refaite. Le jardin clos descend vers le ruisseau. Un garage et un cellier complètent l'ensemble";

    /// <summary>A house with everything that an agency may give.</summary>
    public static readonly HomeTraits House = new()
    {
        Transaction = Transaction.Sale, Agency = "agence/a1", Type = PropertyType.House, Postcode = "14400", City = "bayeux", Position = new GeoPoint(49.2764, -0.7024), PositionMargin = 11, Surface = 96,
        Land = 640, Rooms = 5, Bedrooms = 3, YearBuilt = 1974, Prices = [249_000_00], EnergyClass = EnergyClass.D, EnergyUse = 214, GhgEmission = 43, DiagnosisDate = new DateOnly(2026, 2, 3),
        Photos = HomeTraits.PhotosOf(["https://photos.example/a1/facade-de-la-maison-7f3a.jpg"]), Text = HomeTraits.RunsOf(Text),
    };

    /// <summary>The same as another agency lists it, which went there, looked, and wrote and photographed by itself.</summary>
    public static readonly HomeTraits Elsewhere = House with
    {
        Agency = "agence-deux/b1", Prices = [255_000_00], Position = null, Photos = HomeTraits.PhotosOf(["https://b1.example/12.jpg"]),
        Text = HomeTraits.RunsOf("Proche des commerces et des écoles, pavillon familial avec beau terrain arboré, pièce de vie lumineuse, garage, et la mer à dix minutes en voiture. À voir vite"),
    };

    /// <summary>A flat of which little is said.</summary>
    public static readonly HomeTraits Flat = new()
    {
        Transaction = Transaction.Sale, Agency = "agence/a1", Type = PropertyType.Apartment, Postcode = "14000", City = "caen", Surface = 62, Rooms = 3, Bedrooms = 2, Floor = 2, Prices = [185_000_00],
    };
}
