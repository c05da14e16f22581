using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Exchanges;

/// <summary>Hangfire itself, from the call that queues an exchange to its delivery.</summary>
public sealed class JobTests(Postgres postgres)
{
    [Fact]
    public async Task A_nudge_makes_Hangfire_deliver_and_its_jobs_hold_no_data()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Jobs:Server=true", "Jobs:Watchdog=true", "Jobs:WatchdogPatience=01:00:00");
        var referral = await (await Candidate.ReadyAsync(hub)).ReferAsync();

        await Eventually.BecomesTrueAsync(
            async () => (await hub.GetExchangeAsync(referral.Exchange)).State == State.AwaitingAnswer, () => "Nobody delivered.");

        Assert.Single(hub.Partner.Received);
        var stored = await StoredAsync(hub);
        Assert.Contains(stored, job => job.Type.Contains(nameof(DeliverDue), StringComparison.Ordinal));
        // The one argument is the place of the token that Hangfire puts in.
        Assert.All(stored, job => Assert.Equal("[null]", job.Arguments));
    }

    static async Task<List<(string Type, string Arguments)>> StoredAsync(HubHost hub)
    {
        await using var command = hub.Source.CreateCommand("select invocationdata->>'Type', arguments::text from hangfire.job");
        await using var reader = await command.ExecuteReaderAsync();
        var stored = new List<(string, string)>();
        while (await reader.ReadAsync()) stored.Add((reader.GetString(0), reader.GetString(1)));
        return stored;
    }
}
