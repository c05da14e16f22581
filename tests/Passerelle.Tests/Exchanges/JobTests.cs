using System.Text.Json;
using Hangfire;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Platform.Jobs;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Exchanges;

/// <summary>Hangfire itself: what it stores, and that it does the work.</summary>
public sealed class JobTests(Postgres postgres)
{
    /// <summary>Jobs that an older version enqueued must still be found by a newer one: these names are stored, and never change.</summary>
    [Fact]
    public async Task The_stored_names_of_jobs_stay_what_they_are_and_hold_no_data()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var jobs = hub.Services.GetRequiredService<IBackgroundJobClient>();
        jobs.Enqueue<DueWorkJob<DeliverDue>>(j => j.RunAsync(CancellationToken.None));
        jobs.Enqueue<DueWorkJob<FireClocks>>(j => j.RunAsync(CancellationToken.None));

        Assert.Equal(
            [
                ("Passerelle.Hub.Platform.Jobs.DueWorkJob`1[[Passerelle.Hub.Exchanges.DeliverDue, passerelle-hub]], passerelle-hub", "RunAsync", "[null]"),
                ("Passerelle.Hub.Platform.Jobs.DueWorkJob`1[[Passerelle.Hub.Clocks.FireClocks, passerelle-hub]], passerelle-hub", "RunAsync", "[null]"),
            ],
            await StoredAsync(hub));
    }

    [Fact]
    public async Task A_nudge_makes_Hangfire_deliver_and_its_jobs_hold_no_data()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Jobs:Server=true");
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();

        while ((await hub.GetExchangeAsync(referral.Exchange)).State != State.AwaitingAnswer)
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, TestContext.Current.CancellationToken);

        Assert.Single(hub.Partner.Received);
        var stored = await StoredAsync(hub);
        Assert.Contains(stored, job => job.Type.Contains(nameof(DeliverDue), StringComparison.Ordinal));
        Assert.All(stored, job => Assert.Equal("[null]", job.Arguments));
    }

    /// <summary>The one argument is the token that Hangfire puts in when it runs the job.</summary>
    static async Task<List<(string Type, string Method, string Arguments)>> StoredAsync(HubHost hub)
    {
        await using var command = hub.Source.CreateCommand("select invocationdata::text, arguments::text from hangfire.job order by id");
        await using var reader = await command.ExecuteReaderAsync();
        var stored = new List<(string, string, string)>();
        while (await reader.ReadAsync())
        {
            using var invocation = JsonDocument.Parse(reader.GetString(0));
            stored.Add((invocation.RootElement.GetProperty("Type").GetString()!, invocation.RootElement.GetProperty("Method").GetString()!, reader.GetString(1)));
        }

        return stored;
    }
}
