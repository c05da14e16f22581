namespace Passerelle.Hub.Housing.Feeds;

/// <summary>What became of one line: a listing, or a rejection. There is no third case.</summary>
public abstract record FeedLine
{
    private protected FeedLine(int lineNumber) => LineNumber = lineNumber;

    /// <summary>The line where the record starts, as a text editor counts (a quoted field may run over several).</summary>
    public int LineNumber { get; }
}

/// <summary>A usable line. Unusable optional fields were left out and are named in <paramref name="Warnings"/>.</summary>
public sealed record ListingLine(int Line, ListingDraft Listing, IReadOnlyList<FieldFinding> Warnings) : FeedLine(Line);

/// <summary>A line that gives no listing: the reason, and whatever else is wrong so that one correction is enough.</summary>
/// <param name="Reason">What rejects it.</param>
/// <param name="AlsoFound">The rest.</param>
/// <param name="Identity">Which listing it was about; null where that cannot be read.</param>
public sealed record RejectedLine(FieldFinding Reason, IReadOnlyList<FieldFinding> AlsoFound, ListingIdentity? Identity) : FeedLine(Reason.LineNumber)
{
    public string Field => Reason.Field;
    public string Value => Reason.Value;
    public FeedProblem Problem => Reason.Problem;
    public string Sentence => Reason.Sentence;
}

/// <summary>What makes a listing the same from one feed to the next.</summary>
public sealed record ListingIdentity(string AgencyId, string TechnicalId);

/// <summary>One problem in one field.</summary>
/// <param name="LineNumber">Where the record starts.</param>
/// <param name="Field">Number and French name, such as "5 CP".</param>
/// <param name="Value">What was read, at most 80 characters; empty for the fields that name a person.</param>
/// <param name="Problem">The kind of problem.</param>
/// <param name="Expected">What the sentence compares the value with, where the kind asks for it: a number of columns, a line.</param>
public sealed record FieldFinding(int LineNumber, string Field, string Value, FeedProblem Problem, int Expected = 0)
{
    /// <summary>In French: the line, the field, the value and what to do.</summary>
    public string Sentence => FeedSentences.For(this);
}

public enum FeedProblem
{
    TooFewColumns,
    ColumnCountDiffers,
    Missing,
    TooLong,
    DuplicateTechnicalId,
    UnknownTransaction,
    UnknownPropertyType,
    NotAPrice,
    NotAnAmount,
    NotAPercentage,
    NotANumber,
    NotADate,
    NotAPostcode,
    NotAYesOrNo,
    NotAnEnergyClass,
    NotAFeesPayer,
    NotAWebAddress,
    NotAnEmail,
    IncompleteCoordinates,
    CoordinatesOutOfPlace,
}
