using System.Text.Json;
using Passerelle.Simulator;
using Passerelle.Simulator.Hub;
using Passerelle.Simulator.Partners;
using Passerelle.Simulator.Story;

return args switch
{
    ["partners", .. var rest] => await Run(rest, PartnersCommand.Options, PartnersCommand.RunAsync),
    ["story", .. var rest] => await Run(rest, StoryCommand.Options, StoryCommand.RunAsync),
    ["feed", .. var rest] => await Run(rest, FeedCommand.Options, FeedCommand.RunAsync),
    ["addresses", .. var rest] => await Run(rest, AddressesCommand.Options, AddressesCommand.RunAsync),
    ["--help" or "-h"] => Help(Console.Out, 0),
    _ => Help(Console.Error, 2),
};

static async Task<int> Run(string[] rest, OptionSet set, Func<ParsedOptions, TimeProvider, Task<int>> command)
{
    if (!set.TryParse(rest, out var options, out var problem))
    {
        await Console.Error.WriteLineAsync(problem);
        return Help(Console.Error, 2);
    }
    try
    {
        return await command(options, TimeProvider.System);
    }
    catch (Exception e) when (e is InvalidDataException or IOException or JsonException)
    {
        // A keys file that is not there or not whole, a port in use: what to say is in the message.
        await Console.Error.WriteLineAsync(e.Message);
        return 1;
    }
}

static int Help(TextWriter output, int exitCode)
{
    output.Write("""
        passerelle-simulator partners --keys FILE [--listen http://127.0.0.1:5082] [--hub ADDRESS]
            The partners of the demonstration: they receive by push and by pull, and answer.
            Their behaviour can be read and changed over clear-text HTTP/2 on the same port:
              curl --http2-prior-knowledge ADDRESS/control
              curl --http2-prior-knowledge -X PUT -H 'content-type: application/json' \
                   -d '{"failFirst":2,"failWith":"UNAVAILABLE"}' ADDRESS/control/emploi-demo

        passerelle-simulator story --keys FILE [--feed FILE] [--hub ADDRESS] [--json]
            Plays one household's story through the hub's public contract and checks every step.
            Exits with 0 when all steps passed, with 1 otherwise.

        passerelle-simulator feed --to FILE
            Writes the estate feed of the story, a Poliris ZIP with invented properties.

        passerelle-simulator addresses --keys FILE
            Where the hub listens, who may call it, and a first call to try.

        """);
    return exitCode;
}
