using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Privacy;

/// <summary>What a partner is under the law (GDPR, articles 4(7), 26 and 28).</summary>
public enum AgreementRole { Controller = 1, JointController, Processor }

/// <summary>What was agreed with a partner: in what role it receives persons' data, which, for what, until when. What is agreed anew is another agreement.</summary>
public sealed class Agreement
{
    Agreement() { }

    public static Agreement Sign(
        string partnerId, AgreementRole role, IEnumerable<Purpose> purposes, IEnumerable<DataCategory> categories, string reference, DateTimeOffset start, DateTimeOffset end, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        PartnerId = partnerId,
        Role = role,
        Purposes = [.. purposes.Distinct().Select(EnumText<Purpose>.Of)],
        Categories = [.. categories.Distinct().Select(EnumText<DataCategory>.Of)],
        Reference = reference,
        StartTime = start,
        EndTime = end,
    };

    public Guid Id { get; private set; }

    public string PartnerId { get; private set; } = "";

    public AgreementRole Role { get; private set; }

    public string[] Purposes { get; private set; } = [];

    public string[] Categories { get; private set; } = [];

    /// <summary>Where the signed text is kept.</summary>
    public string Reference { get; private set; } = "";

    public DateTimeOffset StartTime { get; private set; }

    public DateTimeOffset EndTime { get; private set; }

    public DateTimeOffset? RevokeTime { get; private set; }

    public bool IsValidAt(DateTimeOffset time) => RevokeTime is null && StartTime <= time && EndTime > time;

    public bool Covers(Purpose purpose) => Purposes.Contains(EnumText<Purpose>.Of(purpose));

    public void Revoke(DateTimeOffset now) => RevokeTime ??= now;

    public sealed class Mapping : IEntityTypeConfiguration<Agreement>
    {
        public void Configure(EntityTypeBuilder<Agreement> builder)
        {
            builder.ToTable("agreements", table =>
            {
                table.HasKnownValues<AgreementRole>("role");
                table.HasCheckConstraint("ck_agreements_purposes", $"cardinality(purposes) > 0 and purposes <@ array[{EnumText<Purpose>.SqlList}]");
                table.HasCheckConstraint("ck_agreements_categories", $"cardinality(categories) > 0 and categories <@ array[{EnumText<DataCategory>.SqlList}]");
                table.HasCheckConstraint("ck_agreements_end_time", "end_time > start_time");
            });
            builder.Property(a => a.Id).ValueGeneratedNever();
            builder.Property(a => a.Role).AsText();
            builder.HasOne<Partner>().WithMany().HasForeignKey(a => a.PartnerId);
            builder.HasIndex(a => new { a.PartnerId, a.Id });
        }
    }
}
