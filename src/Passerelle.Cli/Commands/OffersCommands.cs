using System.CommandLine;
using Passerelle.Cli.Offers;
using Passerelle.Cli.Settings;
using Passerelle.Contracts.Employment.V1;

namespace Passerelle.Cli.Commands;

/// <summary><c>passerelle offers</c>: job offers of employment partners.</summary>
internal static class OffersCommands
{
    /// <summary>What the contract takes in one stream.</summary>
    private const int MaxOffers = 10_000;

    public static Command Build(Runner runner)
    {
        var file = new Argument<string>("FILE") { HelpName = Sentences.Get("Option.File.Name"), Description = Sentences.Get("Offers.Push.File") };
        var push = new Command("push", Sentences.Get("Offers.Push")) { file };
        runner.Set(push, (run, cancellationToken) => PushAsync(run, run.Required(file), cancellationToken));
        return new Command("offers", Sentences.Get("Offers")) { push };
    }

    private static async Task<int> PushAsync(Run run, string path, CancellationToken cancellationToken)
    {
        await using var file = InputFile.Open(path);
        var read = await OfferFile.ReadAsync(file, Printable.Line(path), cancellationToken);
        var offers = read.OfType<ReadOffer.Good>().ToList();
        if (read.Count == 0)
            throw new UsageException(Sentences.Get("Offers.None", Printable.Line(path)));
        if (offers.Count > MaxOffers)
            throw new UsageException(Sentences.Get("Offers.TooMany", offers.Count, MaxOffers));

        var response = offers.Count == 0
            ? new PushOffersResponse()
            : await run.Output.ProgressAsync(
                Sentences.Get("Offers.Sending", offers.Count),
                offers.Count,
                sent => run.Client.PushOffersAsync(offers.Select(o => o.Offer).ToAsyncEnumerable(), sent: sent, cancellationToken: cancellationToken));

        var rejected = Merge(response, read, offers);
        run.Output.Object(response);
        Show(run.Output, response, rejected);
        return response.RejectedCount > 0 ? ExitCodes.SomeRejected : ExitCodes.Ok;
    }

    /// <summary>Adds what could not even be sent to what the hub refused, and counts both by their place in the file.</summary>
    private static List<string[]> Merge(PushOffersResponse response, List<ReadOffer> read, List<ReadOffer.Good> sent)
    {
        var rows = new List<(int Index, string[] Cells)>();
        foreach (var rejected in response.Rejected.Where(r => r.Index >= 0 && r.Index < sent.Count))
        {
            rejected.Index = sent[rejected.Index].Index;
            // The hub explains in English; what a French reader needs is what the field must hold.
            var advice = Sentences.Find("OfferField." + rejected.Field) ?? Sentences.Get("OfferField.Other");
            rows.Add((rejected.Index, Cells(rejected.Index, rejected.Reference, rejected.Field, advice)));
        }
        foreach (var bad in read.OfType<ReadOffer.Bad>())
        {
            response.ReceivedCount++;
            response.RejectedCount++;
            response.Rejected.Add(new PushOffersResponse.Types.RejectedOffer { Index = bad.Index, Reference = bad.Reference, Field = bad.Field, Description = bad.Sentence });
            rows.Add((bad.Index, Cells(bad.Index, bad.Reference, bad.Field, bad.Sentence)));
        }
        return [.. rows.OrderBy(r => r.Index).Select(r => r.Cells)];

        // People count from one.
        static string[] Cells(int index, string reference, string field, string sentence) => [(index + 1).ToString(Sentences.French), reference, field, sentence];
    }

    private static void Show(Output output, PushOffersResponse response, List<string[]> rejected)
    {
        Count(output, "Received", response.ReceivedCount);
        Count(output, "New", response.NewCount);
        Count(output, "Changed", response.ChangedCount);
        Count(output, "Unchanged", response.UnchangedCount);
        Count(output, "Rejected", response.RejectedCount);
        if (rejected.Count == 0)
            return;
        output.Line();
        output.Table([Sentences.Get("Column.Offer"), Sentences.Get("Column.Reference"), Sentences.Get("Column.Field"), Sentences.Get("Column.Sentence")], rejected);
        // An offer with several faults has a line for each.
        var told = rejected.Select(cells => cells[0]).Distinct().Count();
        if (response.RejectedCount > told)
            output.Line(Sentences.Get("Offers.MoreRejected", response.RejectedCount - told));
    }

    private static void Count(Output output, string what, int count) => output.Line($"  {Sentences.Get("Count." + what),-14}{count,8}");
}
