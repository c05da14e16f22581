using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Places;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Housing.Searches;

public enum SearchState { Active = 1, Ended }

/// <summary>What a household looks for. It holds no word of anybody's, and goes with the household.</summary>
public sealed class Search
{
    Search() { }

    public static Search Open(Guid id, Guid caseId, SearchWishes wishes, DateTimeOffset now)
    {
        var search = new Search { Id = id, CaseId = caseId, State = SearchState.Active, CreateTime = now };
        search.Take(wishes, now);
        return search;
    }

    public Guid Id { get; private set; }

    public Guid CaseId { get; private set; }

    public SearchState State { get; private set; }

    public Feeds.Transaction Transaction { get; private set; }

    public string[] Places { get; private set; } = [];

    public string? AreaPlace { get; private set; }

    public double? AreaLatitude { get; private set; }

    public double? AreaLongitude { get; private set; }

    public double? AreaMetres { get; private set; }

    public TimeSpan? AreaTravel { get; private set; }

    public long? BudgetCents { get; private set; }

    public int? MinRooms { get; private set; }

    public int? MinBedrooms { get; private set; }

    public decimal? MinSurface { get; private set; }

    public string[] Kinds { get; private set; } = [];

    public Feeds.EnergyClass? WorstEnergy { get; private set; }

    public string[] Musts { get; private set; } = [];

    public string[] Wishes { get; private set; } = [];

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset UpdateTime { get; private set; }

    public DateTimeOffset? EndTime { get; private set; }

    /// <summary>Since when what is looked for now is matched against everything on the market; null: that is due.</summary>
    public DateTimeOffset? MatchTime { get; private set; }

    public string Name => Names.Of(Names.Searches, Id);

    public SearchWishes LookedFor => new(
        Transaction,
        Places,
        AreaMetres is { } metres ? new SearchArea(AreaPlace, new GeoPoint(AreaLatitude!.Value, AreaLongitude!.Value), metres, AreaTravel) : null,
        BudgetCents,
        MinRooms,
        MinBedrooms,
        MinSurface,
        [.. Kinds.Select(EnumText<PropertyKind>.Parse)],
        WorstEnergy,
        [.. Musts.Select(EnumText<Feature>.Parse)],
        [.. Wishes.Select(EnumText<Feature>.Parse)]);

    /// <exception cref="StateConflict">It is ended.</exception>
    public void Change(SearchWishes wishes, DateTimeOffset now)
    {
        if (State == SearchState.Ended) throw new StateConflict(Name, "ENDED", $"{Name} is ended: make another one.");
        Take(wishes, now);
    }

    /// <returns>False when it was ended before.</returns>
    public bool End(DateTimeOffset now)
    {
        if (State == SearchState.Ended) return false;
        (State, EndTime, UpdateTime) = (SearchState.Ended, now, now);
        return true;
    }

    void Take(SearchWishes wishes, DateTimeOffset now)
    {
        (Transaction, Places, BudgetCents, WorstEnergy) = (wishes.Transaction, wishes.Places, wishes.BudgetCents, wishes.WorstEnergy);
        (MinRooms, MinBedrooms, MinSurface) = (wishes.MinRooms, wishes.MinBedrooms, wishes.MinSurface);
        (AreaPlace, AreaTravel, AreaMetres) = (wishes.Area?.PlaceCode, wishes.Area?.Travel, wishes.Area?.Metres);
        (AreaLatitude, AreaLongitude) = (wishes.Area?.Centre.Latitude, wishes.Area?.Centre.Longitude);
        Kinds = [.. wishes.Kinds.Select(EnumText<PropertyKind>.Of)];
        Musts = [.. wishes.Musts.Select(EnumText<Feature>.Of)];
        Wishes = [.. wishes.Wishes.Select(EnumText<Feature>.Of)];
        (UpdateTime, MatchTime) = (now, null);
    }

    public sealed class Mapping : IEntityTypeConfiguration<Search>
    {
        public void Configure(EntityTypeBuilder<Search> builder)
        {
            builder.ToTable("searches", table =>
            {
                table.HasKnownValues<SearchState>("state");
                table.HasCheckConstraint("ck_searches_transaction", "transaction in ('sale', 'rental')");
                table.HasKnownValues<Feeds.EnergyClass>("worst_energy");
                table.HasCheckConstraint("ck_searches_kinds", $"kinds <@ array[{EnumText<PropertyKind>.SqlList}]");
                table.HasCheckConstraint("ck_searches_features", $"musts || wishes <@ array[{EnumText<Feature>.SqlList}]");
                table.HasCheckConstraint("ck_searches_where", "cardinality(places) > 0 or area_metres > 0");
                table.HasCheckConstraint("ck_searches_area", "num_nulls(area_latitude, area_longitude, area_metres) in (0, 3) and (area_travel is null or area_metres is not null)");
                table.HasCheckConstraint("ck_searches_end_time", "(state = 'ended') = (end_time is not null)");
            });
            builder.Property(s => s.Id).ValueGeneratedNever();
            builder.Property(s => s.State).AsText();
            builder.Property(s => s.Transaction).AsText();
            builder.Property(s => s.WorstEnergy).AsText();
            builder.Ignore(s => s.Name).Ignore(s => s.LookedFor);
            builder.HasOne<Case>().WithMany().HasForeignKey(s => s.CaseId);
            builder.HasIndex(s => new { s.CaseId, s.Id });
            builder.HasIndex(s => s.UpdateTime).HasFilter("state = 'active' and match_time is null");
        }
    }
}
