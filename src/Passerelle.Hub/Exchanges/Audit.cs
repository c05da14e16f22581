using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Passerelle.Hub.Exchanges;

/// <summary>How far the audits have come. One row: whoever sets its lease does the next audit.</summary>
public sealed class Audit
{
    Audit() { }

    public short Id { get; private set; }

    /// <summary>When the last one began.</summary>
    public DateTimeOffset AuditTime { get; private set; }

    /// <summary>While one is being done: until when nobody else takes it.</summary>
    public DateTimeOffset? LeaseEndTime { get; private set; }

    /// <summary>When everything was looked at last, and not only what had changed.</summary>
    public DateTimeOffset? WholeTime { get; private set; }

    /// <summary>The first transaction whose events are not in the total yet.</summary>
    public ulong Horizon { get; private set; }

    /// <summary>How many exchanges the events below the horizon have opened.</summary>
    public long OpenedCount { get; private set; }

    public sealed class Mapping : IEntityTypeConfiguration<Audit>
    {
        public void Configure(EntityTypeBuilder<Audit> builder)
        {
            builder.ToTable("audits", table => table.HasCheckConstraint("ck_audits_one", "id = 1"));
            builder.Property(a => a.Id).ValueGeneratedNever();
            builder.Property(a => a.Horizon).HasColumnType("xid8").HasDefaultValueSql("'0'::xid8");
            builder.Property(a => a.OpenedCount).HasDefaultValue(0L);
        }
    }
}
