using System.CommandLine;
using System.Globalization;

namespace Passerelle.Cli.Commands;

/// <summary>What several commands are made of: options, and the reading of a list page by page.</summary>
internal static class Parts
{
    private const int PageSize = 200;

    /// <summary>A resource, whole or by its last part.</summary>
    public static Option<string?> Named(string option, string description) => new(option) { HelpName = Sentences.Get("Option.Name.Name"), Description = description };

    /// <summary>One of a few words.</summary>
    public static Option<string?> Choice<T>(string option, Dictionary<string, T> words, string description)
    {
        var choice = new Option<string?>(option) { HelpName = Sentences.Get("Option.Word.Name"), Description = description };
        choice.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<string?>() is { } given && !words.ContainsKey(given))
                result.AddError(Sentences.Get("WordUnknown", Printable.Line(given), option, string.Join(", ", words.Keys)));
        });
        return choice;
    }

    public static Option<DateTimeOffset?> Time(string option, string description, bool required = false) => new(option)
    {
        HelpName = Sentences.Get("Option.Date.Name"),
        Description = description,
        Required = required,
        CustomParser = result =>
        {
            if (FrenchTime.TryParse(result.Tokens[0].Value, out var time))
                return time;
            result.AddError(Sentences.Get("DateMalformed", Printable.Line(result.Tokens[0].Value)));
            return null;
        },
    };

    /// <summary>How many of a list are shown.</summary>
    public static Option<int> Limit() => new("--limit")
    {
        HelpName = "N",
        Description = Sentences.Get("Limit"),
        DefaultValueFactory = _ => 50,
        CustomParser = result =>
        {
            if (int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var given) && given >= 1)
                return given;
            result.AddError(Sentences.Get("LimitMalformed"));
            return 0;
        },
    };

    /// <summary>So many of a list at most, each also as an object of the output.</summary>
    /// <param name="read">A page of so many at most, from a token on: the items and the next token, empty at the end.</param>
    /// <returns>What was found, and whether there is more.</returns>
    public static async Task<(IReadOnlyList<T> Found, bool More)> ListAsync<T>(Output output, int limit, Func<int, string, Task<(IReadOnlyList<T> Items, string Next)>> read)
        where T : Google.Protobuf.IMessage
    {
        var found = new List<T>();
        var next = "";
        do
        {
            (var items, next) = await read(Math.Min(PageSize, limit - found.Count), next);
            foreach (var item in items.Take(limit - found.Count))
            {
                output.Object(item);
                found.Add(item);
            }
        }
        while (next.Length > 0 && found.Count < limit);
        return (found, next.Length > 0);
    }
}
