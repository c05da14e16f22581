using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Places;

/// <summary>A commune of today, as public files say. Only <see cref="PlaceImport"/> writes it.</summary>
public sealed partial class Place
{
    /// <summary>The town hall of Caen.</summary>
    static readonly GeoPoint Caen = new(49.1820, -0.3707);

    /// <summary>The point zéro of the roads of France.</summary>
    static readonly GeoPoint Paris = new(48.8534, 2.3488);

    Place() { }

    public static Place Of(string code) => new() { Code = code };

    /// <summary>INSEE code.</summary>
    public string Code { get; private set; } = "";

    public string Name { get; private set; } = "";

    /// <summary>In order. Several communes share one.</summary>
    public string[] Postcodes { get; private set; } = [];

    public string? EpciCode { get; private set; }

    public string? EpciName { get; private set; }

    public int? Population { get; private set; }

    public double? Latitude { get; private set; }

    public double? Longitude { get; private set; }

    public GeoPoint? Position => Latitude is { } latitude && Longitude is { } longitude ? new GeoPoint(latitude, longitude) : null;

    /// <summary>As the crow flies, in km.</summary>
    public double? CaenDistance => Position?.DistanceTo(Caen) / 1000;

    /// <summary>As the crow flies, in km.</summary>
    public double? ParisDistance => Position?.DistanceTo(Paris) / 1000;

    public void Describe(string name, int? population) => (Name, Population) = (name, population ?? Population);

    /// <summary>Those that it has now.</summary>
    public void Receive(IEnumerable<string> postcodes)
    {
        string[] sorted = [.. postcodes.Distinct().Order(StringComparer.Ordinal)];
        if (!sorted.SequenceEqual(Postcodes)) Postcodes = sorted;
    }

    public void Join(string epciCode, string epciName) => (EpciCode, EpciName) = (epciCode, epciName);

    public void Move(GeoPoint position) => (Latitude, Longitude) = (position.Latitude, position.Longitude);

    public static bool IsCode(string text) => CodeShape().IsMatch(text);

    public static bool IsPostcode(string text) => PostcodeShape().IsMatch(text);

    [GeneratedRegex(@"^[0-9][0-9AB][0-9]{3}\z")]
    private static partial Regex CodeShape();

    [GeneratedRegex(@"^[0-9]{5}\z")]
    private static partial Regex PostcodeShape();

    public sealed class Mapping : IEntityTypeConfiguration<Place>
    {
        public void Configure(EntityTypeBuilder<Place> builder)
        {
            builder.ToTable("places", table =>
            {
                table.HasCheckConstraint("ck_places_code", "code ~ '^[0-9][0-9AB][0-9]{3}$' and name <> ''");
                table.HasCheckConstraint("ck_places_position", "(latitude is null) = (longitude is null)");
                table.HasCheckConstraint("ck_places_epci", "(epci_code is null) = (epci_name is null)");
                table.HasCheckConstraint("ck_places_population", "population >= 0");
            });
            builder.HasKey(p => p.Code);
            builder.Ignore(p => p.Position).Ignore(p => p.CaenDistance).Ignore(p => p.ParisDistance);
        }
    }
}

/// <summary>A commune of former times, or a former name, and the commune that it is part of today.</summary>
/// <param name="Code">The code that it had: today's own where only the name has changed.</param>
/// <param name="Name">Empty: no file has said it.</param>
public sealed record FormerPlace(string Code, string Name, string PlaceCode)
{
    public sealed class Mapping : IEntityTypeConfiguration<FormerPlace>
    {
        public void Configure(EntityTypeBuilder<FormerPlace> builder)
        {
            builder.ToTable("former_places", table => table.HasCheckConstraint("ck_former_places_code", "code ~ '^[0-9][0-9AB][0-9]{3}$'"));
            builder.HasKey(f => new { f.Code, f.Name });
            builder.HasOne<Place>().WithMany().HasForeignKey(f => f.PlaceCode);
            builder.HasIndex(f => f.PlaceCode);
        }
    }
}

public enum PlaceFactKind { FibrePremises = 1 }

/// <summary>A figure of a day.</summary>
/// <param name="Source">Who counted, and in which file it stood.</param>
public sealed record PlaceFact(string PlaceCode, PlaceFactKind Kind, DateOnly Date, long Value, string Source)
{
    public sealed class Mapping : IEntityTypeConfiguration<PlaceFact>
    {
        public void Configure(EntityTypeBuilder<PlaceFact> builder)
        {
            builder.ToTable("place_facts", table =>
            {
                table.HasKnownValues<PlaceFactKind>("kind");
                table.HasCheckConstraint("ck_place_facts_value", "value >= 0");
            });
            builder.HasKey(f => new { f.PlaceCode, f.Kind, f.Date });
            builder.Property(f => f.Kind).AsText();
            builder.HasOne<Place>().WithMany().HasForeignKey(f => f.PlaceCode);
        }
    }
}
