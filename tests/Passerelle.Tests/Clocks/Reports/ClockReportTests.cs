using CsCheck;
using NodaTime;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Hub.Clocks.Reports;
using Passerelle.Tests.Clocks.Calendars;
using Passerelle.Tests.Clocks.History;
using Passerelle.Tests.Support;
using ClockFamily = Passerelle.Hub.Clocks.ClockFamily;

namespace Passerelle.Tests.Clocks.Reports;

/// <summary>What the database counts, against figures computed by hand and against the histories themselves.</summary>
public sealed class ClockReportTests(Postgres postgres)
{
    static readonly ReportQuestion Promises = new(ClockFamily.Promise);

    /// <summary>The 6-mercaptopurine group of Freireich and others (1963), whose estimate textbooks print: S is 0.857 at 6, 0.807 at 7, 0.753 at 10, 0.690 at 13, 0.627 at 16, 0.538 at 22, 0.448 at 23.</summary>
    [Fact]
    public async Task Percentiles_are_those_of_Kaplan_and_Meier()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        double[] answered = [6, 6, 6, 7, 10, 13, 16, 22, 23], waiting = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
        await hub.WriteAsync(ClockStory.At(100), [.. answered.Select(h => ReportRows.Answered(h)), .. waiting.Select(h => ReportRows.Waiting(100, h))]);

        var figures = Assert.Single(await hub.ReportAsync(Promises));

        // Of the answered alone half took 10 hours or less: that would be the biased figure.
        Assert.Equal((9, 0, 0, 12), (figures.Met, figures.Missed, figures.Overdue, figures.Open));
        Assert.Equal(new AnswerTimes(Duration.FromHours(23), null, null, null), figures.Times);
        Assert.Equal(1, figures.Attainment);
        await hub.ForgetClocksAsync();
    }

    [Fact]
    public async Task Without_open_clocks_percentiles_are_the_ordinary_ones()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.WriteAsync(ClockStory.At(1000), Enumerable.Range(1, 100).Select(n => ReportRows.Answered(n * 0.5)));

        var figures = Assert.Single(await hub.ReportAsync(Promises));

        Assert.Equal(new AnswerTimes(Duration.FromHours(25), Duration.FromHours(45), Duration.FromHours(47.5), Duration.FromHours(49.5)), figures.Times);
        Assert.Equal((96, 4, 0.96), (figures.Met, figures.Missed, figures.Attainment));
        await hub.ForgetClocksAsync();
    }

    [Fact]
    public async Task Open_and_late_is_missed_open_and_not_late_is_neither_and_voided_is_left_out()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.WriteAsync(ClockStory.At(1000),
        [
            ReportRows.Answered(48), ReportRows.Answered(49), ReportRows.Waiting(1000, 60), ReportRows.Waiting(1000, 48), ReportRows.Waiting(1000, 1),
            new ClockStory().Start(ClockStory.Pausable, 900).Pause(910), new ClockStory().Start(ClockStory.Promise).Void(3), new ClockStory().Start(ClockStory.Promise, 900).Void(999),
        ]);

        var figures = Assert.Single(await hub.ReportAsync(Promises));

        Assert.Equal((1, 1, 1, 3, 2, 8), (figures.Met, figures.Missed, figures.Overdue, figures.Open, figures.Voided, figures.Count));
        Assert.Equal(1.0 / 3, figures.Attainment);
        await hub.ForgetClocksAsync();
    }

    [Fact]
    public async Task Nothing_answered_tells_nothing_of_answer_times()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        Assert.Empty(await hub.ReportAsync(Promises));
        await hub.WriteAsync(ClockStory.At(100), [ReportRows.Waiting(100, 1), ReportRows.Waiting(100, 2)]);

        var figures = Assert.Single(await hub.ReportAsync(Promises));

        Assert.Equal((default(AnswerTimes), (double?)null, 2), (figures.Times, figures.Attainment, figures.Open));
        await hub.ForgetClocksAsync();
    }

    [Fact]
    public async Task Months_are_those_of_Paris_and_groups_are_told_apart_as_asked()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var newYear = (When.Paris("2027-01-01 00:00") - ClockStory.Beginning).TotalHours;
        var microsecond = 1.0 / 3_600_000_000;
        await hub.WriteAsync(ClockStory.At(100),
            (ReportRows.Answered(1, newYear - microsecond).History, ClockFamily.Promise, null, "housing", "advisors/ada"),
            (ReportRows.Answered(2, newYear).History, ClockFamily.Promise, null, "housing", "advisors/ada"),
            (ReportRows.Answered(3, newYear).History, ClockFamily.Promise, null, "leisure", null),
            (ReportRows.Answered(4, newYear).History, ClockFamily.PartnerWindow, "emploi", null, null),
            (ReportRows.Answered(5, newYear).History, ClockFamily.PartnerWindow, "agence", null, null));

        string Shown(ClockFigures f) => $"{f.Month:yyyy-MM} {f.Need} {f.PartnerId} {f.Advisor} {f.Times.P50?.TotalHours:0}";
        async Task<IEnumerable<string>> ReportAsync(ReportQuestion question) => (await hub.ReportAsync(question)).Select(Shown);
        Assert.Equal(["2026-12    1", "2027-01    2"], await ReportAsync(Promises with { Groups = ReportGroups.Month }));
        Assert.Equal([" housing  advisors/ada 1", " leisure   3"], await ReportAsync(Promises with { Groups = ReportGroups.Need | ReportGroups.Advisor }));
        Assert.Equal([" employment emploi  4", " housing agence  5"], await ReportAsync(new(ClockFamily.PartnerWindow, ReportGroups.Need | ReportGroups.Partner)));
        Assert.Equal([" housing   5"], await ReportAsync(new(ClockFamily.PartnerWindow, ReportGroups.Need, PartnerId: "agence")));
        Assert.Equal(["    2"], await ReportAsync(Promises with { From = When.Paris("2027-01-01 00:00").ToDateTimeOffset() }));
        Assert.Equal(["    1"], await ReportAsync(Promises with { Until = When.Paris("2027-01-01 00:00").ToDateTimeOffset() }));
        await hub.ForgetClocksAsync();
    }

    /// <summary>Drawn histories, with pauses, changes of policy, reopenings and corrections, reported as known at drawn moments. A failure prints its seed.</summary>
    [Fact]
    public async Task The_report_agrees_with_the_fold_of_the_histories_at_any_moment()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.QueryAsync(async db =>
        {
            db.ClockPolicies.AddRange(HistoryGen.Policies.Where(p => p.Key != ClockStory.Promise.Key).Select(p => PolicyRow.Of(p, DateTimeOffset.UnixEpoch)));
            return await db.SaveChangesAsync();
        });
        var histories = HistoryGen.Histories(corrections: true, ends: true).Select(facts => ClockHistory.Of(facts)).Where(IsStored).Array[100];
        await Gen.Select(histories, Gen.Int[0, 1500].Array[6]).SampleAsync(
            async (drawn, ticks) =>
            {
                var last = NaiveClock.At(1500);
                await hub.ForgetClocksAsync();
                await hub.WriteAsync(last, drawn.Select(h => (h, ClockFamily.Promise, (string?)null, (string?)null, (string?)null)));
                Assert.Equal(NaiveReport.Of(drawn, last), Assert.Single(await hub.ReportAsync(Promises)));
                foreach (var moment in ticks.Select(NaiveClock.At))
                    Assert.Equal(NaiveReport.Of(drawn, moment), (await hub.ReportAsync(Promises with { AsKnown = moment.ToDateTimeOffset() })).SingleOrDefault());
            },
            iter: 10, threads: 1);
        await hub.ForgetClocksAsync();
    }

    /// <summary>A clock's first event is its start, and its only one.</summary>
    static bool IsStored(ClockHistory history) => history.Facts[0] is ClockFact.Started && history.Facts.Skip(1).All(f => f is not ClockFact.Started) && history.Timeline.Leg is not null;
}
