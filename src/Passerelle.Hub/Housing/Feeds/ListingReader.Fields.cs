using Passerelle.Hub.Feeds;
using F = Passerelle.Hub.Housing.Feeds.ListingField;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>How one field becomes one value, or a finding.</summary>
sealed partial class ListingReader
{
    T Required<T>(F field, Vocabulary<T> words, Enum problem) where T : struct, Enum
    {
        var text = record.Read(field);
        if (text.IsEmpty)
            Find(fatal, field, text, FeedProblem.Missing);
        else if (words.TryGet(text, out var value))
            return value;
        else
            Find(fatal, field, text, problem);
        return default;
    }

    T? Optional<T>(F field, FieldText.Parser<T> parse, Enum problem) where T : struct
    {
        var text = record.Read(field);
        if (FieldText.IsNotGiven(text))
            return null;
        if (parse(text, out var value))
            return value;
        Find(warnings, field, text, problem);
        return null;
    }

    string? Identifier(F field)
    {
        var text = record.Read(field);
        if (text.IsEmpty && field == F.AgencyId && DefaultAgency is not null)
            return DefaultAgency;
        var clean = Same(field, text, clean: true);
        // Not IsNotGiven: nothing says that an agency may not number a home 0-0.
        if (clean is null or "0")
            Find(fatal, field, clean, FeedProblem.Missing);
        else if (clean.Length > 100)
            Find(fatal, field, clean, FeedProblem.TooLong, 100);
        else
            return clean;
        return null;
    }

    string? Text(F field, int maxLength)
    {
        var text = record.Read(field);
        if (text.IsEmpty)
            return null;
        if (text.Length <= maxLength)
            return Same(field, text, clean: true);
        Find(warnings, field, text, FeedProblem.TooLong, maxLength);
        return null;
    }

    /// <summary>Neighbours in a file share their agency, town and kind: the text before is the same string, not an equal one.</summary>
    string? Same(F field, ReadOnlySpan<char> text, bool clean)
    {
        ref var last = ref lastTexts[(int)field];
        if (last is not null && text.SequenceEqual(last))
            return last;
        var made = clean ? FieldText.Clean(text) : text.ToString();
        return made.Length == 0 ? null : last = made;
    }

    string Same(F field, string text) => Same(field, text, clean: false) ?? "";

    long? Amount(F field) => Optional<long>(field, FieldText.TryAmount, FeedProblem.NotAnAmount);

    decimal? Percentage(F field) => Optional<decimal>(field, FieldText.TryPercentage, FeedProblem.NotAPercentage);

    decimal? Surface(F field) => Optional<decimal>(field, FieldText.TrySurface, FeedProblem.NotANumber);

    int? Count(F field) => Optional<int>(field, FieldText.TryCount, FeedProblem.NotANumber);

    DateOnly? Date(F field) => Optional<DateOnly>(field, FieldText.TryDate, FeedProblem.NotADate);

    /// <summary>A year as such, or as its first of January.</summary>
    int? Year(F field)
    {
        var text = record.Read(field);
        if (FieldText.IsNotGiven(text))
            return null;
        if (FieldText.TryYear(text, out var year))
            return year;
        if (FieldText.TryDate(text, out var date))
            return date.Year;
        Find(warnings, field, text, FeedProblem.NotADate);
        return null;
    }

    // "0" is "not given" here too: CRMs write NON when they mean no.
    bool? YesNo(F field) => Optional<bool>(field, FieldText.TryYesNo, FeedProblem.NotAYesOrNo);

    string? Postcode(bool inFrance)
    {
        var text = record.Read(F.Postcode);
        if (FieldText.IsNotGiven(text))
            return null;
        if (lastTexts[(int)F.Postcode] is { } last && text.SequenceEqual(last))
            return last;
        var postcode = FieldText.Postcode(text);
        if (postcode is null && !inFrance && text.Length <= 12)
            return FieldText.Excerpt(text);
        if (postcode is null)
            Find(warnings, F.Postcode, text, FeedProblem.NotAPostcode);
        return lastTexts[(int)F.Postcode] = postcode;
    }

    string? Email()
    {
        var text = record.Read(F.ContactEmail);
        if (text.IsEmpty || FieldText.IsEmail(text))
            return text.IsEmpty ? null : Same(F.ContactEmail, text, clean: false);
        Find(warnings, F.ContactEmail, text, FeedProblem.NotAnEmail);
        return null;
    }

    string? WebAddress(F field, int rank = 0)
    {
        var text = record.Read(field, rank);
        if (FieldText.IsNotGiven(text))
            return null;
        if (FieldText.IsWebAddress(text))
            return text.ToString();
        Find(warnings, field, text, FeedProblem.NotAWebAddress, rank: rank);
        return null;
    }

    /// <summary>Agencies write their own site as they say it, without "https://".</summary>
    string? LooseWebAddress(F field)
    {
        var text = record.Read(field);
        return text.StartsWith("www.", StringComparison.OrdinalIgnoreCase) && FieldText.IsWebAddress("https://" + text.ToString()) ? "https://" + text.ToString() : WebAddress(field);
    }

    void Find(List<FieldFinding> findings, F field, ReadOnlySpan<char> text, Enum problem, int expected = 0, int rank = 0)
    {
        // A report names the visit contact's fields and never repeats what is in them: the owner may be there by mistake.
        var value = field is F.ContactName or F.ContactPhone or F.ContactEmail ? "" : FieldText.Excerpt(text);
        var (line, label) = (record.LineNumber, record.LabelOf(field, rank));
        findings.Add(problem is ListingProblem own
            ? new FieldFinding(line, label, value, own, ListingSentences.For(own, line, label, value))
            : FieldFinding.Of(line, label, value, (FeedProblem)problem, expected));
    }
}
