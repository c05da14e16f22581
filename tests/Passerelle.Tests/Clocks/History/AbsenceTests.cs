using NodaTime;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Clocks.History;
using Passerelle.Tests.Clocks.Calendars;

namespace Passerelle.Tests.Clocks.History;

public sealed class AbsenceTests
{
    static readonly WorkingTime service = new ResponseOptions().ServiceHours();

    [Theory]
    // Friday 26 March 2027 is the eve of Easter, and of summer time; Monday is a holiday.
    [InlineData("2027-03-26 16:59", null, null)]
    [InlineData("2027-03-26 17:00", "2027-03-26 18:00", "2027-03-30 09:00")]
    [InlineData("2027-03-26 17:59", "2027-03-26 18:00", "2027-03-30 09:00")]
    [InlineData("2027-03-26 18:00", null, null)]
    [InlineData("2027-03-28 17:30", null, null)]
    [InlineData("2027-03-30 17:30", "2027-03-30 18:00", "2027-03-31 09:00")]
    public void An_absence_is_seen_coming_while_somebody_is_there(string now, string? from, string? until)
    {
        var ahead = Absence.Ahead(service, Duration.FromHours(1), When.Paris(now));
        Assert.Equal((from, until), (ahead?.From.InParis(), ahead?.Until.InParis()));
    }
}
