using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing;

/// <summary>What became of every line of a feed.</summary>
public sealed class ImportReport
{
    /// <summary>What the contract keeps of them.</summary>
    public const int MaxProblems = 1000;

    ImportReport() { }

    public static ImportReport Of(Guid id, string partnerId, FeedReceived received, FeedTally tally, MergeCounts merged, DateTimeOffset now) => new()
    {
        Id = id,
        PartnerId = partnerId,
        FileName = received.FileName,
        Format = received.Format,
        Encoding = received.Encoding,
        Sha256 = received.Sha256,
        SizeBytes = received.SizeBytes,
        CreateTime = now,
        ReceivedCount = tally.Lines,
        RejectedCount = tally.Rejected,
        PhotoCount = tally.Photos,
        ProblemCount = tally.ProblemCount,
        NewCount = merged.New,
        ChangedCount = merged.Changed,
        UnchangedCount = merged.Unchanged,
        WithdrawnCount = merged.Withdrawn,
        WithheldCount = merged.Withheld,
    };

    public Guid Id { get; private set; }

    public string PartnerId { get; private set; } = "";

    public string FileName { get; private set; } = "";

    public string Format { get; private set; } = "";

    public string Encoding { get; private set; } = "";

    public byte[] Sha256 { get; private set; } = [];

    public long SizeBytes { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    public int ReceivedCount { get; private set; }

    public int NewCount { get; private set; }

    public int ChangedCount { get; private set; }

    public int UnchangedCount { get; private set; }

    public int RejectedCount { get; private set; }

    public int WithdrawnCount { get; private set; }

    public int WithheldCount { get; private set; }

    public int ProblemCount { get; private set; }

    public int PhotoCount { get; private set; }

    /// <param name="problems">In the order of the file; none in a list.</param>
    public Wire.ImportReport ToWire(IEnumerable<ImportProblem> problems)
    {
        var wire = new Wire.ImportReport
        {
            Name = Names.Of(Names.ImportReports, Id),
            Partner = Names.OfPartner(PartnerId),
            FileName = FileName,
            Format = Format,
            Encoding = Encoding,
            Sha256 = ByteString.CopyFrom(Sha256),
            SizeBytes = SizeBytes,
            CreateTime = CreateTime.ToWire(),
            ReceivedCount = ReceivedCount,
            NewCount = NewCount,
            ChangedCount = ChangedCount,
            UnchangedCount = UnchangedCount,
            RejectedCount = RejectedCount,
            WithdrawnCount = WithdrawnCount,
            WithheldCount = WithheldCount,
            ProblemCount = ProblemCount,
            PhotoCount = PhotoCount,
        };
        wire.Problems.AddRange(problems.Select(p => p.ToWire()));
        return wire;
    }

    public sealed class Mapping : IEntityTypeConfiguration<ImportReport>
    {
        public void Configure(EntityTypeBuilder<ImportReport> builder)
        {
            builder.ToTable("import_reports", table =>
            {
                table.HasCheckConstraint("ck_import_reports_received_count", "received_count = new_count + changed_count + unchanged_count + rejected_count");
                table.HasCheckConstraint("ck_import_reports_counts", "least(new_count, changed_count, unchanged_count, rejected_count, withdrawn_count, withheld_count, photo_count) >= 0");
                table.HasCheckConstraint("ck_import_reports_problem_count", "problem_count >= rejected_count");
                table.HasCheckConstraint("ck_import_reports_sha256", "octet_length(sha256) = 32");
            });
            builder.Property(r => r.Id).ValueGeneratedNever();
            builder.HasOne<Partner>().WithMany().HasForeignKey(r => r.PartnerId);
            builder.HasIndex(r => new { r.PartnerId, r.Id });
        }
    }
}

/// <summary>A line with something wrong, as the partner reads it.</summary>
public sealed class ImportProblem
{
    ImportProblem() { }

    public static ImportProblem Of(Guid reportId, int position, Feeds.FieldFinding finding, bool rejected) => new()
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
                table.HasCheckConstraint("ck_import_problems_position", $"position between 0 and {ImportReport.MaxProblems - 1}");
                table.HasCheckConstraint("ck_import_problems_value", "char_length(value) <= 80");
            });
            builder.HasKey(p => new { p.ReportId, p.Position });
            builder.HasOne<ImportReport>().WithMany().HasForeignKey(p => p.ReportId);
        }
    }
}
