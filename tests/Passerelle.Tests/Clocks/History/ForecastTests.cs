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
        var now = When.Paris("2027-03-26 15:00");
        (string, ClockTimeline)[] clocks =
        [
            ("sunday", Started("2027-03-26 14:00")), ("friday", Started("2027-03-24 17:00")), ("overdue", Started("2027-03-20 12:00")), ("tuesday", Started("2027-03-28 10:30")), ("tonight", Started("2027-03-24 20:00")),
        ];

        var breaches = Forecast.BreachesWhileAway(clocks, ClockStory.Office, Duration.FromHours(1), now, now + Duration.FromDays(7));

        Assert.Equal([("tonight", "2027-03-26 18:00", "2027-03-26 17:00"), ("sunday", "2027-03-26 18:00", "2027-03-26 17:00")],
            breaches.Select(b => (b.Clock, b.LastWorkingMoment.InParis(), b.AlertTime.InParis())));
        // On Saturday there is no working moment left: now.
        var saturday = When.Paris("2027-03-27 12:00");
        var late = Assert.Single(Forecast.BreachesWhileAway(clocks, ClockStory.Office, Duration.FromHours(1), saturday, saturday + Duration.FromDays(7)));
        Assert.Equal((saturday, saturday), (late.LastWorkingMoment, late.AlertTime));
    }

    static ClockTimeline Started(string local)
    {
        var at = When.Paris(local);
        return ClockHistory.Of([new ClockFact.Started(Guid.Empty, at, at, ClockStory.Promise)]).Timeline;
    }
}
