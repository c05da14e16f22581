using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Places.V1;

namespace Passerelle.Hub.Places;

/// <summary>The problem is French: people read it.</summary>
public sealed class PlaceFileInvalid(string file, string problem)
    : Refusal(StatusCode.InvalidArgument, ErrorReason.PlaceFileInvalid, $"{file} : {problem}", ("file", file), ("problem", problem));

public sealed class PlaceService(HubDb db) : Wire.PlaceService.PlaceServiceBase
{
    const int MaxQuery = 100;
    const int MaxFiles = 20;
    const int MaxFileName = 200;

    public override async Task<Wire.GetPlaceResponse> GetPlace(Wire.GetPlaceRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var code = PlaceNames.Read(request.Name, "name", violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var book = await PlaceBook.LoadAsync(db, ct);
        var place = book.ByCode(code) ?? throw new ResourceNotFound(request.Name);
        return new Wire.GetPlaceResponse { Place = (await ToWireAsync([place], ct))[0] };
    }

    public override async Task<Wire.ListPlacesResponse> ListPlaces(Wire.ListPlacesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        violations.Check(request.Postcode.Length == 0 || Place.IsPostcode(request.Postcode), "postcode", "must be five digits");
        violations.Text(request.Epci, "epci", 20, required: false);
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var places = db.Places.AsNoTracking();
        if (request.Postcode.Length > 0) places = places.Where(p => p.Postcodes.Contains(request.Postcode));
        if (request.Epci.Length > 0) places = places.Where(p => p.EpciCode == request.Epci);
        if (page.After is { } after)
        {
            var last = PlaceNames.CodeAt(after);
            places = places.Where(p => p.Code.CompareTo(last) > 0);
        }

        var (items, next) = page.Cut(await places.OrderBy(p => p.Code).Take(page.Size + 1).ToListAsync(ct), p => PlaceNames.PositionOf(p.Code));
        var response = new Wire.ListPlacesResponse { NextPageToken = next };
        response.Places.AddRange(await ToWireAsync(items, ct));
        return response;
    }

    public override async Task<Wire.FindPlaceResponse> FindPlace(Wire.FindPlaceRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        violations.Text(request.Query, "query", MaxQuery);
        violations.Text(request.Postcode, "postcode", 12, required: false);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var finding = (await PlaceBook.LoadAsync(db, ct)).Find(request.Query, request.Postcode);
        switch (finding)
        {
            case PlaceFinding.Exact(var place):
                return new Wire.FindPlaceResponse { Outcome = Wire.FindPlaceResponse.Types.Outcome.Exact, Place = (await ToWireAsync([place], ct))[0] };
            case PlaceFinding.Former(var place, var was):
                return new Wire.FindPlaceResponse { Outcome = Wire.FindPlaceResponse.Types.Outcome.Former, Place = (await ToWireAsync([place], ct))[0], FormerPlace = ToWire(was) };
            case PlaceFinding.Ambiguous(var candidates):
                return await AskAsync(Wire.FindPlaceResponse.Types.Outcome.Ambiguous, candidates, ct);
            case PlaceFinding.Unknown(var candidates):
                return await AskAsync(Wire.FindPlaceResponse.Types.Outcome.Unknown, candidates, ct);
            default:
                throw new InvalidOperationException($"Nobody knows what {finding} is.");
        }
    }

    public override async Task<Wire.ImportPlacesResponse> ImportPlaces(Wire.ImportPlacesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        violations.Check(request.Files.Count is > 0 and <= MaxFiles, "files", $"must be 1 to {MaxFiles} files");
        for (var i = 0; i < request.Files.Count; i++) violations.Text(request.Files[i].FileName, $"files[{i}].file_name", MaxFileName);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        try
        {
            IReadOnlyList<PlaceData> files = [.. request.Files.Select(f => PlaceFileReader.Read(f.FileName, f.Content.Span))];
            await using var transaction = await db.Database.BeginTransactionAsync(ct);
            var counts = await new PlaceImport(db).RunAsync(files, ct);
            await transaction.CommitAsync(ct);
            return new Wire.ImportPlacesResponse
            {
                PlaceCount = counts.Places,
                ChangedCount = counts.Changed,
                MergedCount = counts.Merged,
                FormerCount = counts.Former,
                FactCount = counts.Facts,
                IgnoredCount = counts.Ignored,
            };
        }
        catch (PlaceFileRefused refused)
        {
            throw new PlaceFileInvalid(refused.File, PlaceSentences.For(refused.Problem, refused.Seen));
        }
    }

    async Task<Wire.FindPlaceResponse> AskAsync(Wire.FindPlaceResponse.Types.Outcome outcome, IReadOnlyList<PlaceCandidate> candidates, CancellationToken ct)
    {
        var response = new Wire.FindPlaceResponse { Outcome = outcome };
        var places = await ToWireAsync([.. candidates.Select(c => c.Place)], ct);
        response.Candidates.AddRange(candidates.Zip(places, (candidate, place) => new Wire.PlaceCandidate { Place = place, MatchedName = candidate.MatchedName }));
        return response;
    }

    async Task<IReadOnlyList<Wire.Place>> ToWireAsync(IReadOnlyList<Place> places, CancellationToken ct)
    {
        var codes = places.Select(p => p.Code).ToList();
        var former = (await db.FormerPlaces.AsNoTracking().Where(f => codes.Contains(f.PlaceCode)).OrderBy(f => f.Code).ThenBy(f => f.Name).ToListAsync(ct)).ToLookup(f => f.PlaceCode);
        var facts = (await db.PlaceFacts.AsNoTracking().Where(f => codes.Contains(f.PlaceCode)).OrderByDescending(f => f.Date).ToListAsync(ct)).ToLookup(f => f.PlaceCode);
        return [.. places.Select(p => ToWire(p, former[p.Code], facts[p.Code]))];
    }

    static Wire.Place ToWire(Place place, IEnumerable<FormerPlace> former, IEnumerable<PlaceFact> facts)
    {
        var wire = new Wire.Place
        {
            Name = PlaceNames.Of(place.Code),
            Code = place.Code,
            DisplayName = place.Name,
            Epci = place.EpciCode ?? "",
            EpciDisplayName = place.EpciName ?? "",
            Population = place.Population ?? 0,
            Position = place.Position is { } at ? new Wire.Position { Latitude = at.Latitude, Longitude = at.Longitude } : null,
            CaenDistanceKm = Rounded(place.CaenDistance),
            ParisDistanceKm = Rounded(place.ParisDistance),
        };
        wire.Postcodes.AddRange(place.Postcodes);
        wire.FormerPlaces.AddRange(former.Select(ToWire));
        wire.Facts.AddRange(facts.Select(f => new Wire.PlaceFact { Kind = (Wire.PlaceFact.Types.Kind)f.Kind, FactDate = f.Date.ToWire(), Value = f.Value, Source = f.Source }));
        return wire;
    }

    static Wire.FormerPlace ToWire(FormerPlace former) => new() { Code = former.Code, DisplayName = former.Name };

    static double Rounded(double? km) => Math.Round(km ?? 0, 1);
}
