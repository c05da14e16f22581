using System.Globalization;
using System.Text.RegularExpressions;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Clocks.Policies;

/// <summary>Resource names of policies: people choose their ids, and each version is one: clockPolicies/promise@2.</summary>
public static partial class PolicyNames
{
    public static string Of(PolicyKey key) => $"{Names.ClockPolicies}/{key}";

    public static bool IsId(string id) => Id().IsMatch(id);

    /// <summary>promise@2, as clocks name it.</summary>
    public static bool TryParseKey(string text, out PolicyKey key)
    {
        key = default;
        var found = Key().Match(text);
        if (!found.Success || !int.TryParse(found.Groups[2].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var version)) return false;
        key = new PolicyKey(found.Groups[1].Value, version);
        return true;
    }

    public static PolicyKey Read(string name, string field, Violations violations)
    {
        if (name.StartsWith(Names.ClockPolicies + "/", StringComparison.Ordinal) && TryParseKey(name[(Names.ClockPolicies.Length + 1)..], out var key)) return key;
        violations.Add(field, name.Length == 0 ? "is required" : "must look like clockPolicies/{id}@{version}");
        return default;
    }

    [GeneratedRegex("^[a-z0-9-]{3,40}\\z")]
    private static partial Regex Id();

    [GeneratedRegex("^([a-z0-9-]{3,40})@([1-9][0-9]{0,8})\\z")]
    private static partial Regex Key();
}
