using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Visits;

public sealed class OpeningHoursService(HubDb db) : Wire.OpeningHoursService.OpeningHoursServiceBase
{
    const int MaxSpans = 28;
    const int MaxAgency = 100;

    public override async Task<Wire.SetOpeningHoursResponse> SetOpeningHours(Wire.SetOpeningHoursRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var partnerId = violations.PartnerId(request.Partner, "partner");
        violations.Text(request.Agency, "agency", MaxAgency, required: false);
        var spans = Read(request, partnerId, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        if (!context.Caller().Sees(partnerId)) throw new ResourceNotFound(request.Partner);
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Whoever says it at the same moment comes after.
        var partner = (await db.Partners.FromSql($"select * from partners where id = {partnerId} for no key update").AsNoTracking().ToListAsync(ct)).SingleOrDefault()
            ?? throw new ResourceNotFound(request.Partner);
        if (partner.Kind != PartnerKind.Housing) throw new PartnerKindMismatch(partnerId, PartnerKind.Housing);
        await db.OpeningSpans.Where(s => s.PartnerId == partnerId && s.Agency == request.Agency).ExecuteDeleteAsync(ct);
        db.OpeningSpans.AddRange(spans);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new Wire.SetOpeningHoursResponse { Hours = ToWire(spans) };
    }

    public override async Task<Wire.GetOpeningHoursResponse> GetOpeningHours(Wire.GetOpeningHoursRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var partnerId = violations.PartnerId(request.Partner, "partner");
        violations.Text(request.Agency, "agency", MaxAgency, required: false);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        if (!context.Caller().Sees(partnerId) || !await db.Partners.AnyAsync(p => p.Id == partnerId, ct)) throw new ResourceNotFound(request.Partner);
        return new Wire.GetOpeningHoursResponse { Hours = ToWire(await db.OpeningSpans.AsNoTracking().Where(s => s.PartnerId == partnerId && s.Agency == request.Agency).ToListAsync(ct)) };
    }

    static List<OpeningSpan> Read(Wire.SetOpeningHoursRequest request, string partnerId, Violations violations)
    {
        if (!violations.Check(request.Hours is not null, "hours", "is required")) return [];
        violations.Check(request.Hours!.Spans.Count <= MaxSpans, "hours.spans", $"must be at most {MaxSpans}");
        var spans = new List<OpeningSpan>();
        foreach (var (i, span) in request.Hours.Spans.Take(MaxSpans).Index())
        {
            violations.Member(span.Day, $"hours.spans[{i}].day");
            var (from, until) = (Minute(span.From, $"hours.spans[{i}].from", violations), Minute(span.Until, $"hours.spans[{i}].until", violations));
            if (from is not { } start || until is not { } end) continue;
            violations.Check(start < end, $"hours.spans[{i}].until", "must be later than from");
            violations.Check(!spans.Exists(s => s.Day == (int)span.Day && s.FromMinute < end && start < s.UntilMinute), $"hours.spans[{i}]", "overlaps another one");
            spans.Add(new OpeningSpan(partnerId, request.Agency, (int)span.Day, start, end));
        }

        return spans;
    }

    /// <summary>`HH:MM`, up to 24:00.</summary>
    static int? Minute(string text, string field, Violations violations)
    {
        if (text is [>= '0' and <= '2' and var h, >= '0' and <= '9' and var hh, ':', >= '0' and <= '5' and var m, >= '0' and <= '9' and var mm]
            && (h - '0') * 600 + (hh - '0') * 60 + (m - '0') * 10 + mm - '0' is var minute and <= 1440) return minute;
        violations.Add(field, text.Length == 0 ? "is required" : "must be HH:MM, at most 24:00");
        return null;
    }

    static Wire.OpeningHours ToWire(IEnumerable<OpeningSpan> spans)
    {
        var hours = new Wire.OpeningHours();
        hours.Spans.AddRange(spans.OrderBy(s => s.Day).ThenBy(s => s.FromMinute).Select(s => new Wire.OpeningHours.Types.Span
        {
            Day = (Wire.Weekday)s.Day,
            From = $"{s.FromMinute / 60:00}:{s.FromMinute % 60:00}",
            Until = $"{s.UntilMinute / 60:00}:{s.UntilMinute % 60:00}",
        }));
        return hours;
    }
}
