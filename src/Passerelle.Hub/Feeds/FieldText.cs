using System.Buffers;
using System.Globalization;
using System.Text;

namespace Passerelle.Hub.Feeds;

/// <summary>Reads one field's text as a value. Nothing throws: a value that cannot be read is a problem to report, by the caller.</summary>
static class FieldText
{
    public delegate bool Parser<T>(ReadOnlySpan<char> text, out T value) where T : struct;

    static readonly SearchValues<char> NothingBut = SearchValues.Create("0.,/-: T");
    static readonly SearchValues<char> Unclean = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(c => (char)c), '<']);
    static readonly SearchValues<char> VersionCharacters = SearchValues.Create("0123456789.");
    static readonly SearchValues<char> NotInAddress = SearchValues.Create(" \t\r\n\"<>\\^`{|}");
    static readonly string[] DateShapes = ["dd/MM/yyyy", "d/M/yyyy", "yyyy-MM-dd", "dd-MM-yyyy", "dd.MM.yyyy", "yyyy/MM/dd", "yyyyMMdd", "dd/MM/yy"];

    /// <summary>Blank, "0", "0.00" and "00/00/0000" all say that the CRM has no value.</summary>
    public static bool IsNotGiven(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(NothingBut);

    /// <summary>A number as people and spreadsheets write it: "1 495 000,00 €", "47.69", "1.495.000", "62,5 m²".</summary>
    public static bool TryNumber(ReadOnlySpan<char> text, out decimal value)
    {
        if (TryPlain(text, out value))
            return true;
        if (text.EndsWith("m2"))
            text = text[..^2];
        text = text.TrimEnd(" €%²mMEURO\u00A0\u202F");
        if (text.Length is 0 or > 40)
            return false;

        var separator = text.LastIndexOfAny('.', ',');
        // The same separator twice groups thousands; two kinds, and the last one is the decimal one.
        if (separator >= 0 && text[..separator].Contains(text[separator]))
            separator = -1;

        Span<char> plain = stackalloc char[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (i == separator)
                plain[length++] = '.';
            else if (text[i] is not (' ' or '\u00A0' or '\u202F' or '\'' or '.' or ','))
                plain[length++] = text[i];
        }

        if (!decimal.TryParse(plain[..length], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out value))
            return false;
        value = WithoutTrailingZeros(value);
        return true;
    }

    /// <summary>Digits with at most one point between them, which nearly all numbers are.</summary>
    static bool TryPlain(ReadOnlySpan<char> text, out decimal value)
    {
        value = 0;
        if (text.Length is 0 or > 17)
            return false;
        var (digits, point) = (0L, -1);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsAsciiDigit(text[i]))
                digits = digits * 10 + (text[i] - '0');
            else if (text[i] == '.' && point < 0 && i > 0 && i < text.Length - 1)
                point = i;
            else
                return false;
        }

        var scale = point < 0 ? 0 : text.Length - 1 - point;
        for (; scale > 0 && digits % 10 == 0; scale--)
            digits /= 10;
        value = new decimal((int)digits, (int)(digits >> 32), 0, isNegative: false, (byte)scale);
        return true;
    }

    /// <summary>A decimal remembers how it was written; 62.5 and 62.50 are one number.</summary>
    static decimal WithoutTrailingZeros(decimal value) => value / 1.0000000000000000000000000000m;

    /// <summary>Euros to cents; computed amounts such as "266.6875" are rounded.</summary>
    public static bool TryAmount(ReadOnlySpan<char> text, out long cents) => TryCents(text, out cents, out _);

    /// <summary>Euros to cents; a third decimal is refused, because "185.000" may mean 185 or 185,000 and a price is not guessed.</summary>
    public static bool TryPrice(ReadOnlySpan<char> text, out long cents) =>
        TryCents(text, out cents, out var exact) && exact && !HasThreeDecimals(text);

    static bool TryCents(ReadOnlySpan<char> text, out long cents, out bool exact)
    {
        (cents, exact) = (0, false);
        // No home costs ten billion euros: this only keeps the arithmetic safe.
        if (!TryNumber(text, out var euros) || euros is < 0 or > 10_000_000_000m)
            return false;
        cents = (long)Math.Round(euros * 100, MidpointRounding.AwayFromZero);
        exact = cents == euros * 100;
        return true;
    }

    static bool HasThreeDecimals(ReadOnlySpan<char> text)
    {
        text = text.TrimEnd(" €\u00A0\u202F");
        var separator = text.IndexOfAny('.', ',');
        return separator is >= 1 and <= 3 && separator == text.Length - 4;
    }

    public static bool TryPercentage(ReadOnlySpan<char> text, out decimal percent) => TryNumber(text, out percent) && percent is >= 0 and <= 100;

    public static bool TrySurface(ReadOnlySpan<char> text, out decimal squareMetres) => TryNumber(text, out squareMetres) && squareMetres is > 0 and < 1_000_000_000;

    public static bool TryMeasure(ReadOnlySpan<char> text, out decimal value) => TryNumber(text, out value) && value is > 0 and < 100_000;

    public static bool TryCount(ReadOnlySpan<char> text, out int value) => TryWhole(text, 1, 999, out value);

    public static bool TryManyCount(ReadOnlySpan<char> text, out int value) => TryWhole(text, 1, 99_999, out value);

    public static bool TryYear(ReadOnlySpan<char> text, out int value) => TryWhole(text, 1000, 2100, out value);

    public static bool TryFloor(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        return text.Equals("RDC", StringComparison.OrdinalIgnoreCase) || TryWhole(text, -9, 200, out value);
    }

    /// <summary>A whole number, also as a spreadsheet writes it: "3.0".</summary>
    static bool TryWhole(ReadOnlySpan<char> text, int least, int most, out int value)
    {
        value = 0;
        if (!TryNumber(text, out var number) || number < least || number > most || number != decimal.Truncate(number))
            return false;
        value = (int)number;
        return true;
    }

    public static bool TryDate(ReadOnlySpan<char> text, out DateOnly date)
    {
        if (text is [_, _, '/', _, _, '/', _, _, _, _] && TryDigits(text[..2], out var day) && TryDigits(text[3..5], out var month) && TryDigits(text[6..], out var year))
        {
            date = default;
            if (year is < 1900 or > 2100 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
                return false;
            date = new DateOnly(year, month, day);
            return true;
        }

        var time = text.IndexOfAny(' ', 'T');
        return DateOnly.TryParseExact(time > 0 ? text[..time] : text, DateShapes, CultureInfo.InvariantCulture, DateTimeStyles.None, out date)
            && date.Year is >= 1900 and <= 2100;
    }

    static bool TryDigits(ReadOnlySpan<char> text, out int value)
    {
        value = 0;
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c))
                return false;
            value = value * 10 + (c - '0');
        }

        return true;
    }

    public static bool TryYesNo(ReadOnlySpan<char> text, out bool value)
    {
        value = text.Equals("OUI", StringComparison.OrdinalIgnoreCase) || text is "1" or "O" || text.Equals("true", StringComparison.OrdinalIgnoreCase);
        return value || text.Equals("NON", StringComparison.OrdinalIgnoreCase) || text is "N" || text.Equals("false", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Five digits; a spreadsheet drops the leading zero and adds a decimal ("6560.0" for 06560).</summary>
    public static string? Postcode(ReadOnlySpan<char> text)
    {
        if (text.EndsWith(".0") || text.EndsWith(",0"))
            text = text[..^2];
        Span<char> digits = ['0', '0', '0', '0', '0'];
        var count = 0;
        for (var i = text.Length - 1; i >= 0; i--)
        {
            if (text[i] == ' ')
                continue;
            if (!char.IsAsciiDigit(text[i]) || count == 5)
                return null;
            digits[4 - count++] = text[i];
        }

        return count is 4 or 5 ? new string(digits) : null;
    }

    /// <summary>A complete http(s) address without blanks or credentials; it is stored and shown, never fetched here.</summary>
    public static bool IsWebAddress(ReadOnlySpan<char> text)
    {
        var host = text.StartsWith("https://", StringComparison.OrdinalIgnoreCase) ? 8 : text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? 7 : -1;
        if (host < 0 || text.Length is < 11 or > 2000 || text.ContainsAny(NotInAddress) || text.ContainsAnyInRange('\0', '\x1F'))
            return false;
        var name = text[host..];
        var end = name.IndexOfAny('/', '?', '#');
        name = end < 0 ? name : name[..end];
        return name.Length > 0 && name[0] != '.' && name.Contains('.') && !name.Contains('@');
    }

    public static bool IsEmail(ReadOnlySpan<char> text)
    {
        var at = text.IndexOf('@');
        return at > 0 && text.Length <= 254 && text[(at + 1)..].Contains('.') && !text[(at + 1)..].Contains('@') && !text.ContainsAny(NotInAddress) && text[^1] != '.';
    }

    /// <summary>"4.12", or null for what is no version.</summary>
    public static string? Version(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        return text.Length is 0 or > 12 || text.ContainsAnyExcept(VersionCharacters) ? null : text.ToString();
    }

    /// <summary>Letters only, without case or accents, so that "Vente fonds-de-commerce" and "vente-fonds-de-commerce" are one key.</summary>
    public static string Key(ReadOnlySpan<char> text)
    {
        var key = new StringBuilder(text.Length);
        foreach (var c in Excerpt(text).Normalize(NormalizationForm.FormD))
        {
            if (char.IsAsciiLetter(c))
                key.Append(char.ToLowerInvariant(c));
        }

        return key.ToString();
    }

    /// <summary>Text for people: CRMs' line breaks become line feeds, and control characters, which PostgreSQL and XML refuse, go.</summary>
    public static string Clean(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyInRange('\0', '\x1F') && !text.Contains('<'))
            return text.Trim().ToString();

        var clean = new StringBuilder(text.Length);
        for (var plain = text.IndexOfAny(Unclean); plain >= 0; plain = text.IndexOfAny(Unclean))
        {
            clean.Append(text[..plain]);
            text = text[plain..];
            var skip = LineBreak(text);
            if (skip > 0)
                clean.Append('\n');
            else if (text[0] is '\t' or >= ' ')
                clean.Append(text[0]);
            text = text[Math.Max(1, skip)..];
        }

        return clean.Append(text).ToString().Trim();
    }

    /// <summary>How many characters at the beginning make one line break: CRLF, LF, "&lt;br&gt;" or "&lt;br /&gt;".</summary>
    static int LineBreak(ReadOnlySpan<char> text)
    {
        if (text[0] == '\n')
            return 1;
        if (text.StartsWith("\r\n"))
            return 2;
        if (!text.StartsWith("<br", StringComparison.OrdinalIgnoreCase))
            return 0;
        var close = text.IndexOf('>');
        return close is >= 3 and <= 5 && !text[3..close].ContainsAnyExcept(" /") ? close + 1 : 0;
    }

    /// <summary>At most 80 characters on one line, for a report; never half a surrogate pair.</summary>
    public static string Excerpt(ReadOnlySpan<char> text)
    {
        var cut = text.Length <= 80 ? text : text[..(char.IsHighSurrogate(text[79]) ? 79 : 80)];
        return cut.ContainsAnyInRange('\0', '\x1F') ? string.Create(cut.Length, cut, static (target, source) =>
        {
            for (var i = 0; i < target.Length; i++)
                target[i] = source[i] < ' ' ? ' ' : source[i];
        }) : cut.ToString();
    }
}
