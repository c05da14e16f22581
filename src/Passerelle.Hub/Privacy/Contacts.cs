using System.Globalization;
using System.Text;

namespace Passerelle.Hub.Privacy;

/// <summary>What ways of writing the same contact come down to.</summary>
public static class Contacts
{
    /// <summary>Shorter numbers are not persons' (15, 112, 3639); E.164 has 15 digits at most.</summary>
    const int MinDigits = 7, MaxDigits = 15;

    const string France = "33";

    /// <returns>Null when nothing is left that could be looked for.</returns>
    public static string? Normalize(LookupField field, string contact) => field switch
    {
        LookupField.Email => Email(contact),
        LookupField.Phone => Phone(contact),
    };

    /// <summary>Unicode's composed form, without what stands around it, in small letters: also before the @, where the letter of the law has them differ and no mailbox does.</summary>
    static string? Email(string address)
    {
        var plain = address.Normalize(NormalizationForm.FormC).Trim().ToLowerInvariant();
        return plain.Length == 0 ? null : plain;
    }

    /// <summary>The digits of E.164. `00` is `+`; ten digits that begin with 0 are a French number, without that 0; `(0)` is left out; and so is a 0 after +33. What separates does not count;
    /// anything else makes it no number.</summary>
    static string? Phone(string number)
    {
        var text = number.Normalize(NormalizationForm.FormKC).Replace("(0)", "", StringComparison.Ordinal);
        var digits = new StringBuilder(text.Length);
        var isInternational = false;
        foreach (var c in text)
        {
            if (char.IsAsciiDigit(c)) digits.Append(c);
            else if (c == '+' && digits.Length == 0 && !isInternational) isInternational = true;
            else if (!char.IsWhiteSpace(c) && char.GetUnicodeCategory(c) is not UnicodeCategory.Format && c is not ('.' or '-' or '/' or '(' or ')' or '\u2010' or '\u2013')) return null;
        }

        var plain = digits.ToString();
        if (!isInternational && plain.StartsWith("00", StringComparison.Ordinal)) (plain, isInternational) = (plain[2..], true);
        else if (!isInternational && plain is { Length: 10 } and ['0', ..]) (plain, isInternational) = (France + plain[1..], true);
        if (isInternational && plain.StartsWith(France + "0", StringComparison.Ordinal)) plain = France + plain[(France.Length + 1)..];
        return plain.Length is >= MinDigits and <= MaxDigits ? plain : null;
    }
}
