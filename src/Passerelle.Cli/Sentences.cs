using System.Globalization;
using System.Resources;
using Passerelle.Client;
using Passerelle.Contracts.Common.V1;

namespace Passerelle.Cli;

/// <summary>All that the command line says to people, in French, from Sentences.resx.</summary>
internal static class Sentences
{
    private static readonly ResourceManager Resources = new("Passerelle.Cli.Sentences", typeof(Sentences).Assembly);

    public static CultureInfo French { get; } = CultureInfo.GetCultureInfo("fr-FR");

    /// <summary>A sentence with its values. A key that does not exist is a defect.</summary>
    public static string Get(string key, params ReadOnlySpan<object?> values)
    {
        var text = Find(key) ?? throw new InvalidOperationException($"There is no sentence {key}.");
        return values.Length == 0 ? text : string.Format(French, text, values);
    }

    public static string? Find(string key) => Resources.GetString(key, French);

    /// <summary>The French word for a value of the contract, or the value as it is: more will come, and an old client must show it.</summary>
    public static string Word(string prefix, object value) => Find($"{prefix}.{value}") ?? value.ToString()!;

    // What a refused file looks like comes as a code; the rest is shown as it is.
    private static string Said(string key, string value) => key == "seen" ? Word("Seen", value) : value;

    /// <summary>What happened and what to do about it.</summary>
    public static string Of(PasserelleError error)
    {
        if (error.IsTls)
            return Get("Code.Tls");
        var sentence = error.Reason == ErrorReason.Unspecified
            ? Find($"Code.{error.Code}") ?? Get("Code.Other", error.Code)
            : Get($"Reason.{error.Reason}");
        // The sentences name metadata as {partner}; what the hub did not send is left out with a dash.
        foreach (var key in (string[])["scope", "resource", "state", "limit", "person", "purpose", "partner", "kind", "seen", "trace", "file", "problem"])
            sentence = sentence.Replace('{' + key + '}', Printable.Line(Said(key, error.Metadata.GetValueOrDefault(key, "—"))), StringComparison.Ordinal);
        return error.FieldViolations.Count == 0
            ? sentence
            : sentence + string.Concat(error.FieldViolations.Select(v => "\n  " + Get("FieldViolation", Printable.Line(v.Field), Printable.Line(v.Description))));
    }
}
