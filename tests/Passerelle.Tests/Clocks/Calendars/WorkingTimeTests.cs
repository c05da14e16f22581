using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Tests.Clocks.Calendars;

public sealed class WorkingTimeTests
{
    static readonly WorkingHours office = new() { Week = WorkingHours.Weekdays([.. When.Day("9-12:30 14-18")]) };

    [Fact]
    public void A_day_with_a_lunch_break_is_counted_around_it()
    {
        var calendar = new WorkingTime(office);

        // Friday 11:00: 1.5 h before lunch, 4 h after it, then Monday.
        Assert.Equal("2027-03-05 12:30", calendar.Add(When.Paris("2027-03-05 11:00"), Duration.FromHours(1.5)).InParis());
        Assert.Equal("2027-03-05 18:00", calendar.Add(When.Paris("2027-03-05 11:00"), Duration.FromHours(5.5)).InParis());
        Assert.Equal("2027-03-08 09:01", calendar.Add(When.Paris("2027-03-05 11:00"), Duration.FromMinutes(331)).InParis());
        Assert.Equal(Duration.FromHours(7.5), calendar.Elapsed(When.Paris("2027-03-06 00:00"), When.Paris("2027-03-09 00:00")));
        Assert.True(calendar.Counts(When.Paris("2027-03-05 12:29")));
        Assert.False(calendar.Counts(When.Paris("2027-03-05 12:30")));
    }

    [Fact]
    public void A_span_says_why_it_counts_or_does_not()
    {
        // Friday before Easter 2027 until Tuesday; the Saturday is worked by exception.
        var calendar = new WorkingTime(office with { Exceptions = [new SpecialDay(new LocalDate(2027, 3, 27), "Salon du logement", When.Day("10-12"))] });

        var spans = calendar.Spans(When.Paris("2027-03-26 17:00"), When.Paris("2027-03-30 10:00")).ToList();

        Assert.Equal(
            [
                ("2027-03-26 17:00", true, SpanRule.WorkingHours, null),
                ("2027-03-26 18:00", false, SpanRule.OutsideHours, null),
                ("2027-03-27 00:00", false, SpanRule.Exception, "Salon du logement"),
                ("2027-03-27 10:00", true, SpanRule.ExceptionHours, "Salon du logement"),
                ("2027-03-27 12:00", false, SpanRule.Exception, "Salon du logement"),
                ("2027-03-28 00:00", false, SpanRule.Weekend, null),
                ("2027-03-29 00:00", false, SpanRule.Holiday, "Lundi de Pâques"),
                ("2027-03-30 00:00", false, SpanRule.OutsideHours, null),
                ("2027-03-30 09:00", true, SpanRule.WorkingHours, (string?)null),
            ],
            spans.Select(s => (s.From.InParis(), s.Counts, s.Rule, s.Detail)));
        // The Sunday was 23 hours long.
        Assert.Equal(Duration.FromHours(23), spans[5].Length);
    }

    [Fact]
    public void An_exception_wins_over_a_holiday()
    {
        var open = new WorkingTime(office with { Exceptions = [new SpecialDay(new LocalDate(2027, 5, 1), "Permanence", When.Day("9-10"))] });
        Assert.Equal(Duration.FromHours(1), open.Elapsed(When.Paris("2027-05-01 00:00"), When.Paris("2027-05-02 00:00")));

        // 1 November 2027 is a Monday.
        var none = new WorkingTime(office with { Holidays = HolidayRegion.None });
        Assert.Equal("2027-11-01 10:00", none.Add(When.Paris("2027-10-29 18:00"), Duration.FromHours(1)).InParis());
        Assert.Equal("2027-11-02 10:00", new WorkingTime(office).Add(When.Paris("2027-10-29 18:00"), Duration.FromHours(1)).InParis());
    }

    [Theory]
    [InlineData("2-3", "2027-03-28", 0)]
    [InlineData("2:15-2:45", "2027-03-28", 30)]
    [InlineData("1-4", "2027-03-28", 120)]
    [InlineData("2:15-2:45 3-4", "2027-03-28", 60)]
    [InlineData("0-24", "2027-03-28", 23 * 60)]
    [InlineData("0-24", "2026-10-25", 25 * 60)]
    [InlineData("1-2:30", "2026-10-25", 90)]
    [InlineData("2:30-4", "2026-10-25", 150)]
    public void Hours_on_the_night_that_the_clocks_change_follow_the_rule_for_local_times(string hours, string date, int minutes)
    {
        var calendar = new WorkingTime(office with { Week = new Dictionary<IsoDayOfWeek, IReadOnlyList<Hours>> { [IsoDayOfWeek.Sunday] = When.Day(hours) } });
        var day = When.Paris($"{date} 00:00");
        Assert.Equal(Duration.FromMinutes(minutes), calendar.Elapsed(day, day + Duration.FromHours(26)));
    }

    [Fact]
    public void The_later_of_two_equal_local_times_may_be_meant()
    {
        var week = new Dictionary<IsoDayOfWeek, IReadOnlyList<Hours>> { [IsoDayOfWeek.Sunday] = When.Day("1-2:30") };
        var day = When.Paris("2026-10-25 00:00");
        Assert.Equal(Duration.FromMinutes(150), new WorkingTime(office with { Week = week, Repeated = RepeatedTime.Later }).Elapsed(day, day + Duration.FromHours(25)));
    }

    [Fact]
    public void A_day_that_a_zone_skipped_has_no_hours()
    {
        // Samoa went from 29 to 31 December 2011 overnight.
        var calendar = new WorkingTime(office with { Zone = "Pacific/Apia", Week = Enum.GetValues<IsoDayOfWeek>().Where(d => d != IsoDayOfWeek.None).ToDictionary(d => d, _ => When.Day("0-24")) });
        var zone = LocalTimes.Zone("Pacific/Apia");
        var (from, to) = (new LocalDateTime(2011, 12, 29, 0, 0).ToInstant(zone), new LocalDateTime(2012, 1, 1, 0, 0).ToInstant(zone));
        Assert.Equal(Duration.FromHours(48), to - from);
        // 31 December is worked, 1 January would not be.
        Assert.Equal(Duration.FromHours(48), calendar.Elapsed(from, to));
    }

    [Fact]
    public void A_calendar_that_never_opens_is_refused_and_one_that_hardly_does_ends_at_the_horizon()
    {
        Assert.Equal(CalendarFault.NeverOpens, Refused(() => new WorkingTime(new WorkingHours())));
        Assert.Equal(CalendarFault.NeverOpens, Refused(() => new WorkingTime(new WorkingHours
        {
            Week = WorkingHours.Weekdays(),
            Exceptions = [new SpecialDay(new LocalDate(2027, 3, 1), "Journée", When.Day("9-18"))],
        })));
        var hardly = new WorkingTime(new WorkingHours
        {
            Week = new Dictionary<IsoDayOfWeek, IReadOnlyList<Hours>> { [IsoDayOfWeek.Monday] = [new Hours(new LocalTime(9, 0), new LocalTime(9, 0).PlusTicks(10))] },
        });
        Assert.Equal(CalendarFault.BeyondHorizon, Refused(() => hardly.Add(When.Paris("2027-03-01 00:00"), Duration.FromHours(48))));
    }

    [Fact]
    public void A_calendar_that_contradicts_itself_is_refused()
    {
        Assert.Equal(CalendarFault.HoursInDisorder, Refused(() => new WorkingTime(office with { Week = WorkingHours.Weekdays([.. When.Day("9-12 11-18")]) })));
        Assert.Equal(CalendarFault.HoursInDisorder, Refused(() => new WorkingTime(office with { Week = WorkingHours.Weekdays([.. When.Day("18-9")]) })));
        Assert.Equal(CalendarFault.HoursInDisorder, Refused(() => new WorkingTime(office with { Week = WorkingHours.Weekdays([.. When.Day("14-24 9-12")]) })));
        Assert.Equal(CalendarFault.UnknownZone, Refused(() => new WorkingTime(office with { Zone = "Europe/Caen" })));
        var day = new SpecialDay(new LocalDate(2027, 3, 1), "Inventaire", []);
        Assert.Equal(CalendarFault.ExceptionTwice, Refused(() => new WorkingTime(office with { Exceptions = [day, day] })));
    }

    static CalendarFault Refused(Func<object> made) => Assert.Throws<CalendarRefused>(made).Fault;
}
