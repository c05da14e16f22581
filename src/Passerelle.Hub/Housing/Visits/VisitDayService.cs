using System.Text;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Places;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;
using Passerelle.Hub.Privacy;
using Passerelle.Hub.Privacy.Accesses;
using Duration = Google.Protobuf.WellKnownTypes.Duration;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Visits;

public sealed partial class VisitDayService(
    HubDb db, RequestLedger ledger, VisitCreation creation, VisitPlanning planning, VisitDesk visits, VisitSheets sheets, Vault vault, AccessLog access, Nudge<DeliverDue> delivery, ChangeSignal changes)
    : Wire.VisitDayService.VisitDayServiceBase
{
    const int MaxVisits = 12;
    const int MaxAddress = 200;
    const string Withdrawn = "WITHDRAWN";

    static readonly TimeSpan UsualLength = TimeSpan.FromMinutes(30);
    static readonly TimeSpan FurthestAhead = TimeSpan.FromDays(365);
    static readonly DateTimeZone Paris = LocalTimes.Zone("Europe/Paris");

    public override async Task<Wire.CreateVisitDayResponse> CreateVisitDay(Wire.CreateVisitDayRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var wanted = Read(request, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            violations.Check(wanted.Hours.Start > now && wanted.Hours.Start < now + FurthestAhead, "start_time", "must be in the future, and less than a year away");
            violations.ThrowIfAny();
            return new Wire.CreateVisitDayResponse { Day = VisitWire.ToWire(await creation.CreateAsync(wanted, now, ct)) };
        });
        Nudge();
        return response;
    }

    public override async Task<Wire.GetVisitDayResponse> GetVisitDay(Wire.GetVisitDayRequest request, ServerCallContext context)
    {
        var day = await FindAsync(request.Name, context);
        var response = new Wire.GetVisitDayResponse { Day = VisitWire.ToWire(day) };
        if (await vault.FindAsync(day.PersonId, context.CancellationToken) is not { } cipher) return response;
        response.Base = day.OpenBase(cipher);
        response.AnswerMessages.AddRange(day.Visits.Where(v => v.AnswerMessage is not null).OrderBy(v => v.Id)
            .Select(v => new Wire.GetVisitDayResponse.Types.AnswerMessage { VisitRequest = v.Name, Message = v.OpenAnswerMessage(cipher) }));
        return response;
    }

    public override async Task<Wire.ListVisitDaysResponse> ListVisitDays(Wire.ListVisitDaysRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var caseId = violations.OptionalId(request.Case, Names.Cases, "case");
        violations.Check(System.Enum.IsDefined(request.State), "state", "is not a value that this version knows");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var state = (VisitDayState)request.State;
        var read = await db.VisitDays.AsNoTracking().Include(d => d.Visits)
            .Where(d => (caseId == null || d.CaseId == caseId) && (request.State == 0 || d.State == state) && (page.After == null || d.Id.CompareTo(page.After.Value) < 0))
            .OrderByDescending(d => d.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, d => d.Id);
        var response = new Wire.ListVisitDaysResponse { NextPageToken = next };
        response.Days.AddRange(items.Select(VisitWire.ToWire));
        return response;
    }

    public override async Task<Wire.ReplanVisitDayResponse> ReplanVisitDay(Wire.ReplanVisitDayRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var id = violations.Id(request.Name, Names.VisitDays, "name");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var room = await planning.PrepareAsync(id, ct);
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            var day = await visits.LockAsync(id, ct) ?? throw new ResourceNotFound(request.Name);
            day.RequireLive();
            if (now >= day.StartTime) throw day.Conflict("The day has begun.");
            // What it is planned by is sealed with the contact's key.
            await vault.OpenAsync(day.PersonId, ct);
            await visits.PlanAnewAsync(day, room ?? throw new PersonRestricted(day.PersonId), ct);
            await visits.SettleAsync(day, room, ct);
            return new Wire.ReplanVisitDayResponse { Day = VisitWire.ToWire(day) };
        });
        Nudge();
        return response;
    }

    public override async Task<Wire.ReleaseVisitDayResponse> ReleaseVisitDay(Wire.ReleaseVisitDayRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(request.Name, Names.VisitDays, "name");
        violations.Check(request.Reason.Length == 0 || Word().IsMatch(request.Reason), "reason", "must be a word of capitals, digits and underscores, at most 40");
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var day = await visits.LockAsync(id, ct) ?? throw new ResourceNotFound(request.Name);
        if (day.State != VisitDayState.Released) await visits.ReleaseAsync(day, request.Reason.Length == 0 ? Withdrawn : request.Reason, await db.NowAsync(ct), ct);
        await visits.SettleAsync(day, room: null, ct);
        await transaction.CommitAsync(ct);
        Nudge();
        return new Wire.ReleaseVisitDayResponse { Day = VisitWire.ToWire(day) };
    }

    public override async Task<Wire.GetVisitDayCalendarResponse> GetVisitDayCalendar(Wire.GetVisitDayCalendarRequest request, ServerCallContext context) =>
        new() { Calendar = ByteString.CopyFrom(Encoding.UTF8.GetBytes(VisitCalendar.Render(await SheetAsync(request.Name, context)))) };

    public override async Task<Wire.GetVisitDaySheetResponse> GetVisitDaySheet(Wire.GetVisitDaySheetRequest request, ServerCallContext context) =>
        new() { Html = VisitSheetPage.Render(await SheetAsync(request.Name, context)) };

    async Task<VisitSheet> SheetAsync(string name, ServerCallContext context) => await sheets.ComposeAsync(await FindAsync(name, context), context.CancellationToken);

    /// <summary>To be read by whoever says why.</summary>
    async Task<VisitDay> FindAsync(string name, ServerCallContext context)
    {
        var violations = new Violations();
        var id = violations.Id(name, Names.VisitDays, "name");
        violations.ThrowIfAny();
        var day = await db.VisitDays.AsNoTracking().Include(d => d.Visits).SingleOrDefaultAsync(d => d.Id == id, context.CancellationToken) ?? throw new ResourceNotFound(name);
        await access.ReadAsync(context, day.Name, day.CaseId, day.PersonId);
        return day;
    }

    void Nudge()
    {
        delivery.Now();
        changes.Pulse();
    }

    static NewVisitDay Read(Wire.CreateVisitDayRequest request, Violations violations)
    {
        var caseId = violations.Id(request.Case, Names.Cases, "case");
        var contactId = violations.Id(request.Contact, Names.Persons, "contact");
        var hours = ReadHours(request, violations);
        if (violations.Check(request.Base is not null, "base", "is required"))
        {
            violations.Text(request.Base!.Address, "base.address", MaxAddress, required: false);
            if (violations.Check(request.Base.Point is not null, "base.point", "is required")) Point(request.Base.Point!, "base.point", violations);
        }

        violations.Check(request.MinimumVisits >= 0 && request.MinimumVisits <= request.Visits.Count, "minimum_visits", "must be at most the number of visits");
        var usual = Length(request.VisitLength, "visit_length", violations) ?? UsualLength;
        return new NewVisitDay(caseId, contactId, hours, DateOf(hours.Start), request.Base ?? new(), ReadHomes(request, usual, violations), Math.Max(1, request.MinimumVisits));
    }

    static TimeSpanRange ReadHours(Wire.CreateVisitDayRequest request, Violations violations)
    {
        violations.Check(request.StartTime is not null, "start_time", "is required");
        violations.Check(request.EndTime is not null, "end_time", "is required");
        if (violations.OptionalTime(request.StartTime, "start_time") is not { } start || violations.OptionalTime(request.EndTime, "end_time") is not { } end) return default;
        if (!violations.Check(start.Year is > 2000 and < 2200, "start_time", "must be in the future, and less than a year away")) return default;
        violations.Check(start < end && end - start <= TimeSpan.FromDays(1) && DateOf(start) == DateOf(end.AddTicks(-1)), "end_time", "must be later than start_time, on the same day in France");
        return new TimeSpanRange(start, end);
    }

    static List<ChosenHome> ReadHomes(Wire.CreateVisitDayRequest request, TimeSpan usual, Violations violations)
    {
        violations.Check(request.Visits.Count is > 0 and <= MaxVisits, "visits", $"must be 1 to {MaxVisits}");
        var homes = new List<ChosenHome>();
        foreach (var (i, visit) in request.Visits.Take(MaxVisits).Index())
        {
            var listingId = violations.Id(visit.Listing, Names.Listings, $"visits[{i}].listing");
            violations.Check(!homes.Exists(h => h.ListingId == listingId && listingId != Guid.Empty), $"visits[{i}].listing", "is there twice");
            homes.Add(new ChosenHome(listingId, Length(visit.Length, $"visits[{i}].length", violations) ?? usual, visit.Point is { } point ? Point(point, $"visits[{i}].point", violations) : null));
        }

        return homes;
    }

    static TimeSpan? Length(Duration? length, string field, Violations violations)
    {
        if (length is null) return null;
        if (violations.Check(length.Nanos == 0 && length.Seconds is >= 5 * 60 and <= 4 * 3600 && length.Seconds % 60 == 0, field, "must be 5 minutes to 4 hours, in whole minutes")) return length.ToTimeSpan();
        return UsualLength;
    }

    static GeoPoint Point(Wire.MapPoint point, string field, Violations violations)
    {
        violations.Check(point.Latitude is >= -90 and <= 90, $"{field}.latitude", "must be -90 to 90");
        violations.Check(point.Longitude is >= -180 and <= 180, $"{field}.longitude", "must be -180 to 180");
        return new GeoPoint(point.Latitude, point.Longitude);
    }

    static DateOnly DateOf(DateTimeOffset time) => Instant.FromDateTimeOffset(time).InZone(Paris).Date.ToDateOnly();

    [GeneratedRegex("^[A-Z][A-Z0-9_]{0,39}\\z")]
    private static partial Regex Word();
}
