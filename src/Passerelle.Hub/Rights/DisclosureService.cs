using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Rights;

/// <summary>The register. Its ids are UUIDv7, of the database's time: it is read in the order of time by two indexes, that of the person and that of the partner.</summary>
public sealed class DisclosureService(HubDb db) : Wire.DisclosureService.DisclosureServiceBase
{
    public override async Task<Wire.ListDisclosuresResponse> ListDisclosures(Wire.ListDisclosuresRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var personId = violations.Id(request.Person, Names.Persons, "person");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        await RequirePersonAsync(personId, request.Person, context.CancellationToken);
        var read = await db.Disclosures.AsNoTracking()
            .Where(d => d.PersonId == personId && (page.After == null || d.Id.CompareTo(page.After.Value) < 0))
            .OrderByDescending(d => d.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, d => d.Id);
        var response = new Wire.ListDisclosuresResponse { NextPageToken = next };
        response.Disclosures.AddRange(items.Select(ToWire));
        return response;
    }

    public override async Task<Wire.ListPartnerDisclosuresResponse> ListPartnerDisclosures(Wire.ListPartnerDisclosuresRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var partnerId = violations.PartnerId(request.Partner, "partner");
        violations.Check(request.StartTime is not null, "start_time", "is required");
        violations.Check(request.EndTime is not null, "end_time", "is required");
        var (start, end) = (violations.OptionalTime(request.StartTime, "start_time"), violations.OptionalTime(request.EndTime, "end_time"));
        violations.Check(start is null || end is null || start < end, "end_time", "must be after start_time");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        if (!await db.Partners.AnyAsync(p => p.Id == partnerId, context.CancellationToken)) throw new ResourceNotFound(request.Partner);
        // The id holds the millisecond, the row the exact time.
        var (first, last) = (TimeIds.FirstOf(start!.Value), TimeIds.FirstOf(end!.Value.AddMilliseconds(1)));
        var read = await db.Disclosures.AsNoTracking()
            .Where(d => d.PartnerId == partnerId && d.Id.CompareTo(first) >= 0 && d.Id.CompareTo(last) < 0 && d.Time >= start && d.Time < end)
            .Where(d => page.After == null || d.Id.CompareTo(page.After.Value) > 0)
            .OrderBy(d => d.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, d => d.Id);
        var response = new Wire.ListPartnerDisclosuresResponse { NextPageToken = next };
        response.Disclosures.AddRange(items.Select(ToWire));
        return response;
    }

    public override async Task<Wire.ReportRecipientsResponse> ReportRecipients(Wire.ReportRecipientsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var personId = violations.Id(request.Person, Names.Persons, "person");
        var asked = violations.OptionalTime(request.Time, "time");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        await RequirePersonAsync(personId, request.Person, ct);
        var time = asked ?? await db.NowAsync(ct);
        var got = await db.Disclosures.AsNoTracking().Where(d => d.PersonId == personId && d.Time <= time && d.Purpose != Purpose.Recall)
            .Select(d => new { d.PartnerId, d.Time, d.Data }).ToListAsync(ct);
        var gone = (await (
            from recall in db.Recalls
            join notice in db.RecallNotices on recall.Id equals notice.RecallId
            where recall.PersonId == personId && recall.Reason != RecallReason.Rectified && notice.AnswerTime <= time
                && (notice.Outcome == RecallOutcome.Done || notice.Outcome == RecallOutcome.NotHeld)
            select new { notice.PartnerId, notice.AnswerTime }).ToListAsync(ct)).ToLookup(n => n.PartnerId, n => n.AnswerTime!.Value);
        var response = new Wire.ReportRecipientsResponse();
        foreach (var partner in got.GroupBy(d => d.PartnerId).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var left = gone[partner.Key].DefaultIfEmpty(DateTimeOffset.MinValue).Max();
            if (partner.Where(d => d.Time > left).ToList() is not { Count: > 0 } held) continue;
            var recipient = new Wire.Recipient { Partner = Names.OfPartner(partner.Key), FirstTime = held.Min(d => d.Time).ToWire(), LastTime = held.Max(d => d.Time).ToWire() };
            recipient.Data.AddRange(held.SelectMany(d => DataCategories.Read(d.Data)).Distinct().Order().Select(c => (Contracts.Common.V1.DataCategory)c));
            response.Recipients.Add(recipient);
        }

        return response;
    }

    /// <summary>The register outlives the person's key: after an erasure it still says who got what.</summary>
    async Task RequirePersonAsync(Guid personId, string name, CancellationToken ct)
    {
        if (!await db.Persons.AnyAsync(k => k.Id == personId, ct)) throw new ResourceNotFound(name);
    }

    static Wire.Disclosure ToWire(Disclosure d)
    {
        var wire = new Wire.Disclosure
        {
            Person = Names.Of(Names.Persons, d.PersonId),
            Partner = Names.OfPartner(d.PartnerId),
            Category = d.Category,
            Ground = (Wire.Disclosure.Types.Ground)d.Ground,
            Consent = d.ConsentId is { } consent ? Names.Of(Names.Consents, consent) : "",
            Exchange = Names.Of(Names.Exchanges, d.ExchangeId),
            Time = d.Time.ToWire(),
            Purpose = (Wire.Purpose)d.Purpose,
            Channel = (Wire.Disclosure.Types.Channel)d.Channel,
        };
        wire.Data.AddRange(DataCategories.Read(d.Data).Select(c => (Contracts.Common.V1.DataCategory)c));
        return wire;
    }
}
