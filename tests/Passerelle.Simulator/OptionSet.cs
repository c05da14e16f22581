using System.Diagnostics.CodeAnalysis;

namespace Passerelle.Simulator;

/// <summary>The options that a command takes: some with a value, some without, some that must be there.</summary>
sealed record OptionSet(string[] Required, string[] Valued, string[] Flags)
{
    public bool TryParse(string[] args, [NotNullWhen(true)] out ParsedOptions? options, [NotNullWhen(false)] out string? problem)
    {
        options = null;
        problem = null;
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i];
            if (Flags.Contains(name))
            {
                values[name] = "";
                continue;
            }
            if (!Valued.Contains(name) && !Required.Contains(name)) problem = $"Unknown option: {name}";
            else if (i + 1 == args.Length) problem = $"{name} needs a value.";
            else values[name] = args[++i];
            if (problem is not null) return false;
        }
        if (Required.FirstOrDefault(name => !values.ContainsKey(name)) is { } missing)
        {
            problem = $"{missing} is required.";
            return false;
        }
        options = new ParsedOptions(values);
        return true;
    }
}

sealed record ParsedOptions(IReadOnlyDictionary<string, string> Values)
{
    public string this[string name] => Values[name];

    public string? Find(string name) => Values.GetValueOrDefault(name);

    public bool Has(string flag) => Values.ContainsKey(flag);
}
