using CsCheck;
using NodaTime;
using Passerelle.Hub.Clocks.Calendars;

namespace Passerelle.Tests.Clocks.Calendars;

/// <summary>What holds for every calendar. Each runs so many cases; CsCheck prints the seed of one that fails.</summary>
static class CalendarProperties
{
    /// <summary>elapsed(a, c) = elapsed(a, b) + elapsed(b, c), and the spans between a and c say the same with reasons.</summary>
    public static void Time_adds_up(int cases) =>
        Gen.Select(CalendarGen.StrangeWorking, Gen.Long[0, 9L * 24 * 3600 * 1_000_000], Gen.Long[0, 9L * 24 * 3600 * 1_000_000]).Sample(
            (made, first, second) =>
            {
                var calendar = new WorkingTime(made.Hours);
                var (a, b) = (made.Start, made.Start + CalendarGen.Micros(first));
                var c = b + CalendarGen.Micros(second);
                var whole = calendar.Elapsed(a, c);
                Assert.Equal(whole, calendar.Elapsed(a, b) + calendar.Elapsed(b, c));

                var (cursor, counted) = (a, Duration.Zero);
                foreach (var span in calendar.Spans(a, c))
                {
                    // Assert.Equal takes ten times as long as all the rest.
                    if (cursor != span.From || span.To <= span.From || span.Counts != (span.Rule is SpanRule.WorkingHours or SpanRule.ExceptionHours)) Assert.Fail($"{span} after {cursor}");
                    (cursor, counted) = (span.To, counted + span.Counted);
                }

                Assert.Equal((c, whole), (cursor, counted));
            },
            iter: cases);

    /// <summary>elapsed(s, add(s, d)) = d, and it is the first such instant.</summary>
    public static void Adding_and_measuring_agree(int cases) =>
        Gen.Select(CalendarGen.StrangeWorking, CalendarGen.Shares).Sample(
            (made, weeks) =>
            {
                var (calendar, duration) = (new WorkingTime(made.Hours), CalendarGen.Work(made.Hours, weeks));
                var end = calendar.Add(made.Start, duration);
                Assert.Equal(duration, calendar.Elapsed(made.Start, end));
                if (duration > Duration.Zero) Assert.Equal(duration - Microseconds.One, calendar.Elapsed(made.Start, end - Microseconds.One));
                else Assert.Equal(made.Start, end);
            },
            iter: cases);

    /// <summary>Who starts later is not due earlier, nor is who has more to do.</summary>
    public static void Adding_is_monotone(int cases) =>
        Gen.Select(CalendarGen.StrangeWorking, CalendarGen.Shares, CalendarGen.Shares, Gen.Long[0, 3L * 24 * 3600 * 1_000_000]).Sample(
            (made, some, more, later) =>
            {
                var calendar = new WorkingTime(made.Hours);
                var (less, all) = (CalendarGen.Work(made.Hours, Math.Min(some, more)), CalendarGen.Work(made.Hours, Math.Max(some, more)));
                var due = calendar.Add(made.Start, less);
                Assert.True(due <= calendar.Add(made.Start, all));
                Assert.True(due <= calendar.Add(made.Start + CalendarGen.Micros(later), less));
            },
            iter: cases);

    /// <summary>A day off, public or our own, never brings a deadline forward.</summary>
    public static void A_day_off_never_brings_a_deadline_forward(int cases) =>
        Gen.Select(CalendarGen.StrangeWorking, CalendarGen.Shares, Gen.Int[-2, 30]).Sample(
            (made, weeks, day) =>
            {
                var duration = CalendarGen.Work(made.Hours, weeks);
                var without = made.Hours with { Holidays = HolidayRegion.None };
                var date = made.Start.InUtc().Date.PlusDays(day);
                var off = without with { Exceptions = [.. without.Exceptions.Where(e => e.Date != date), new SpecialDay(date, "Fermeture", [])] };
                var due = new WorkingTime(without).Add(made.Start, duration);
                Assert.True(due <= new WorkingTime(without with { Holidays = HolidayRegion.France }).Add(made.Start, duration));
                Assert.True(due <= new WorkingTime(off).Add(made.Start, duration));
            },
            iter: cases);

    public static void Two_implementations_agree(int cases) =>
        Gen.Select(CalendarGen.Working, CalendarGen.Shares, Gen.Long[0, 4L * 24 * 3600 * 1_000_000]).Sample(
            (made, weeks, length) =>
            {
                var (calendar, naive) = (new WorkingTime(made.Hours), new NaiveWorkingTime(made.Hours));
                var duration = CalendarGen.Work(made.Hours, weeks);
                Assert.Equal(naive.Add(made.Start, duration), calendar.Add(made.Start, duration));
                var to = made.Start + CalendarGen.Micros(length);
                Assert.Equal(naive.Elapsed(made.Start, to), calendar.Elapsed(made.Start, to));
            },
            iter: cases);

    /// <summary>The default calendar: the instant line, with nothing left out.</summary>
    public static void Elapsed_time_is_the_instant_line(int cases) =>
        Gen.Select(CalendarGen.Instants, Gen.Long[0, 9L * 24 * 3600 * 1_000_000]).Sample(
            (start, micros) =>
            {
                var end = ElapsedTime.Instance.Add(start, CalendarGen.Micros(micros));
                Assert.Equal(start + CalendarGen.Micros(micros), end);
                Assert.Equal(CalendarGen.Micros(micros), ElapsedTime.Instance.Elapsed(start, end));
                Assert.Equal(CalendarGen.Micros(micros), ElapsedTime.Instance.Spans(start, end).Aggregate(Duration.Zero, (sum, span) => sum + span.Counted));
            },
            iter: cases);
}
