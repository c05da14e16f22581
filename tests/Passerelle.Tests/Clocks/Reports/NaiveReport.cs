using System.Numerics;
using NodaTime;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Reports;

namespace Passerelle.Tests.Clocks.Reports;

/// <summary>The figures once more, clock by clock from the histories, with whole numbers only.</summary>
static class NaiveReport
{
    public static ClockFigures? Of(IEnumerable<ClockHistory> histories, Instant moment)
    {
        var (met, missed, overdue, open, voided) = (0L, 0L, 0L, 0L, 0L);
        List<(Duration Waited, bool Answered)> waits = [];
        foreach (var known in histories.Select(h => h.AsKnownAt(moment).Timeline))
        {
            if (known.StartTime is not { } start) continue;
            switch (known.StandingAt(moment))
            {
                case Standing.Met: met++; break;
                case Standing.Missed: missed++; break;
                case Standing.Voided: voided++; continue;
                default:
                    if (known.Deadline < moment) overdue++;
                    else open++;
                    break;
            }

            waits.Add(((known.Answer?.EffectiveTime ?? moment) - start, known.Answer is not null));
        }

        return met + missed + overdue + open + voided == 0
            ? null
            : new ClockFigures(null, null, null, null, met, missed, overdue, open, voided, new AnswerTimes(Percentile(waits, 50), Percentile(waits, 90), Percentile(waits, 95), Percentile(waits, 99)));
    }

    /// <summary>Kaplan and Meier's, as a fraction: nobody rounds.</summary>
    public static Duration? Percentile(IReadOnlyCollection<(Duration Waited, bool Answered)> waits, int percent)
    {
        var (left, of) = (BigInteger.One, BigInteger.One);
        foreach (var time in waits.Where(w => w.Answered).Select(w => w.Waited).Distinct().Order())
        {
            var (atRisk, answered) = (waits.Count(w => w.Waited >= time), waits.Count(w => w.Answered && w.Waited == time));
            (left, of) = (left * (atRisk - answered), of * atRisk);
            if (left * 100 <= of * (100 - percent)) return time;
        }

        return null;
    }
}
