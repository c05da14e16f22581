namespace Passerelle.Hub.Places;

/// <summary>How much two short texts look alike.</summary>
public static class Spelling
{
    /// <summary>1 for equal texts, 0 for texts that have nothing in common: by the letters that must be put in, left out, changed, or exchanged with their neighbours
    /// (Damerau-Levenshtein, each place touched once).</summary>
    public static double Of(string one, string other)
    {
        var longest = Math.Max(one.Length, other.Length);
        return longest == 0 ? 1 : 1 - (double)Edits(one, other) / longest;
    }

    public static int Edits(string one, string other)
    {
        var (before, last, now) = (new int[other.Length + 1], new int[other.Length + 1], new int[other.Length + 1]);
        for (var j = 0; j <= other.Length; j++) last[j] = j;
        for (var i = 1; i <= one.Length; i++)
        {
            now[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                now[j] = Math.Min(Math.Min(now[j - 1], last[j]) + 1, last[j - 1] + (one[i - 1] == other[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && one[i - 1] == other[j - 2] && one[i - 2] == other[j - 1]) now[j] = Math.Min(now[j], before[j - 2] + 1);
            }

            (before, last, now) = (last, now, before);
        }

        return last[other.Length];
    }
}
