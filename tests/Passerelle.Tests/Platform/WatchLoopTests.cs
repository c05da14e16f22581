using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Platform;

/// <summary>What every watch stream has in common.</summary>
public sealed class WatchLoopTests(Postgres postgres)
{
    static readonly DateTimeOffset Now = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_checkpoint_bears_the_databases_time_whatever_the_nodes_clock_says()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Now);
        var name = (await Household.OpenAsync(hub)).Case;
        var crm = hub.As("crm");

        using var exchanges = new ExchangeService.ExchangeServiceClient(crm).WatchExchanges(new());
        using var @case = new CaseService.CaseServiceClient(crm).WatchCase(new() { Name = name });
        using var listings = new ListingService.ListingServiceClient(crm).WatchListings(new());
        using var inbox = new InboxService.InboxServiceClient(hub.As("interim")).WatchInbox(new());

        Assert.Equal(Now, await CheckpointAsync(exchanges, r => r.CheckpointTime));
        Assert.Equal(Now, await CheckpointAsync(@case, r => r.CheckpointTime));
        Assert.Equal(Now, await CheckpointAsync(listings, r => r.CheckpointTime));
        Assert.Equal(Now, await CheckpointAsync(inbox, r => r.CheckpointTime));
    }

    static async Task<DateTimeOffset?> CheckpointAsync<T>(AsyncServerStreamingCall<T> watch, Func<T, Timestamp?> time)
    {
        while (await watch.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
            if (time(watch.ResponseStream.Current) is { } checkpoint) return checkpoint.ToDateTimeOffset();
        return null;
    }
}
