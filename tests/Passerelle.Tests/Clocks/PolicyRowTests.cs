using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Tests.Clocks.Calendars;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;

namespace Passerelle.Tests.Clocks;

/// <summary>Policies as rows, and which of them a clock gets.</summary>
public sealed class PolicyRowTests(Postgres postgres)
{
    [Fact]
    public async Task After_migrating_everybody_has_48_hours_and_three_reminders()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var rows = await hub.QueryAsync(db => db.ClockPolicies.OrderBy(p => p.Id).ToListAsync());
        Assert.Equal(["legal-term@1", "partner-window@1", "promise@1"], rows.Select(r => r.ToPolicy().Key.ToString()));
        Assert.All(rows.Skip(1).Select(r => r.ToPolicy()), policy =>
        {
            Assert.Equal(Duration.FromHours(48), policy.Window);
            Assert.Same(ElapsedTime.Instance, policy.Calendar);
            Assert.Equal([24, 36, 44], policy.Terms.Rungs.Select(r => r.Span.TotalHours));
        });
        Assert.Equal("promise@1", (await hub.PromiseAsync()).Promise.Policy);
        Assert.Equal("partner-window@1", (await hub.WindowAsync()).Window.Policy);
    }

    [Fact]
    public void Terms_are_read_back_as_they_were_written()
    {
        var hours = new WorkingHours
        {
            Zone = "Indian/Reunion", Week = WorkingHours.Weekdays([.. When.Day("9-12 14-24")]), Holidays = HolidayRegion.None, Repeated = RepeatedTime.Later,
            Exceptions = [new SpecialDay(new LocalDate(2026, 12, 24), "Veille de Noël", [.. When.Day("9-12")]), new SpecialDay(new LocalDate(2026, 12, 28), "Fermé", [])],
        };
        var terms = new PolicyTerms
        {
            Window = Duration.FromMinutes(90) + Duration.FromTicks(10), Calendar = new WorkingTime(hours), MayPause = true, MayOutlastPromise = true,
            Rungs = [PolicyRung.AfterStart(Duration.FromHours(30)), PolicyRung.BeforeDeadline(Duration.FromMinutes(5), breaksQuietHours: true), PolicyRung.AfterDeadline(Duration.FromDays(2)), PolicyRung.AtPercent(150)],
            Answers = new HashSet<AnswerKind> { AnswerKind.PartnerAnswered }, Reoffer = Reoffer.To("interim", "emploi"),
        };

        var read = TermsJson.Read(TermsJson.Write(terms));

        Assert.Equal((terms.Window, true, true), (read.Window, read.MayPause, read.MayOutlastPromise));
        Assert.Equal(terms.Rungs, read.Rungs);
        Assert.Equal(terms.Answers, read.Answers);
        Assert.Equal((ReofferOrder.Named, "interim emploi"), (read.Reoffer.Order, string.Join(' ', read.Reoffer.Partners)));
        Assert.Equivalent(hours, ((WorkingTime)read.Calendar).Definition, strict: true);
        Assert.Equal(TermsJson.Write(terms), TermsJson.Write(read));
        Assert.Throws<JsonException>(() => TermsJson.Read(TermsJson.Write(terms).Replace("may_pause", "may_break", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_clock_gets_the_policy_that_says_most_of_it()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        Assert.Equal("partner-window@1", (await hub.WindowAsync()).Window.Policy);
        var kind = await hub.OfferAsync(ClockFamily.PartnerWindow, new PolicyTerms { Window = Duration.FromHours(12) }, partnerKind: "employment");
        await hub.OfferAsync(ClockFamily.PartnerWindow, new PolicyTerms(), partnerKind: "housing");
        var (window, _) = await hub.WindowAsync();
        Assert.Equal((kind.ToString(), TimeSpan.FromHours(12)), (window.Policy, (window.DueTime - window.StartTime).ToTimeSpan()));

        var own = await hub.OfferAsync(ClockFamily.PartnerWindow, new PolicyTerms { Window = Duration.FromHours(6) }, partner: Candidate.Push);
        Assert.Equal(own.ToString(), (await hub.WindowAsync()).Window.Policy);

        var need = await hub.OfferAsync(ClockFamily.Promise, new PolicyTerms { Window = Duration.FromHours(24) }, need: "housing");
        Assert.Equal(need.ToString(), (await hub.PromiseAsync()).Promise.Policy);
    }

    [Fact]
    public async Task A_clock_keeps_its_policy_when_that_is_on_offer_no_longer()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        var key = await hub.OfferAsync(ClockFamily.Promise, new PolicyTerms { Window = Duration.FromHours(24) });
        var (promise, request) = await hub.PromiseAsync();
        await hub.ExecuteAsync($"update clock_policy_offers set until_time = hub_now() where policy_id = '{key.Id}'");
        Assert.Equal("promise@1", (await hub.PromiseAsync()).Promise.Policy);

        await hub.Time.FreezeAsync(promise.After(24).AddMicroseconds(1));

        Assert.Equal(Clock.Types.State.Missed, (await hub.AnswerRequestAsync(request)).State);
    }

    [Fact]
    public async Task Policies_are_read_once_in_a_while_and_not_for_every_clock()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=01:00:00", "Logging:LogLevel:Microsoft.EntityFrameworkCore.Database.Command=Information");
        for (var n = 0; n < 3; n++) await hub.WindowAsync();
        Assert.Single(hub.Logs.Entries, e => e.Text.Contains("Executed DbCommand", StringComparison.Ordinal) && e.Text.Contains("FROM clock_policies", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_version_of_a_policy_and_an_event_of_a_clock_are_never_changed()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.Contains("read-only after it has been saved", StringComparison.Ordinal);
        await hub.PromiseAsync();
        await hub.QueryAsync(async db =>
        {
            db.Entry(await db.ClockPolicies.FirstAsync()).Property(p => p.Terms).CurrentValue = "{}";
            return await Assert.ThrowsAsync<InvalidOperationException>(() => db.SaveChangesAsync());
        });
        await hub.QueryAsync(async db =>
        {
            db.Entry(await db.ClockEvents.FirstAsync()).Property(e => e.Why).CurrentValue = "";
            return await Assert.ThrowsAsync<InvalidOperationException>(() => db.SaveChangesAsync());
        });
    }

    [Fact]
    public async Task The_table_of_clocks_has_the_indexes_that_its_rate_allows()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var indexes = await hub.QueryAsync(db => db.Database.SqlQuery<string>($"select indexname as \"Value\" from pg_indexes where tablename in ('clocks', 'clock_events') order by 1").ToListAsync());
        Assert.Equal(
            [
                "ix_clocks_case_id", "ix_clocks_due_time", "ix_clocks_lapse_time", "ix_clocks_next_fire_time", "ix_clocks_partner_id_id", "ix_clocks_policy_id_policy_version_id",
                "ix_clocks_promise_id", "ix_clocks_state_id", "ix_clocks_subject", "ix_clocks_unreadable_time", "pk_clock_events", "pk_clocks",
            ],
            indexes);
    }
}
