using System.Collections.Frozen;
using Passerelle.Hub.Feeds;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>A closed list of words, compared without case, accents, blanks or punctuation, and of codes without letters, compared as they are.</summary>
sealed class Vocabulary<T> where T : struct, Enum
{
    const int MostSeen = 256;

    readonly FrozenDictionary<string, T> words;

    /// <summary>As files write them: a file writes one word a thousand times. Replaced whole, so that readers of other files need no lock.</summary>
    Dictionary<string, T> seen = [];

    public Vocabulary(params (T Value, string[] Words)[] entries) =>
        words = entries.SelectMany(e => e.Words.Select(word => (Word: KeyOf(word), e.Value))).ToFrozenDictionary(e => e.Word, e => e.Value);

    public bool TryGet(ReadOnlySpan<char> text, out T value)
    {
        var known = seen;
        if (known.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out value))
            return true;
        if (!words.TryGetValue(KeyOf(text), out value))
            return false;
        if (known.Count < MostSeen)
            seen = new Dictionary<string, T>(known) { [text.ToString()] = value };
        return true;
    }

    static string KeyOf(ReadOnlySpan<char> text) => FieldText.Key(text) is { Length: > 0 } key ? key : FieldText.Excerpt(text);
}
