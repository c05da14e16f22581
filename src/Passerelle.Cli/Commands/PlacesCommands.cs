using System.CommandLine;
using System.Globalization;
using Google.Protobuf;
using Passerelle.Cli.Settings;
using Passerelle.Contracts.Places.V1;

namespace Passerelle.Cli.Commands;

/// <summary><c>passerelle places</c>: communes, by what people call them; and the public files that they come from.</summary>
internal static class PlacesCommands
{
    /// <summary>What one call takes.</summary>
    private const long MaxBytes = 3 * 1024 * 1024;

    public static Command Build(Runner runner)
    {
        var query = new Argument<string[]>("NAME") { HelpName = Sentences.Get("Option.Name.Name"), Description = Sentences.Get("Places.Find.Query"), Arity = ArgumentArity.OneOrMore };
        var postcode = new Option<string?>("--postcode") { HelpName = Sentences.Get("Places.Find.Postcode.Name"), Description = Sentences.Get("Places.Find.Postcode") };
        var find = new Command("find", Sentences.Get("Places.Find")) { query, postcode };
        runner.Set(find, (run, cancellationToken) => FindAsync(run, string.Join(' ', run.Required(query)), run.Value(postcode) ?? "", cancellationToken));

        var files = new Argument<string[]>("FILES") { HelpName = Sentences.Get("Option.File.Name"), Description = Sentences.Get("Places.Import.Files"), Arity = ArgumentArity.OneOrMore };
        var import = new Command("import", Sentences.Get("Places.Import")) { files };
        runner.Set(import, (run, cancellationToken) => ImportAsync(run, run.Required(files), cancellationToken));
        return new Command("places", Sentences.Get("Places")) { find, import };
    }

    private static async Task<int> FindAsync(Run run, string query, string postcode, CancellationToken cancellationToken)
    {
        var found = await run.Client.Places.FindPlaceAsync(new FindPlaceRequest { Query = query, Postcode = postcode }, cancellationToken: cancellationToken);
        run.Output.Object(found);
        if (found.Place is { } place)
        {
            if (found.FormerPlace is { } former)
                run.Output.Line(Sentences.Get("Places.Was", Printable.Line(former.DisplayName), former.Code, Printable.Line(place.DisplayName)));
            Show(run.Output, place);
            return ExitCodes.Ok;
        }

        // A script must not take a candidate for an answer.
        run.Output.Line(Sentences.Get((found.Outcome, found.Candidates.Count) switch
        {
            (FindPlaceResponse.Types.Outcome.Ambiguous, _) => "Places.Ambiguous",
            (_, 0) => "Places.Unknown",
            _ => "Places.DidYouMean",
        }, Printable.Line(query)));
        run.Output.Table(
            [Sentences.Get("Column.Code"), Sentences.Get("Column.DisplayName"), Sentences.Get("Column.Postcodes"), Sentences.Get("Column.MatchedName")],
            [.. found.Candidates.Select(c => (string[])[c.Place.Code, c.Place.DisplayName, string.Join(' ', c.Place.Postcodes), c.MatchedName])]);
        return ExitCodes.Refused;
    }

    private static void Show(Output output, Place place)
    {
        output.Line(Sentences.Get("Places.Title", Printable.Line(place.DisplayName), place.Code));
        output.Line(Sentences.Get("Places.Postcodes", string.Join(", ", place.Postcodes)));
        if (place.Epci.Length > 0)
            output.Line(Sentences.Get("Places.Epci", Printable.Line(place.EpciDisplayName), place.Epci));
        if (place.Population > 0)
            output.Line(Sentences.Get("Places.Population", place.Population));
        if (place.Position is not null)
            output.Line(Sentences.Get("Places.Distances", place.CaenDistanceKm, place.ParisDistanceKm));
        foreach (var fact in place.Facts.Take(1).Where(f => f.FactDate is not null))
        {
            var day = new DateOnly(fact.FactDate.Year, fact.FactDate.Month, fact.FactDate.Day).ToString("D", Sentences.French);
            output.Line(Sentences.Get("Places.Fibre", fact.Value, day, Printable.Line(fact.Source)));
        }
        var former = place.FormerPlaces.Where(f => f.DisplayName.Length > 0).Select(f => Printable.Line(f.DisplayName)).ToList();
        if (former.Count > 0)
            output.Line(Sentences.Get("Places.Former", string.Join(", ", former)));
    }

    private static async Task<int> ImportAsync(Run run, string[] paths, CancellationToken cancellationToken)
    {
        var request = new ImportPlacesRequest();
        long size = 0;
        foreach (var path in paths)
        {
            await using var file = InputFile.Open(path);
            if ((size += file.Length) > MaxBytes)
                throw new UsageException(Sentences.Get("Places.TooLarge"));
            request.Files.Add(new PlaceFile { FileName = Path.GetFileName(path), Content = await ByteString.FromStreamAsync(file, cancellationToken) });
        }

        var done = await run.Client.Places.ImportPlacesAsync(request, cancellationToken: cancellationToken);
        run.Output.Object(done);
        Count("Places", done.PlaceCount);
        Count("PlacesChanged", done.ChangedCount);
        Count("PlacesMerged", done.MergedCount);
        Count("PlacesFormer", done.FormerCount);
        Count("PlaceFacts", done.FactCount);
        Count("PlacesIgnored", done.IgnoredCount);
        return ExitCodes.Ok;

        void Count(string what, int count) => run.Output.Line($"  {Sentences.Get("Count." + what),-36}{count.ToString(CultureInfo.InvariantCulture),8}");
    }
}
