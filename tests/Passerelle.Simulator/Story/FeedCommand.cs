namespace Passerelle.Simulator.Story;

/// <summary>Writes the story's estate feed to a file, to be sent by other means.</summary>
static class FeedCommand
{
    public static OptionSet Options { get; } = new(Required: ["--to"], Valued: [], Flags: []);

    public static async Task<int> RunAsync(ParsedOptions options, TimeProvider time)
    {
        await File.WriteAllBytesAsync(options["--to"], DemoFeed.Zip());
        return 0;
    }
}
