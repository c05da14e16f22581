namespace Passerelle.Tests.Clocks.Calendars;

/// <summary>The properties of the calendars at length, run by `./test.sh --soak` only.</summary>
public sealed class SoakTests
{
    const int Cases = 1_000_000;

    [Fact(Explicit = true)]
    public void Time_adds_up() => CalendarProperties.Time_adds_up(Cases);

    [Fact(Explicit = true)]
    public void Adding_and_measuring_agree() => CalendarProperties.Adding_and_measuring_agree(Cases);

    [Fact(Explicit = true)]
    public void Adding_is_monotone() => CalendarProperties.Adding_is_monotone(Cases);

    [Fact(Explicit = true)]
    public void A_day_off_never_brings_a_deadline_forward() => CalendarProperties.A_day_off_never_brings_a_deadline_forward(Cases);

    [Fact(Explicit = true)]
    public void Two_implementations_agree() => CalendarProperties.Two_implementations_agree(Cases);

    [Fact(Explicit = true)]
    public void Elapsed_time_is_the_instant_line() => CalendarProperties.Elapsed_time_is_the_instant_line(Cases);
}
