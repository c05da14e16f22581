using NodaTime;
using NodaTime.TimeZones;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Tests.Clocks.Calendars;

/// <summary>48 hours of elapsed time, as they look on a wall in Paris, and local times that do not exist or exist twice.</summary>
public sealed class DeadlineTests
{
    [Theory]
    [InlineData("2027-03-27 10:00", "2027-03-29 11:00")]
    [InlineData("2026-10-24 10:00", "2026-10-26 09:00")]
    [InlineData("2027-03-26 18:05", "2027-03-28 19:05")]
    [InlineData("2026-11-27 18:05", "2026-11-29 18:05")]
    [InlineData("2028-02-28 12:00", "2028-03-01 12:00")]
    public void Two_days_of_elapsed_time_end_where_the_instant_line_says(string start, string due) =>
        Assert.Equal(due, ElapsedTime.Instance.Add(When.Paris(start), Duration.FromHours(48)).InParis());

    [Theory]
    [InlineData(RepeatedTime.Earlier, "2026-10-27 01:30")]
    [InlineData(RepeatedTime.Later, "2026-10-27 02:30")]
    public void The_hour_that_comes_twice_gives_two_deadlines(RepeatedTime which, string due) =>
        Assert.Equal(due, ElapsedTime.Instance.Add(When.Paris("2026-10-25 02:30", which), Duration.FromHours(48)).InParis());

    [Fact]
    public void A_local_time_that_does_not_exist_is_shifted_forward_by_the_gap_or_refused_by_who_wants_that()
    {
        Assert.Equal("2027-03-28 03:30", When.Paris("2027-03-28 02:30").InParis());
        Assert.Equal("2027-03-28 03:30", When.Paris("2027-03-28 02:30", RepeatedTime.Later).InParis());
        Assert.Throws<SkippedTimeException>(() => When.ParisZone.ResolveLocal(new LocalDateTime(2027, 3, 28, 2, 30), Resolvers.StrictResolver));
    }

    [Fact]
    public void What_is_finer_than_a_microsecond_is_cut_off_towards_the_past()
    {
        var start = When.Paris("2027-03-01 09:00");
        Assert.Equal(start, Microseconds.Whole(start + Duration.FromNanoseconds(999)));
        Assert.Equal(start - Microseconds.One, Microseconds.Whole(start - Duration.FromNanoseconds(1)));
        Assert.Equal(Instant.FromUnixTimeTicks(-10), Microseconds.Whole(Instant.FromUnixTimeTicks(-1)));
        Assert.Equal(start + Microseconds.One, ElapsedTime.Instance.Add(start + Duration.FromNanoseconds(900), Duration.FromNanoseconds(1900)));
    }
}
