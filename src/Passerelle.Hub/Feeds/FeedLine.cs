namespace Passerelle.Hub.Feeds;

/// <summary>What became of one record: a draft, or a rejection. There is no third case.</summary>
public abstract record FeedLine
{
    private protected FeedLine(int lineNumber) => LineNumber = lineNumber;

    /// <summary>The line where the record starts, as a text editor counts (a quoted field may run over several).</summary>
    public int LineNumber { get; }
}

/// <summary>A usable record. Unusable optional fields were left out and are named in <paramref name="Warnings"/>.</summary>
public sealed record DraftLine<TDraft>(int Line, TDraft Draft, IReadOnlyList<FieldFinding> Warnings) : FeedLine(Line);

/// <summary>A record that gives no draft: the reason, and whatever else is wrong so that one correction is enough.</summary>
/// <param name="Reason">What rejects it.</param>
/// <param name="AlsoFound">The rest.</param>
/// <param name="Identity">What it was about; null where that cannot be read.</param>
public sealed record RejectedLine(FieldFinding Reason, IReadOnlyList<FieldFinding> AlsoFound, FeedIdentity? Identity) : FeedLine(Reason.LineNumber)
{
    public string Field => Reason.Field;
    public string Value => Reason.Value;
    public Enum Problem => Reason.Problem;
    public string Sentence => Reason.Sentence;
}

/// <summary>What makes a record the same from one feed to the next, within its partner.</summary>
public sealed record FeedIdentity(string AgencyId, string TechnicalId);

/// <summary>One problem in one field.</summary>
/// <param name="LineNumber">Where the record starts.</param>
/// <param name="Field">As the format names it: number and French name, such as "5 CP", or the tag.</param>
/// <param name="Value">What was read, at most 80 characters; empty for the fields that name a person.</param>
/// <param name="Problem">The kind of problem: a <see cref="FeedProblem"/>, or one of the slice's own.</param>
/// <param name="Sentence">In French: the line, the field, the value and what to do.</param>
public sealed record FieldFinding(int LineNumber, string Field, string Value, Enum Problem, string Sentence)
{
    /// <param name="expected">What the sentence compares the value with, where the kind asks for it: a number of columns, a line.</param>
    public static FieldFinding Of(int lineNumber, string field, string value, FeedProblem problem, int expected = 0) =>
        new(lineNumber, field, value, problem, FeedSentences.For(problem, lineNumber, field, value, expected));
}

/// <summary>What can be wrong in a field of any feed.</summary>
public enum FeedProblem
{
    TooFewColumns,
    ColumnCountDiffers,
    Missing,
    TooLong,
    DuplicateTechnicalId,
    NotAnAmount,
    NotAPercentage,
    NotANumber,
    NotADate,
    NotAPostcode,
    NotAYesOrNo,
    NotAKnownWord,
    NotAWebAddress,
    NotAnEmail,
    IncompleteCoordinates,
    CoordinatesOutOfPlace,
}
