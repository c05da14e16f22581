using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing;

public enum ImportReportState
{
    /// <summary>Nothing waits.</summary>
    Applied = 1,

    /// <summary>Applied, but listings that it lost wait for a decision: see <see cref="HeldListing"/>.</summary>
    Held,

    /// <summary>It was held, and a person has decided.</summary>
    Decided,

    /// <summary>It was held, and newer feeds have said what becomes of it.</summary>
    Settled,

    /// <summary>Nothing of it was applied: newer feeds of all its agencies had been.</summary>
    Superseded,
}

public enum FeedVerdict
{
    /// <summary>What is held leaves the market.</summary>
    Apply = 1,

    /// <summary>What is held stays.</summary>
    Keep,
}

/// <summary>What became of every line of a feed.</summary>
public sealed class ImportReport
{
    ImportReport() { }

    /// <param name="makeTime">When the feed was made.</param>
    /// <param name="missing">What became of what it no longer holds.</param>
    public static ImportReport Of(
        Guid id, string partnerId, FeedReceived received, DateTimeOffset makeTime, FeedTally tally, int photos, MergeCounts merged, ILookup<MissingOutcome, MissingListings> missing, DateTimeOffset now) => new()
    {
        Id = id,
        PartnerId = partnerId,
        FileName = received.FileName,
        Format = received.Format,
        Encoding = received.Encoding,
        Sha256 = received.Sha256,
        SizeBytes = received.SizeBytes,
        MakeTime = makeTime,
        CreateTime = now,
        State = missing.Contains(MissingOutcome.Held) ? ImportReportState.Held : tally.IsSuperseded ? ImportReportState.Superseded : ImportReportState.Applied,
        ReceivedCount = tally.Lines,
        RejectedCount = tally.Rejected,
        PhotoCount = photos,
        ProblemCount = tally.ProblemCount,
        NewCount = merged.New,
        ChangedCount = merged.Changed,
        UnchangedCount = merged.Unchanged,
        WithdrawnCount = missing[MissingOutcome.Withdrawn].Sum(m => m.Missing.Count),
        WithheldCount = missing[MissingOutcome.Withheld].Sum(m => m.Missing.Count),
        HeldCount = missing[MissingOutcome.Held].Sum(m => m.Missing.Count),
        SupersededCount = tally.Superseded,
    };

    public Guid Id { get; private set; }

    public string PartnerId { get; private set; } = "";

    public string FileName { get; private set; } = "";

    public string Format { get; private set; } = "";

    public string Encoding { get; private set; } = "";

    public byte[] Sha256 { get; private set; } = [];

    public long SizeBytes { get; private set; }

    /// <summary>When the feed was made, as far as anybody knows: feeds of an agency count in this order.</summary>
    public DateTimeOffset MakeTime { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    public ImportReportState State { get; private set; }

    public int ReceivedCount { get; private set; }

    public int NewCount { get; private set; }

    public int ChangedCount { get; private set; }

    public int UnchangedCount { get; private set; }

    public int RejectedCount { get; private set; }

    public int WithdrawnCount { get; private set; }

    public int WithheldCount { get; private set; }

    public int HeldCount { get; private set; }

    public int SupersededCount { get; private set; }

    public FeedVerdict? Verdict { get; private set; }

    /// <summary>Listings that the decision took off the market.</summary>
    public int? DecidedCount { get; private set; }

    public DateTimeOffset? DecideTime { get; private set; }

    public string? DecidedBy { get; private set; }

    public string? DecidedWhy { get; private set; }

    public int ProblemCount { get; private set; }

    public int PhotoCount { get; private set; }

    /// <summary>Which transaction changed it last: with the sequence, its place in the watch. EventFeed says why the order needs it.</summary>
    public ulong ChangedTransaction { get; private set; }

    public long ChangedSequence { get; private set; }

    string Name => Names.Of(Names.ImportReports, Id);

    public void RequireHeld()
    {
        var why = State switch
        {
            ImportReportState.Held => null,
            ImportReportState.Applied => "The import holds nothing.",
            ImportReportState.Decided => "It has been decided already.",
            ImportReportState.Settled => "Newer feeds of its agencies have settled what it held: their reports say what became of it.",
            ImportReportState.Superseded => "Nothing of this feed was applied: newer ones had been.",
        };
        if (why is not null) throw new StateConflict(Name, EnumText<ImportReportState>.Of(State), why);
    }

    public void Decide(FeedVerdict verdict, int withdrawn, string by, string why, DateTimeOffset now) =>
        (State, Verdict, DecidedCount, DecidedBy, DecidedWhy, DecideTime) = (ImportReportState.Decided, verdict, withdrawn, by, why, now);

    /// <param name="problems">In the order of the file; none in a list.</param>
    /// <param name="held">None in a list.</param>
    /// <param name="caller">A partner is not told who has decided; null: for the partner.</param>
    public Wire.ImportReport ToWire(IEnumerable<ImportProblem> problems, IEnumerable<Wire.HeldListing> held, Caller? caller)
    {
        var wire = new Wire.ImportReport
        {
            Name = Name,
            Partner = Names.OfPartner(PartnerId),
            FileName = FileName,
            Format = Format,
            Encoding = Encoding,
            Sha256 = ByteString.CopyFrom(Sha256),
            SizeBytes = SizeBytes,
            MakeTime = MakeTime.ToWire(),
            CreateTime = CreateTime.ToWire(),
            State = (Wire.ImportReport.Types.State)State,
            ReceivedCount = ReceivedCount,
            NewCount = NewCount,
            ChangedCount = ChangedCount,
            UnchangedCount = UnchangedCount,
            RejectedCount = RejectedCount,
            WithdrawnCount = WithdrawnCount,
            WithheldCount = WithheldCount,
            HeldCount = HeldCount,
            SupersededCount = SupersededCount,
            ProblemCount = ProblemCount,
            PhotoCount = PhotoCount,
        };
        wire.Remarks.AddRange(FeedReportText.Remarks(this));
        wire.Problems.AddRange(problems.Select(p => p.ToWire()));
        wire.Held.AddRange(held);
        if (Verdict is { } verdict)
            wire.Decision = new Wire.FeedDecision
            {
                Verdict = (Wire.FeedDecision.Types.Verdict)verdict,
                WithdrawnCount = DecidedCount!.Value,
                DecideTime = DecideTime.ToWire(),
                By = caller is { PartnerId: null } ? DecidedBy : "",
                Why = DecidedWhy,
            };
        return wire;
    }

    public sealed class Mapping : IEntityTypeConfiguration<ImportReport>
    {
        public void Configure(EntityTypeBuilder<ImportReport> builder)
        {
            builder.ToTable("import_reports", table =>
            {
                table.HasCheckConstraint("ck_import_reports_received_count", "received_count = new_count + changed_count + unchanged_count + rejected_count + superseded_count");
                table.HasCheckConstraint("ck_import_reports_counts", "least(new_count, changed_count, unchanged_count, rejected_count, withdrawn_count, withheld_count, held_count, superseded_count, photo_count) >= 0");
                table.HasCheckConstraint("ck_import_reports_problem_count", "problem_count >= rejected_count");
                table.HasCheckConstraint("ck_import_reports_sha256", "octet_length(sha256) = 32");
                table.HasKnownValues<ImportReportState>("state");
                table.HasKnownValues<FeedVerdict>("verdict");
                table.HasCheckConstraint("ck_import_reports_make_time", "make_time <= create_time");
                table.HasCheckConstraint("ck_import_reports_held_count", "(state in ('held', 'decided', 'settled')) = (held_count > 0)");
                table.HasCheckConstraint(
                    "ck_import_reports_decision", "case when state = 'decided' then num_nulls(verdict, decided_count, decide_time, decided_by, decided_why) = 0 else num_nonnulls(verdict, decided_count, decide_time, decided_by, decided_why) = 0 end");
            });
            builder.Property(r => r.State).AsText();
            builder.Property(r => r.Verdict).AsText();
            builder.Property(r => r.ChangedTransaction).HasColumnType("xid8").HasDefaultValueSql("pg_current_xact_id()");
            builder.Property(r => r.ChangedSequence).UseIdentityByDefaultColumn();
            builder.Property(r => r.Id).ValueGeneratedNever();
            builder.HasOne<Partner>().WithMany().HasForeignKey(r => r.PartnerId);
            builder.HasIndex(r => new { r.PartnerId, r.Id });
            builder.HasIndex(r => new { r.ChangedTransaction, r.ChangedSequence }).IsUnique();
            builder.HasIndex(r => r.Id).HasFilter("state = 'held'");
        }
    }
}

/// <summary>A line with something wrong, as the partner reads it.</summary>
public sealed class ImportProblem
{
    ImportProblem() { }

    public static IReadOnlyList<ImportProblem> Of(Guid reportId, FeedTally tally) => [.. tally.Problems.Select((p, position) => Of(reportId, position, p.Finding, p.Rejected))];

    static ImportProblem Of(Guid reportId, int position, FieldFinding finding, bool rejected) => new()
    {
        ReportId = reportId,
        Position = position,
        Line = finding.LineNumber,
        Rejected = rejected,
        Field = finding.Field,
        Value = finding.Value,
        Sentence = finding.Sentence,
    };

    public Guid ReportId { get; private set; }

    /// <summary>Its place in the report, from 0.</summary>
    public int Position { get; private set; }

    public int Line { get; private set; }

    public bool Rejected { get; private set; }

    public string Field { get; private set; } = "";

    public string Value { get; private set; } = "";

    public string Sentence { get; private set; } = "";

    public Wire.ImportProblem ToWire() => new() { Line = Line, Rejected = Rejected, Field = Field, Value = Value, Sentence = Sentence };

    public sealed class Mapping : IEntityTypeConfiguration<ImportProblem>
    {
        public void Configure(EntityTypeBuilder<ImportProblem> builder)
        {
            builder.ToTable("import_problems", table =>
            {
                table.HasCheckConstraint("ck_import_problems_position", $"position between 0 and {FeedTally.MaxProblems - 1}");
                table.HasCheckConstraint("ck_import_problems_value", "char_length(value) <= 80");
            });
            builder.HasKey(p => new { p.ReportId, p.Position });
            builder.HasOne<ImportReport>().WithMany().HasForeignKey(p => p.ReportId);
        }
    }
}
