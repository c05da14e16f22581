using System.CommandLine;

namespace Passerelle.Cli.Settings;

/// <summary>The options that every command has.</summary>
internal sealed class ConnectionOptions
{
    public Option<string?> Address { get; } = New("--address", "Option.Address.Name", "Option.Address");
    public Option<string?> Key { get; } = New("--key", "Option.Key.Name", "Option.Key");
    public Option<string?> Profile { get; } = New("--profile", "Option.File.Name", "Option.Profile");
    public Option<string?> Certificate { get; } = New("--cert", "Option.File.Name", "Option.Cert");
    public Option<string?> Authority { get; } = New("--authority", "Option.File.Name", "Option.Authority");
    public Option<string?> Purpose { get; } = Commands.Parts.Choice("--purpose", Connection.Purposes, Sentences.Get("Option.Purpose"));
    public Option<string?> Actor { get; } = New("--actor", "Option.Actor.Name", "Option.Actor");
    public Option<bool> Json { get; } = new("--json") { Description = Sentences.Get("Option.Json"), Recursive = true };

    public void AddTo(RootCommand root)
    {
        foreach (var option in (Option[])[Address, Key, Profile, Certificate, Authority, Purpose, Actor, Json])
            root.Add(option);
        Purpose.Recursive = true;
    }

    private static Option<string?> New(string name, string helpName, string description) =>
        new(name) { HelpName = Sentences.Get(helpName), Description = Sentences.Get(description), Recursive = true };
}
