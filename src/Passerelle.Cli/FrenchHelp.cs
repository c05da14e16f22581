using System.CommandLine;
using System.CommandLine.Help;

namespace Passerelle.Cli;

/// <summary>The help of System.CommandLine, whose French translation has holes: what it leaves in English is put right here.</summary>
internal static class FrenchHelp
{
    private static readonly (string English, string French)[] Holes =
    [
        ("Description:", "Description :"),
        ("[command]", "[commande]"),
        ("[default: ", "[par défaut : "),
    ];

    public static void Describe(RootCommand root)
    {
        foreach (var option in root.Options)
        {
            option.Description = option switch
            {
                HelpOption => Sentences.Get("Option.Help"),
                VersionOption => Sentences.Get("Option.Version"),
                _ => option.Description,
            };
        }
    }

    public static int Write(ParseResult parsed, TextWriter output)
    {
        using var help = new StringWriter();
        var code = parsed.Invoke(new InvocationConfiguration { Output = help });
        var text = help.ToString();
        foreach (var (english, french) in Holes)
            text = text.Replace(english, french, StringComparison.Ordinal);
        output.Write(text);
        return code;
    }
}
