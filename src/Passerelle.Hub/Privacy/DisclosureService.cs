using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Privacy;

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
