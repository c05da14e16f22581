using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Passerelle.Hub.Persistence;

/// <summary>States are stored as text, `awaiting_answer` for AwaitingAnswer, with a CHECK that names them all: a table reads by itself.</summary>
public static class EnumText<T> where T : struct, Enum
{
    static readonly Dictionary<T, string> ToText = Enum.GetValues<T>().ToDictionary(v => v, v => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()));
    static readonly Dictionary<string, T> FromText = ToText.ToDictionary(p => p.Value, p => p.Key);

    public static string Of(T value) => ToText[value];

    public static T Parse(string text) => FromText[text];

    public static string SqlList => string.Join(", ", ToText.Values.Select(t => $"'{t}'"));
}

public static class EnumMapping
{
    public static PropertyBuilder<T> AsText<T>(this PropertyBuilder<T> property) where T : struct, Enum =>
        property.HasConversion(v => EnumText<T>.Of(v), t => EnumText<T>.Parse(t));

    public static PropertyBuilder<T?> AsText<T>(this PropertyBuilder<T?> property) where T : struct, Enum =>
        property.HasConversion(v => v == null ? null : EnumText<T>.Of(v.Value), t => t == null ? null : EnumText<T>.Parse(t));

    /// <summary>The CHECK for a column mapped AsText.</summary>
    public static void HasKnownValues<T>(this TableBuilder table, string column) where T : struct, Enum =>
        table.HasCheckConstraint($"ck_{table.Name}_{column}", $"{column} in ({EnumText<T>.SqlList})");
}
