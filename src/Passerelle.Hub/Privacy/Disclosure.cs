using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Privacy;

public enum Ground { Consent = 1, PublicTask }

/// <summary>The fact that a person's data was handed to a recipient. Written before it leaves, so that a send in doubt is in the register too.</summary>
public sealed class Disclosure
{
    Disclosure() { }

    public static Disclosure Of(Guid personId, string partnerId, string category, Clearance clearance, Guid exchangeId, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        PersonId = personId,
        PartnerId = partnerId,
        Category = category,
        Ground = clearance.Ground,
        ConsentId = clearance.ConsentId,
        ExchangeId = exchangeId,
        Time = now,
    };

    public Guid Id { get; private set; }

    public Guid PersonId { get; private set; }

    public string PartnerId { get; private set; } = "";

    public string Category { get; private set; } = "";

    public Ground Ground { get; private set; }

    public Guid? ConsentId { get; private set; }

    public Guid ExchangeId { get; private set; }

    public DateTimeOffset Time { get; private set; }

    public sealed class Mapping : IEntityTypeConfiguration<Disclosure>
    {
        public void Configure(EntityTypeBuilder<Disclosure> builder)
        {
            builder.ToTable("disclosures", table =>
            {
                table.HasKnownValues<Ground>("ground");
                table.HasCheckConstraint("ck_disclosures_consent_id", "(ground = 'consent') = (consent_id is not null)");
            });
            builder.Property(d => d.Id).ValueGeneratedNever();
            builder.Property(d => d.Ground).AsText();
            builder.HasIndex(d => new { d.PersonId, d.Id });
            builder.HasIndex(d => new { d.PartnerId, d.Time });
        }
    }
}

/// <summary>Why something may leave.</summary>
public sealed record Clearance(Ground Ground, Guid? ConsentId)
{
    public static Clearance By(Consent consent) => new(Ground.Consent, consent.Id);

    public static readonly Clearance PublicTask = new(Ground.PublicTask, null);
}

public sealed class DisclosureService(HubDb db) : Wire.DisclosureService.DisclosureServiceBase
{
    public override async Task<Wire.ListDisclosuresResponse> ListDisclosures(Wire.ListDisclosuresRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var personId = violations.Id(request.Person, Names.Persons, "person");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        if (!await db.PersonKeys.AnyAsync(k => k.PersonId == personId, context.CancellationToken)) throw new ResourceNotFound(request.Person);
        var read = await db.Disclosures.AsNoTracking()
            .Where(d => d.PersonId == personId && (page.After == null || d.Id.CompareTo(page.After.Value) < 0))
            .OrderByDescending(d => d.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, d => d.Id);
        var response = new Wire.ListDisclosuresResponse { NextPageToken = next };
        response.Disclosures.AddRange(items.Select(ToWire));
        return response;
    }

    static Wire.Disclosure ToWire(Disclosure d) => new()
    {
        Person = Names.Of(Names.Persons, d.PersonId),
        Partner = Names.OfPartner(d.PartnerId),
        Category = d.Category,
        Ground = (Wire.Disclosure.Types.Ground)d.Ground,
        Consent = d.ConsentId is { } consent ? Names.Of(Names.Consents, consent) : "",
        Exchange = Names.Of(Names.Exchanges, d.ExchangeId),
        Time = d.Time.ToWire(),
    };
}
