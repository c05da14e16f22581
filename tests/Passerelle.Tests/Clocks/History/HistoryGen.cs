using CsCheck;
using NodaTime;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Clocks.History;
using Passerelle.Tests.Clocks.Calendars;

namespace Passerelle.Tests.Clocks.History;

/// <summary>Histories as they come: a start, then anything, in a week with a change to summer time and an Easter Monday.</summary>
static class HistoryGen
{
    static readonly WorkingTime evenings = new(new WorkingHours { Week = WorkingHours.Weekdays([.. When.Day("8:30-10 17:20-20")]), Holidays = HolidayRegion.None });

    public static readonly ClockPolicy[] Policies =
    [
        ClockStory.Promise, ClockStory.Pausable, ClockStory.Short, ClockStory.Working,
        new(new PolicyKey("evenings", 1), new PolicyTerms
        {
            MayPause = true, Window = Duration.FromMinutes(400), Calendar = evenings, Answers = new HashSet<AnswerKind> { AnswerKind.PartnerAnswered },
            Rungs = [PolicyRung.AfterStart(Duration.FromHours(1)), PolicyRung.AtPercent(50), PolicyRung.AtPercent(150), PolicyRung.BeforeDeadline(Duration.FromMinutes(30), breaksQuietHours: true)],
        }),
        new(new PolicyKey("evenings", 2), new PolicyTerms { Window = Duration.FromMinutes(200), Calendar = evenings, Rungs = [] }),
    ];

    /// <summary>Kind, tick of effect, ticks until it was recorded, and a number that says the rest.</summary>
    static readonly Gen<(int, int, int, int)> moments = Gen.Select(Gen.Int[0, 99], Gen.Int[0, 900], Gen.Frequency((3, Gen.Const(0)), (1, Gen.Int[0, 300])), Gen.Int[0, 9_999]);

    /// <param name="corrections">Whether there are any.</param>
    /// <param name="ends">Whether there are answers and voidings.</param>
    public static Gen<ClockFact[]> Histories(bool corrections, bool ends) =>
        Gen.Select(Gen.Int[0, 300], Gen.Int[0, 9_999], moments.Array[0, 9]).Select((start, way, rest) =>
        {
            List<ClockFact> facts = [Make(0, 1, start, start, way, [])];
            foreach (var (kind, effect, delay, number) in rest) facts.Add(Make(Pick(kind, corrections, ends), facts.Count + 1, effect, effect + delay, number, facts));
            return facts.ToArray();
        });

    public static Guid IdOf(int number) => new(number, 0, 0, new byte[8]);

    static int Pick(int kind, bool corrections, bool ends) => kind switch
    {
        < 3 => 0,
        < 22 => 1,
        < 40 => 2,
        < 52 => 3,
        < 62 => 4,
        < 80 when ends => 5,
        < 88 when ends => 6,
        < 91 when ends => 7,
        >= 91 when corrections => 8,
        _ => kind % 2 + 1,
    };

    static ClockFact Make(int kind, int id, int effect, int record, int number, List<ClockFact> before)
    {
        var (at, recorded) = (NaiveClock.At(effect), NaiveClock.At(record));
        Instant? limit = number % 5 == 0 ? NaiveClock.At(effect + (number / 25)) : null;
        return kind switch
        {
            0 => new ClockFact.Started(IdOf(id), at, recorded, Policies[number % Policies.Length], limit),
            1 => new ClockFact.Paused(IdOf(id), at, recorded, "Vacances"),
            2 => new ClockFact.Resumed(IdOf(id), at, recorded),
            3 => new ClockFact.PolicyChanged(IdOf(id), at, recorded, Policies[number % Policies.Length]),
            4 => new ClockFact.Limited(IdOf(id), at, recorded, limit),
            5 => new ClockFact.Answered(IdOf(id), at, recorded, (AnswerKind)((number % 8) + 1)),
            6 => new ClockFact.Reopened(IdOf(id), at, recorded, number % 2 == 0 ? null : before[number % before.Count].Id),
            7 => new ClockFact.Voided(IdOf(id), at, recorded, VoidReason.NotNeeded),
            _ => new ClockFact.Corrected(IdOf(id), at, recorded, number % 3 == 0 ? null : before[number % before.Count].Id,
                number % 3 == 1 ? null : Make(number / 8 % 8, 100 + id, Math.Max(0, effect - (number % 50)), record, number / 3, before), "advisors/ada", "Erreur de saisie"),
        };
    }
}
