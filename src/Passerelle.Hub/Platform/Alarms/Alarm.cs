using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Passerelle.Hub.Platform.Alarms;

/// <summary>Something that must hold and does not. It is cleared when whoever raised it finds that it holds again.</summary>
public sealed class Alarm
{
    Alarm() { }

    public Guid Id { get; private set; }

    /// <summary>The rule's.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Some of the rows, as resource names.</summary>
    public string[] Rows { get; private set; } = [];

    public long Count { get; private set; }

    public DateTimeOffset RaiseTime { get; private set; }

    public DateTimeOffset? ClearTime { get; private set; }

    public sealed class Mapping : IEntityTypeConfiguration<Alarm>
    {
        public void Configure(EntityTypeBuilder<Alarm> builder)
        {
            builder.ToTable("alarms");
            builder.Property(a => a.Id).ValueGeneratedNever();
            // Raised once, however often it is found.
            builder.HasIndex(a => a.Name).IsUnique().HasFilter("clear_time is null");
        }
    }
}
