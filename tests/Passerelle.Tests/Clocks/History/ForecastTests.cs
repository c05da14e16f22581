using NodaTime;
using Passerelle.Hub.Clocks.History;
using Passerelle.Tests.Clocks.Calendars;

namespace Passerelle.Tests.Clocks.History;

public sealed class ForecastTests
{
    [Fact]
    public void A_deadline_on_Sunday_is_announced_on_Friday()
    {
        // 26 March 2027 is a Friday, the Monday after is Easter Monday.
        var friday = QuietAt("2027-03-26 15:00", days: 7)[0];
        Assert.Equal(("2027-03-26 18:00", "2027-03-26 17:00"), (friday.Absence.From.InParis(), friday.AlertTime.InParis()));
        Assert.All(["2027-03-26 20:00", "2027-03-28 14:00", "2027-03-30 09:00"], deadline => Assert.True(friday.Covers(When.Paris(deadline))));
        // Who leaves at the stroke of the deadline was there for it.
        Assert.All(["2027-03-26 18:00", "2027-03-26 17:00", "2027-03-30 09:01"], deadline => Assert.False(friday.Covers(When.Paris(deadline))));
    }

    [Fact]
    public void Who_is_away_already_is_told_at_once_and_it_is_still_the_same_absence()
    {
        var saturday = QuietAt("2027-03-27 12:00", days: 7);
        Assert.Equal(("2027-03-26 18:00", "2027-03-27 12:00"), (saturday[0].Absence.From.InParis(), saturday[0].AlertTime.InParis()));
        Assert.Equal(saturday[0].Absence, QuietAt("2027-03-29 23:00", days: 1)[0].Absence);
        // Lunch.
        Assert.Equal(("2027-03-30 12:00", "2027-03-30 11:00"), (saturday[1].Absence.From.InParis(), saturday[1].AlertTime.InParis()));
    }

    [Fact]
    public void In_the_last_hour_the_alert_is_now() => Assert.Equal("2027-03-26 17:30", QuietAt("2027-03-26 17:30", days: 1)[0].AlertTime.InParis());

    static IReadOnlyList<QuietTime> QuietAt(string local, int days) =>
        Forecast.QuietTimes(ClockStory.Office, Duration.FromHours(1), When.Paris(local), When.Paris(local) + Duration.FromDays(days));
}
