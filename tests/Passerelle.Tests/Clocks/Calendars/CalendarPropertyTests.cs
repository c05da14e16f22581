namespace Passerelle.Tests.Clocks.Calendars;

/// <summary>Drawn calendars, zones and nights that the clocks change.</summary>
public sealed class CalendarPropertyTests
{
    const int Cases = 100_000;

    [Fact]
    public void Time_adds_up() => CalendarProperties.Time_adds_up(Cases);

    [Fact]
    public void Adding_and_measuring_agree() => CalendarProperties.Adding_and_measuring_agree(Cases);

    [Fact]
    public void Adding_is_monotone() => CalendarProperties.Adding_is_monotone(Cases);

    [Fact]
    public void A_day_off_never_brings_a_deadline_forward() => CalendarProperties.A_day_off_never_brings_a_deadline_forward(Cases);

    [Fact]
    public void Two_implementations_agree() => CalendarProperties.Two_implementations_agree(Cases);

    [Fact]
    public void Elapsed_time_is_the_instant_line() => CalendarProperties.Elapsed_time_is_the_instant_line(Cases);
}
