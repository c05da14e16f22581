using System.Globalization;
using System.Text;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Housing.Searches;

public enum CriterionKind { Place = 1, Budget, Rooms, Bedrooms, Surface, Property, Energy, Feature }

public enum CriterionOutcome
{
    Met = 1,

    /// <summary>Missed by little.</summary>
    Near,

    /// <summary>The listing does not say.</summary>
    Unknown,

    /// <summary>Not there; of what is required, that ends it.</summary>
    Missed,
}

/// <summary>One of the things that a search asks for, and what a listing has of it.</summary>
/// <param name="Feature">Only of features.</param>
/// <param name="Off">By how much it is near: cents, metres, rooms, letters, tenths of a square metre. Else 0.</param>
public readonly record struct Criterion(CriterionKind Kind, CriterionOutcome Outcome, Feature Feature = 0, bool IsWish = false, long Off = 0)
{
    /// <summary>As it is kept: `budget:near:4000`, `garden:met`, `wish.lift:unknown`. Tables read by themselves.</summary>
    public override string ToString()
    {
        var what = Kind == CriterionKind.Feature ? EnumText<Feature>.Of(Feature) : EnumText<CriterionKind>.Of(Kind);
        return string.Create(CultureInfo.InvariantCulture, $"{(IsWish ? "wish." : "")}{what}:{EnumText<CriterionOutcome>.Of(Outcome)}{(Off == 0 ? "" : $":{Off}")}");
    }

    public static string Write(ReadOnlySpan<Criterion> criteria)
    {
        var text = new StringBuilder(16 * criteria.Length);
        foreach (var criterion in criteria) text.Append(text.Length > 0 ? " " : "").Append(criterion);
        return text.ToString();
    }

    public static IReadOnlyList<Criterion> Read(string criteria) => [.. criteria.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(ReadOne)];

    static Criterion ReadOne(string text)
    {
        var isWish = text.StartsWith("wish.", StringComparison.Ordinal);
        var parts = (isWish ? text[5..] : text).Split(':');
        var (outcome, off) = (EnumText<CriterionOutcome>.Parse(parts[1]), parts is [_, _, var by] ? long.Parse(by, CultureInfo.InvariantCulture) : 0);
        return Kinds.TryGetValue(parts[0], out var kind) ? new(kind, outcome, IsWish: isWish, Off: off) : new(CriterionKind.Feature, outcome, EnumText<Feature>.Parse(parts[0]), isWish, off);
    }

    static readonly Dictionary<string, CriterionKind> Kinds = Enum.GetValues<CriterionKind>().Where(k => k != CriterionKind.Feature).ToDictionary(EnumText<CriterionKind>.Of);
}
