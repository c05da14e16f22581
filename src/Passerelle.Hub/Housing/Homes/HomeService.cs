using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Homes;

public sealed class HomeService(HubDb db, HomeBook book) : Wire.HomeService.HomeServiceBase
{
    const int MaxPairs = 100;

    public override async Task<Wire.GetHomeResponse> GetHome(Wire.GetHomeRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.Homes, "name");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var home = await db.Homes.AsNoTracking().SingleOrDefaultAsync(h => h.Id == id, ct) ?? throw new ResourceNotFound(request.Name);
        var members = (await MembersAsync([id], ct))[id].ToList();
        var response = new Wire.GetHomeResponse { Home = ToWire(home, members) };
        response.Likenesses.AddRange(await ExplainAsync([.. members.Select(m => m.Listing)], ct));
        return response;
    }

    public override async Task<Wire.ListHomesResponse> ListHomes(Wire.ListHomesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        violations.Check(Enum.IsDefined(request.Transaction), "transaction", "is not a value that this version knows");
        violations.Text(request.Postcode, "postcode", 12, required: false);
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var query = db.Homes.AsNoTracking().Where(h => h.ListingCount > 0);
        if (request.Postcode.Length > 0) query = query.Where(h => h.Postcode == request.Postcode);
        Transaction[] wanted = [.. Enum.GetValues<Transaction>().Where(t => request.Transaction == Wire.Listing.Types.Transaction.Unspecified || ListingWire.ToWire(t) == request.Transaction)];
        query = query.Where(h => wanted.Contains(h.Transaction));
        if (page.After is { } after) query = query.Where(h => h.Id.CompareTo(after) > 0);
        var (homes, next) = page.Cut(await query.OrderBy(h => h.Id).Take(page.Size + 1).ToListAsync(ct), h => h.Id);
        var members = await MembersAsync([.. homes.Select(h => h.Id)], ct);
        var response = new Wire.ListHomesResponse { NextPageToken = next };
        // One whose last listing has just been withdrawn is on its way out.
        response.Homes.AddRange(homes.Where(h => members.Contains(h.Id)).Select(h => ToWire(h, [.. members[h.Id]])));
        return response;
    }

    public override async Task<Wire.JoinListingsResponse> JoinListings(Wire.JoinListingsRequest request, ServerCallContext context)
    {
        var homes = await DecideAsync(request.First, request.Second, areSame: true, request.Why, request.By, context);
        return new Wire.JoinListingsResponse { Home = homes is [{ Listings.Count: > 1 } home] ? home : null };
    }

    public override async Task<Wire.SeparateListingsResponse> SeparateListings(Wire.SeparateListingsRequest request, ServerCallContext context)
    {
        var response = new Wire.SeparateListingsResponse();
        response.Homes.AddRange(await DecideAsync(request.First, request.Second, areSame: false, request.Why, request.By, context));
        return response;
    }

    /// <returns>The homes that the two are in now.</returns>
    async Task<List<Wire.Home>> DecideAsync(string first, string second, bool areSame, string why, string by, ServerCallContext context)
    {
        var violations = new Violations();
        Guid[] ids = [violations.Id(first, Names.Listings, "first"), violations.Id(second, Names.Listings, "second")];
        var order = Ordered.Read(by, why, whyRequired: true, violations, context);
        violations.Check(first != second, "second", "must be another one than first");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var transactions = await db.Listings.Where(l => ids.Contains(l.Id)).ToDictionaryAsync(l => l.Id, l => l.Transaction, ct);
        if (Array.FindIndex(ids, id => !transactions.ContainsKey(id)) is >= 0 and var missing) throw new ResourceNotFound(missing == 0 ? first : second);
        violations.Check(transactions[ids[0]] == transactions[ids[1]], "second", "must be of the same transaction as first");
        violations.ThrowIfAny();
        await using (var transaction = await db.Database.BeginTransactionAsync(ct))
        {
            await book.DecideAsync(ids[0], ids[1], areSame, order.Why, order.By, ct);
            await transaction.CommitAsync(ct);
        }

        var homes = await db.Homes.AsNoTracking().Where(h => h.ListingCount > 0 && db.HomeListings.Any(l => l.HomeId == h.Id && ids.Contains(l.ListingId) && l.LeaveTime == null)).OrderBy(h => h.Id).ToListAsync(ct);
        var members = await MembersAsync([.. homes.Select(h => h.Id)], ct);
        return [.. homes.Select(h => ToWire(h, [.. members[h.Id]]))];
    }

    /// <summary>Of each home, what is on the market, in the order in which the hub came to know it.</summary>
    async Task<ILookup<Guid, Member>> MembersAsync(Guid[] homeIds, CancellationToken ct) =>
        (await db.HomeListings.AsNoTracking().Where(m => m.LeaveTime == null && homeIds.Contains(m.HomeId!.Value))
            .Join(db.Listings.AsNoTracking().Where(l => l.State == ListingState.OnMarket), m => m.ListingId, l => l.Id, (m, l) => new Member(m.HomeId!.Value, l, m.JoinTime))
            .ToListAsync(ct))
        .OrderBy(m => m.Listing.Id).ToLookup(m => m.HomeId);

    async Task<IEnumerable<Wire.Likeness>> ExplainAsync(Listing[] listings, CancellationToken ct)
    {
        var traits = listings.ToDictionary(l => l.Id, HomeTraits.Of);
        var ids = traits.Keys.ToArray();
        var decisions = await db.HomeDecisions.AsNoTracking().Where(d => d.AreSame && ids.Contains(d.FirstId) && ids.Contains(d.SecondId)).ToDictionaryAsync(d => (d.FirstId, d.SecondId), ct);
        return listings.SelectMany((one, i) => listings[(i + 1)..].Select(other => HomeGroups.PairOf(one.Id, other.Id))).Take(MaxPairs)
            .Select(pair => ToWire(pair, Likeness.Of(traits[pair.First], traits[pair.Second]), decisions.GetValueOrDefault(pair)));
    }

    static Wire.Likeness ToWire((Guid First, Guid Second) pair, Likeness likeness, HomeDecision? decision)
    {
        var wire = new Wire.Likeness
        {
            First = Names.Of(Names.Listings, pair.First),
            Second = Names.Of(Names.Listings, pair.Second),
            Score = likeness.Score,
            IsDecided = decision is not null,
            Why = decision?.Why ?? "",
            By = decision?.By ?? "",
        };
        wire.Reasons.AddRange(likeness.Reasons.Select(r => new Wire.LikenessReason
        {
            Sign = (Wire.LikenessReason.Types.Sign)r.Sign,
            Effect = (Wire.LikenessReason.Types.Effect)r.Effect,
            Weight = r.Weight,
            Sentence = LikenessSentences.Of(r),
        }));
        return wire;
    }

    static Wire.Home ToWire(Home home, IReadOnlyList<Member> members)
    {
        var wire = new Wire.Home
        {
            Name = home.Name,
            State = home.MergedIntoId is not null ? Wire.Home.Types.State.Merged : members.Count > 0 ? Wire.Home.Types.State.OnMarket : Wire.Home.Types.State.Withdrawn,
            Transaction = ListingWire.ToWire(home.Transaction),
            Postcode = home.Postcode ?? "",
            City = First(l => l.City) ?? "",
            PropertyType = First(l => l.PropertyTypeText) ?? "",
            SurfaceM2 = (double)(First(l => l.Surface) ?? 0),
            LandM2 = (double)(First(l => l.LandSurface) ?? 0),
            Rooms = First(l => l.Rooms) ?? 0,
            Bedrooms = First(l => l.Bedrooms) ?? 0,
            MergedInto = home.MergedIntoId is { } into ? Names.Of(Names.Homes, into) : "",
            CreateTime = home.CreateTime.ToWire(),
            UpdateTime = home.UpdateTime.ToWire(),
        };
        wire.Listings.AddRange(members.Select(m => new Wire.HomeListing
        {
            Listing = Names.Of(Names.Listings, m.Listing.Id),
            Partner = Names.OfPartner(m.Listing.PartnerId),
            Agency = m.Listing.Agency,
            Reference = m.Listing.Reference ?? "",
            Price = ListingWire.PriceOf(m.Listing),
            JoinTime = m.JoinTime.ToWire(),
        }));
        var prices = wire.Listings.Select(l => l.Price).Where(p => p is not null).OrderBy(p => p.Units).ThenBy(p => p.Nanos).ToList();
        (wire.LowestPrice, wire.HighestPrice) = (prices.FirstOrDefault(), prices.LastOrDefault());
        return wire;

        T? First<T>(Func<Listing, T?> of) => members.Select(m => of(m.Listing)).FirstOrDefault(v => v is not null);
    }

    sealed record Member(Guid HomeId, Listing Listing, DateTimeOffset? JoinTime);
}
