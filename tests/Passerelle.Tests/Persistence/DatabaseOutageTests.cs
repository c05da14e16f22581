using Grpc.Core;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using NodaTime;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;
using Passerelle.Tests.Clocks;
using Passerelle.Tests.Support;
using Clock = Passerelle.Contracts.Clocks.V1.Clock;

namespace Passerelle.Tests.Persistence;

public sealed class DatabaseOutageTests(Postgres postgres)
{
    [Fact]
    public async Task While_the_database_is_away_callers_are_told_when_to_come_back_and_work_resumes_by_itself()
    {
        var folder = postgres.NewFolder();
        var cluster = await EmbeddedPostgres.StartAsync(folder, durable: true, [], TestContext.Current.CancellationToken);
        try
        {
            await cluster.EnsureDatabaseAsync(Storage.DatabaseName, TestContext.Current.CancellationToken);
            await using var hub = await HubHost.StartOnNewAsync(cluster.ConnectionString(Storage.DatabaseName), "Jobs:Server=true", "Jobs:Watchdog=true", "Response:RereadPoliciesEvery=00:00:00");
            await hub.OfferAsync(ClockFamily.Promise, new PolicyTerms { Window = Duration.FromSeconds(20) });
            // Hangfire's own processes report that the database is away, as they should.
            hub.ExpectedErrors = _ => true;
            var household = await Household.OpenAsync(hub);
            var filed = await household.FileRequestAsync(hub);
            var cases = new CaseService.CaseServiceClient(hub.As("crm"));

            await cluster.DisposeAsync();
            var error = await HubError.OfAsync(ErrorReason.StorageUnavailable, StatusCode.Unavailable, async () => await cases.GetCaseAsync(new() { Name = household.Case }));
            Assert.True(error.RetryDelay > TimeSpan.Zero);
            error = await HubError.OfAsync(ErrorReason.StorageUnavailable, StatusCode.Unavailable, async () => await Household.OpenAsync(hub));
            Assert.True(error.RetryDelay > TimeSpan.Zero);
            Assert.False((await hub.Http("crm").GetAsync(new Uri("/health/ready", UriKind.Relative))).IsSuccessStatusCode);

            cluster = await EmbeddedPostgres.StartAsync(folder, durable: true, [], TestContext.Current.CancellationToken);
            await Eventually.BecomesTrueAsync(async () =>
            {
                try { return (await cases.GetCaseAsync(new() { Name = household.Case })).Requests.Single().Promise.State == Clock.Types.State.Overdue; }
                catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable) { return false; }
            }, () => "The deadline that passed during the outage was never noticed.", TimeSpan.FromSeconds(90));
            Assert.Equal(filed.Promise.DueTime, (await cases.GetCaseAsync(new() { Name = household.Case })).Requests.Single().Promise.DueTime);
        }
        finally
        {
            await cluster.DisposeAsync();
        }
    }
}
