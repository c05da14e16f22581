using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Privacy;

/// <summary>How a recipient came by the data.</summary>
public enum DisclosureChannel { Push = 1, Pull, Download }

/// <summary>The fact that a person's data was handed to a recipient. Written before it leaves, so that a send in doubt is in the register too.</summary>
public sealed class Disclosure
{
    Disclosure() { }

    /// <summary>A document that was downloaded, by what had allowed the file that names it.</summary>
    public static Disclosure OfDownload(Guid personId, string partnerId, Purpose purpose, Ground ground, Guid exchangeId, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        PersonId = personId,
        PartnerId = partnerId,
        Category = "document",
        Data = DataCategories.Write([DataCategory.Document]),
        Purpose = purpose,
        Ground = ground,
        ExchangeId = exchangeId,
        Channel = DisclosureChannel.Download,
        Time = now,
    };

    public Guid Id { get; private set; }

    public Guid PersonId { get; private set; }

    public string PartnerId { get; private set; } = "";

    /// <summary>What went: cv, enrolment_file, document.</summary>
    public string Category { get; private set; } = "";

    /// <summary>The kinds of data that it held of this person, with commas between them.</summary>
    public string Data { get; private set; } = "";

    public Purpose Purpose { get; private set; }

    public Ground Ground { get; private set; }

    public Guid? ConsentId { get; private set; }

    public Guid ExchangeId { get; private set; }

    public DisclosureChannel Channel { get; private set; }

    public DateTimeOffset Time { get; private set; }

    public sealed class Mapping : IEntityTypeConfiguration<Disclosure>
    {
        public void Configure(EntityTypeBuilder<Disclosure> builder)
        {
            builder.ToTable("disclosures", table =>
            {
                table.HasKnownValues<Purpose>("purpose");
                table.HasKnownValues<Ground>("ground");
                table.HasKnownValues<DisclosureChannel>("channel");
                table.HasCheckConstraint("ck_disclosures_consent_id", "(ground = 'consent') = (consent_id is not null)");
            });
            builder.Property(d => d.Id).ValueGeneratedNever();
            builder.Property(d => d.Purpose).AsText();
            builder.Property(d => d.Ground).AsText();
            builder.Property(d => d.Channel).AsText();
            // Ids are UUIDv7: in the order of time.
            builder.HasIndex(d => new { d.PersonId, d.Id });
            builder.HasIndex(d => new { d.PartnerId, d.Id });
        }
    }
}

/// <summary>That a person's data is in what leaves.</summary>
/// <param name="Category">What it is: cv, enrolment_file.</param>
/// <param name="Data">The kinds of data that it holds of this person.</param>
public readonly record struct Disclosed(Guid PersonId, string Category, IReadOnlyCollection<DataCategory> Data);
