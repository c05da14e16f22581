using Hangfire;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Platform.Jobs;
using Passerelle.Tests.Support;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;

namespace Passerelle.Tests.Platform.Jobs;

public sealed class DueWorkTests(Postgres postgres)
{
    [Fact]
    public async Task A_Hangfire_job_marks_a_request_that_nobody_answers_as_overdue()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Jobs:Server=true", "Jobs:Watchdog=true", "Jobs:WatchdogPatience=365.00:00:00", "Jobs:SweepCron=* * * * * *");
        var filed = await (await Household.OpenAsync(hub)).FileRequestAsync(hub);
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(49));
        await OverdueAsync(hub, filed.Name);
        Assert.DoesNotContain(hub.Logs.Entries, e => e.Text.Contains("running it here", StringComparison.Ordinal));
    }

    [Fact]
    public async Task When_Hangfire_does_not_run_the_watchdog_does_the_work_and_says_so()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Jobs:Server=false", "Jobs:Watchdog=true", "Jobs:WatchdogPatience=00:00:01");
        var filed = await (await Household.OpenAsync(hub)).FileRequestAsync(hub);
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(49));
        await OverdueAsync(hub, filed.Name);
        Assert.Contains(hub.Logs.Entries, e => e.Text.Contains("FireClocks has been due for", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_comes_due_without_a_nudge_is_found_while_the_last_job_lingers()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Jobs:Server=false", "Jobs:Watchdog=true", "Jobs:WatchdogPatience=00:00:01", "Jobs:Linger=01:00:00");
        var household = await Household.OpenAsync(hub);
        var first = await household.FileRequestAsync(hub);
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(49));
        await OverdueAsync(hub, first.Name);
        var second = await household.FileRequestAsync(hub);

        // Nothing is committed when a deadline passes: nobody nudges.
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(49));

        await OverdueAsync(hub, second.Name);
        Assert.Single(hub.Logs.Entries, e => e.Text.Contains("FireClocks has been due for", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_sweep_that_was_taken_away_is_registered_again()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Jobs:Watchdog=true", "Jobs:CheckSweepsEvery=00:00:00.1");
        var (jobs, storage) = (hub.Services.GetRequiredService<IRecurringJobManager>(), hub.Services.GetRequiredService<JobStorage>());
        bool Registered()
        {
            using var connection = storage.GetConnection();
            return connection.GetAllEntriesFromHash($"recurring-job:{nameof(DeliverDue)}") is { Count: > 0 };
        }

        await Eventually.BecomesTrueAsync(Registered, "The sweep was never registered.");
        jobs.RemoveIfExists(nameof(DeliverDue));
        hub.ExpectedErrors = text => text.Contains("ALARM sweep_off: the sweep of DeliverDue", StringComparison.Ordinal);
        await Eventually.BecomesTrueAsync(Registered, "The sweep was not registered again.");
        Assert.Contains(hub.Logs.Entries, e => hub.ExpectedErrors(e.Text));
    }

    [Fact]
    public async Task A_sweep_that_switched_itself_off_is_switched_on_again()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Jobs:Watchdog=true", "Jobs:CheckSweepsEvery=00:00:00.1");
        hub.ExpectedErrors = text => text.Contains("ALARM sweep_off: the sweep of DeliverDue", StringComparison.Ordinal);
        await Eventually.BecomesTrueAsync(() => IsScheduledAsync(hub), () => "The sweep was never registered.");

        // As Hangfire leaves it after five errors of its own.
        await hub.ExecuteAsync(
            """
            delete from hangfire.hash where key = 'recurring-job:DeliverDue' and field = 'NextExecution';
            insert into hangfire.hash (key, field, value) values ('recurring-job:DeliverDue', 'Error', 'Could not be scheduled.');
            """);

        await Eventually.BecomesTrueAsync(() => IsScheduledAsync(hub), () => "The sweep stayed off.");
        Assert.Contains(hub.Logs.Entries, e => hub.ExpectedErrors(e.Text));

        static async Task<bool> IsScheduledAsync(HubHost hub)
        {
            await using var command = hub.Source.CreateCommand(
                """
                select exists (select from hangfire.hash where key = 'recurring-job:DeliverDue' and field = 'NextExecution' and value <> '')
                   and not exists (select from hangfire.hash where key = 'recurring-job:DeliverDue' and field = 'Error' and value <> '')
                """);
            return (bool)(await command.ExecuteScalarAsync())!;
        }
    }

    [Fact]
    public async Task A_lock_that_a_killed_server_left_behind_holds_nobody_up_for_longer_than_a_minute()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var storage = hub.Services.GetRequiredService<JobStorage>();
        // Never given back.
        var killed = storage.GetConnection();
        killed.AcquireDistributedLock("recurring-jobs", TimeSpan.FromSeconds(5));
        using var living = storage.GetConnection();

        await hub.ExecuteAsync("update hangfire.lock set acquired = acquired - interval '50 seconds'");
        Assert.ThrowsAny<Exception>(() => living.AcquireDistributedLock("recurring-jobs", TimeSpan.FromMilliseconds(100)));
        await hub.ExecuteAsync("update hangfire.lock set acquired = acquired - interval '11 seconds'");
        living.AcquireDistributedLock("recurring-jobs", TimeSpan.FromSeconds(10)).Dispose();
    }

    [Fact]
    public async Task What_Hangfire_stores_is_a_name_that_later_versions_still_know_and_no_argument()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.Services.GetRequiredService<IBackgroundJobClient>().Enqueue<DueWorkJob<DeliverDue>>(j => j.RunAsync(CancellationToken.None));
        await using var command = hub.Source.CreateCommand("select invocationdata->>'Type', invocationdata->>'Method', arguments::text from hangfire.job");
        await using var stored = await command.ExecuteReaderAsync();
        Assert.True(await stored.ReadAsync());
        // Renaming or moving these types strands the jobs that wait under the old name: keep both for one release.
        Assert.Equal("Passerelle.Hub.Platform.Jobs.DueWorkJob`1[[Passerelle.Hub.Exchanges.DeliverDue, passerelle-hub]], passerelle-hub", stored.GetString(0));
        Assert.Equal("RunAsync", stored.GetString(1));
        // The place of the cancellation token, which Hangfire fills in.
        Assert.Equal("[null]", stored.GetString(2));
    }

    static Task OverdueAsync(HubHost hub, string name) => Eventually.BecomesTrueAsync(
        async () => (await new RequestService.RequestServiceClient(hub.As("crm")).GetRequestAsync(new() { Name = name })).Request.Promise.State == Clock.Types.State.Overdue,
        () => "The deadline was never noticed.");
}
