using Ical.Net;
using Ical.Net.CalendarComponents;
using Ical.Net.DataTypes;
using Ical.Net.Serialization;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>
/// The day as iCalendar (RFC 5545), for the household's own calendar. A later revision of the day, opened there, moves what moved and strikes out what was released: visits keep their UID,
/// and SEQUENCE is the revision.
/// </summary>
public static class VisitCalendar
{
    public const string MediaType = "text/calendar; charset=utf-8";

    /// <summary>How long before the household has to leave for a visit its calendar says so.</summary>
    static readonly TimeSpan Ahead = TimeSpan.FromMinutes(15);

    public static string Render(VisitSheet sheet)
    {
        var calendar = new Calendar { ProductId = "-//Accueil Install Calvados//Passerelle//FR", Method = CalendarMethods.Publish };
        calendar.AddProperty("X-WR-CALNAME", VisitText.Text("DayTitle", VisitText.Date(sheet.Date)));
        calendar.AddTimeZone(VTimeZone.FromDateTimeZone(VisitText.Zone, sheet.Date.ToDateTime(TimeOnly.MinValue).AddYears(-1), includeHistoricalData: false));
        calendar.Events.AddRange(sheet.Visits.Select(visit => Event(sheet, visit)));
        return new CalendarSerializer().SerializeToString(calendar)!;
    }

    static CalendarEvent Event(VisitSheet sheet, SheetVisit visit)
    {
        var entry = new CalendarEvent
        {
            Uid = $"{sheet.DayId:D}-{visit.Id:D}",
            Sequence = sheet.Revision,
            DtStamp = new CalDateTime(sheet.MadeTime.UtcDateTime, "UTC"),
            DtStart = At(visit.Start),
            DtEnd = At(visit.End),
            Status = visit.State switch
            {
                SheetVisitState.Tentative => EventStatus.Tentative,
                SheetVisitState.Confirmed => EventStatus.Confirmed,
                SheetVisitState.Released => EventStatus.Cancelled,
            },
            Summary = Plain(VisitText.Text($"Summary_{visit.State}", visit.Title)),
            Location = Plain(visit.Address),
            Description = Plain(Description(visit)),
        };
        if (visit.Position is { } position) entry.GeographicLocation = new GeographicLocation(position.Latitude, position.Longitude);
        if (visit.State != SheetVisitState.Released) entry.Alarms.Add(Alarm(visit));
        return entry;
    }

    static Alarm Alarm(SheetVisit visit) => new()
    {
        Action = AlarmAction.Display,
        Description = Plain(VisitText.Text("LeaveSoon", VisitText.Time(visit.Start - visit.TravelBefore), visit.Title)),
        Trigger = new Trigger(Duration.FromTimeSpanExact(-(visit.TravelBefore + Ahead))),
    };

    static string Description(SheetVisit visit) => string.Join('\n', ((string?[])
    [
        VisitText.Text("AgencyLine", visit.Agency),
        visit.Phone is { } phone ? VisitText.Text("PhoneLine", phone) : null,
        VisitText.Text("TravelLine", VisitText.Span(visit.TravelBefore)),
        visit.Note,
    ]).Where(line => !string.IsNullOrWhiteSpace(line)));

    /// <summary>A control character would make the whole file unreadable, and Ical.Net lets it pass.</summary>
    static string Plain(string text) => string.Concat(text.ReplaceLineEndings("\n").Where(c => c is '\n' or '\t' || !char.IsControl(c)));

    static CalDateTime At(DateTimeOffset time) => new(VisitText.Local(time), VisitText.Zone);
}
