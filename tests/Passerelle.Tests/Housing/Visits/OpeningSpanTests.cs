using Passerelle.Hub.Housing.Visits;

namespace Passerelle.Tests.Housing.Visits;

/// <summary>When an agency shows homes on a given day, by its week.</summary>
public sealed class OpeningSpanTests
{
    static readonly DateOnly Friday = new(2027, 3, 5);

    /// <summary>9:00 to 18:00 in Paris, in winter.</summary>
    static readonly TimeSpanRange Hours = new(At(8), At(17));

    [Fact]
    public void Who_has_said_nothing_is_asked_for_any_time() => Assert.Equal([Hours], OpeningSpan.WindowsIn(Hours, Friday, "a", []));

    [Fact]
    public void Hours_are_cut_to_the_households_and_come_in_their_order() =>
        Assert.Equal(
            [new(At(8), At(11)), new(At(13), At(17))],
            OpeningSpan.WindowsIn(Hours, Friday, "a", [Span(5, 14 * 60, 24 * 60), Span(5, 0, 12 * 60), Span(4, 0, 600), Span(5, 5, 6)]));

    [Fact]
    public void On_a_day_without_hours_nothing_is_shown() => Assert.Empty(OpeningSpan.WindowsIn(Hours, Friday, "a", [Span(4, 540, 1080)]));

    [Fact]
    public void An_agencys_own_hours_come_before_its_partners()
    {
        OpeningSpan[] spans = [Span(5, 540, 600), new("p", "b", 4, 540, 600)];
        Assert.Equal([new(At(8), At(9))], OpeningSpan.WindowsIn(Hours, Friday, "a", spans));
        Assert.Empty(OpeningSpan.WindowsIn(Hours, Friday, "b", spans));
    }

    [Fact]
    public void In_the_night_when_summer_time_begins_an_hour_is_missing()
    {
        var (start, sunday) = (new DateTimeOffset(2027, 3, 27, 23, 0, 0, TimeSpan.Zero), new DateOnly(2027, 3, 28));
        Assert.Equal([new(start.AddHours(1), start.AddHours(3))], OpeningSpan.WindowsIn(new(start, start.AddHours(23)), sunday, "a", [Span(7, 60, 240)]));
    }

    static OpeningSpan Span(int day, int from, int until) => new("p", "", day, from, until);

    static DateTimeOffset At(int hour) => new(2027, 3, 5, hour, 0, 0, TimeSpan.Zero);
}
