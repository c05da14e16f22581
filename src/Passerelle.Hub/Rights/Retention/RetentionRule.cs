using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Rights.Retention;

/// <summary>What is kept for a time of its own; RetentionSql says how long each is counted from.</summary>
public enum RetainedKind
{
    /// <summary>A case in which nobody has asked or sent anything, from its opening on.</summary>
    Draft = 1,

    /// <summary>A CV whose person consents to its being sent, from its attachment on.</summary>
    Cv,

    /// <summary>A CV whose person does not, or no longer, from the last that happened in the case on.</summary>
    CvUnconsented,

    /// <summary>The introduction of a referral that was declined, from the answer on.</summary>
    DeclinedIntroduction,

    /// <summary>An enrolment's documents and texts, from the end of the school year that the child was enrolled in on.</summary>
    SchoolFile,

    /// <summary>A case with all its persons, from the last that happened in it on.</summary>
    Case,

    /// <summary>What was noted of a call, from the call on.</summary>
    CallLog,
}

/// <summary>For how long one kind of data is kept, from a day on. It never changes: another term is another version.</summary>
/// <param name="NoticeDays">So many days before it goes, it is announced in the case's timeline; 0: it is not.</param>
public sealed record RetentionRule(RetainedKind Kind, int Version, int Months, int Days, int NoticeDays, DateTimeOffset StartTime)
{
    public sealed class Mapping : IEntityTypeConfiguration<RetentionRule>
    {
        static readonly DateTimeOffset Beginning = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public void Configure(EntityTypeBuilder<RetentionRule> builder)
        {
            builder.ToTable("retention_rules", table =>
            {
                table.HasKnownValues<RetainedKind>("kind");
                table.HasCheckConstraint("ck_retention_rules_terms", "version > 0 and months >= 0 and days >= 0 and notice_days >= 0");
            });
            builder.HasKey(r => new { r.Kind, r.Version });
            builder.Property(r => r.Kind).AsText();
            foreach (var property in builder.Metadata.GetProperties()) property.SetAfterSaveBehavior(PropertySaveBehavior.Throw);
            builder.HasData(
                new RetentionRule(RetainedKind.Draft, 1, 0, 30, 0, Beginning),
                new RetentionRule(RetainedKind.Cv, 1, 24, 0, 30, Beginning),
                new RetentionRule(RetainedKind.CvUnconsented, 1, 3, 0, 30, Beginning),
                new RetentionRule(RetainedKind.DeclinedIntroduction, 1, 0, 0, 0, Beginning),
                new RetentionRule(RetainedKind.SchoolFile, 1, 0, 0, 30, Beginning),
                new RetentionRule(RetainedKind.Case, 1, 24, 0, 30, Beginning),
                new RetentionRule(RetainedKind.CallLog, 1, 12, 0, 30, Beginning));
        }
    }
}

/// <summary>That something was announced to go.</summary>
/// <param name="Subject">What goes, as RetentionSql names it.</param>
public sealed record RetentionNotice(string Subject, RetainedKind Kind, DateTimeOffset Time)
{
    public sealed class Mapping : IEntityTypeConfiguration<RetentionNotice>
    {
        public void Configure(EntityTypeBuilder<RetentionNotice> builder)
        {
            builder.ToTable("retention_notices", table => table.HasKnownValues<RetainedKind>("kind"));
            builder.HasKey(n => new { n.Subject, n.Kind });
            builder.Property(n => n.Kind).AsText();
        }
    }
}
