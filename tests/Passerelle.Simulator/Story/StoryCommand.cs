using System.Runtime.InteropServices;
using Grpc.Core;
using Passerelle.Simulator.Hub;

namespace Passerelle.Simulator.Story;

/// <summary>Plays one household's story through the public contract and checks every step.</summary>
static class StoryCommand
{
    public static OptionSet Options { get; } = new(Required: ["--keys"], Valued: ["--feed", "--hub"], Flags: ["--json"]);

    // Each stands on the household; apart from that, one can fail without hiding what the others have to say.
    static readonly Func<Journey, Task>[] Chapters =
    [
        HouseholdChapter.PlayAsync,
        ReferralChapter.PlayAsync,
        ListingChapter.PlayAsync,
        VisitChapter.PlayAsync,
        OfferChapter.PlayAsync,
        EnrolmentChapter.PlayAsync,
        ClosingChapter.PlayAsync,
    ];

    public static async Task<int> RunAsync(ParsedOptions options, TimeProvider time)
    {
        var feed = options.Find("--feed");
        if (feed is not null && !File.Exists(feed))
        {
            await Console.Error.WriteLineAsync($"No such feed: {feed}");
            return 2;
        }

        using var stop = new CancellationTokenSource();
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);

        try
        {
            var keys = await KeyFile.ReadAsync(options["--keys"], time, stop.Token);
            var teller = new Teller(options.Has("--json"), time, stop.Token);
            await using var journey = new Journey(keys, options.Find("--hub") ?? keys.Addresses.Grpc, feed, teller, time, stop.Token);
            foreach (var chapter in Chapters) await PlayAsync(chapter, journey);
            teller.Conclude(await Summary.ReadAsync(journey));
            return teller.Failed == 0 ? 0 : 1;
        }
        catch (Exception e) when (stop.IsCancellationRequested && e is OperationCanceledException or RpcException)
        {
            await Console.Error.WriteLineAsync("The story was interrupted.");
            return 1;
        }
    }

    static async Task PlayAsync(Func<Journey, Task> chapter, Journey journey)
    {
        try
        {
            await chapter(journey);
        }
        catch (ChapterEnded)
        {
            // The step has told why.
        }
    }
}
