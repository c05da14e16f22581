using System.Text;
using CsCheck;
using Ical.Net;
using Ical.Net.CalendarComponents;
using Passerelle.Hub.Housing.Visits;

namespace Passerelle.Tests.Housing.Visits;

public class VisitCalendarTests
{
    [Fact]
    public void Every_visit_is_an_event_at_its_time_in_France()
    {
        var calendar = Read(Sheets.OfTwo());

        Assert.Equal(("PUBLISH", "2.0"), (calendar.Method, calendar.Version));
        Assert.Equal("Europe/Paris", Assert.Single(calendar.TimeZones).TzId);
        var first = Event(calendar, Sheets.First);
        Assert.Equal(("CONFIRMED", 2, "Visite : Maison 5 pièces, 110 m²", "12 rue des Essais, 14400 Bayeux"), (first.Status, first.Sequence, first.Summary, first.Location));
        Assert.Equal(("Europe/Paris", new DateTime(2027, 5, 1, 9, 5, 0), new DateTime(2027, 5, 1, 9, 50, 0)), (first.DtStart!.TzId, first.DtStart.Value, first.DtEnd!.Value));
        Assert.Equal((new DateTime(2027, 5, 1, 7, 5, 0), new DateTime(2027, 4, 28, 14, 5, 0)), (first.DtStart.AsUtc, first.DtStamp!.AsUtc));
        Assert.Equal((49.2764, -0.7024), (first.GeographicLocation!.Latitude, first.GeographicLocation.Longitude));
        Assert.Equal(
            "Agence : Agence de l'Essai\nTéléphone : 02 31 00 00 00\nTrajet pour y aller : environ 25 min\nSonner au portail vert ;\nle chien est gentil, dit-on.", first.Description);
        var second = Event(calendar, Sheets.Second);
        Assert.Equal(("TENTATIVE", "Visite à confirmer : Appartement 4 pièces", (object?)null), (second.Status, second.Summary, second.GeographicLocation));
        Assert.Equal("Agence : Bureau d'à côté\nTrajet pour y aller : environ 35 min", second.Description);
    }

    [Fact]
    public void A_quarter_of_an_hour_before_they_leave_the_calendar_says_so()
    {
        var alarm = Assert.Single(Event(Read(Sheets.OfTwo()), Sheets.First).Alarms);

        Assert.Equal(("DISPLAY", TimeSpan.FromMinutes(-40), "Départ à 8 h 40 pour la visite : Maison 5 pièces, 110 m²"), (alarm.Action, alarm.Trigger!.Duration!.Value.ToTimeSpanUnspecified(), alarm.Description));
    }

    [Fact]
    public void A_later_revision_moves_and_strikes_out_what_the_first_one_said()
    {
        var before = Read(Sheets.OfTwo());
        var released = Read(Sheets.OfTwo().With(visit => visit with { State = SheetVisitState.Released }) with { Revision = 3 });

        Assert.Equal(before.Events.Select(e => e.Uid), released.Events.Select(e => e.Uid));
        Assert.Equal(before.Events.Select(e => e.DtStart), released.Events.Select(e => e.DtStart));
        Assert.All(released.Events, visit =>
        {
            Assert.Equal(("CANCELLED", 3), (visit.Status, visit.Sequence));
            Assert.StartsWith("Visite annulée : ", visit.Summary, StringComparison.Ordinal);
            Assert.Empty(visit.Alarms);
        });
    }

    [Fact]
    public void The_zone_says_when_the_clocks_change_to_those_who_do_not_know_it()
    {
        var text = VisitCalendar.Render(Sheets.OfTwo());

        Assert.Contains("BEGIN:DAYLIGHT\r\n", text, StringComparison.Ordinal);
        Assert.Contains("TZOFFSETFROM:+0100\r\n", text, StringComparison.Ordinal);
        Assert.Contains("TZOFFSETTO:+0200\r\n", text, StringComparison.Ordinal);
        Assert.Contains("DTSTART;TZID=Europe/Paris:20270501T090500\r\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_are_as_long_as_calendars_read_them()
    {
        var text = VisitCalendar.Render(Sheets.OfTwo().With(visit => visit with { Note = string.Concat(Enumerable.Repeat("été à Éterville, ", 40)) }));

        Assert.All(text.Split("\r\n"), line => Assert.InRange(Encoding.UTF8.GetByteCount(line), 0, 75));
    }

    /// <summary>Agencies' texts come from files of anybody.</summary>
    [Fact]
    public void No_text_is_read_as_something_else_than_text() =>
        Sheets.TextOf("\r\n", "\n", "\r", "END:VEVENT", "ATTACH:https://example.org/", ";", ",", ":", "\\", "\\n", "\"", "é", "😀", " ", "\u2028", "\0", "\u0001", "BEGIN:VALARM")
            .Sample(text =>
            {
                var calendar = Read(Sheets.OfTwo().With(visit => visit with { Title = text, Address = text, Agency = text, Phone = text, Note = text }));

                Assert.Equal([Sheets.First, Sheets.Second], calendar.Events.Select(e => Guid.Parse(e.Uid![37..])));
                Assert.All(calendar.Events, visit =>
                {
                    Assert.Empty(visit.Attachments);
                    Assert.Single(visit.Alarms);
                    Assert.StartsWith($"Agence : {FirstLine(text)}", visit.Description, StringComparison.Ordinal);
                });
            }, iter: 500);

    static string FirstLine(string text) => string.Concat(text.Split('\r', '\n', '\u2028')[0].Where(c => !char.IsControl(c)));

    static Calendar Read(VisitSheet sheet) => Calendar.Load(VisitCalendar.Render(sheet))!;

    static CalendarEvent Event(Calendar calendar, Guid visit) => calendar.Events.Single(e => e.Uid == $"{Sheets.Day:D}-{visit:D}");
}
