using Grpc.Core;
using Npgsql;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing;

/// <summary>Reads reports as a partner or an operator does.</summary>
static class FeedReports
{
    public static async Task<ImportReport> ReportAsync(this HubHost hub, string name, string caller = "agence") => (await hub.Feeds(caller).GetImportReportAsync(new() { Name = name })).Report;

    /// <summary>Watches until that many came and the reader is up to date; the cursor is the checkpoint's.</summary>
    public static async Task<(List<ImportReport> Reports, string Cursor)> WatchReportsAsync(this HubHost hub, int count, string cursor = "", string caller = "agence", string partner = "")
    {
        using var call = hub.Feeds(caller).WatchImportReports(new() { StartCursor = cursor, Partner = partner }, deadline: Feed.DeadlineOf(hub));
        var seen = new List<ImportReport>();
        await foreach (var item in call.ResponseStream.ReadAllAsync())
        {
            if (item.ItemCase == WatchImportReportsResponse.ItemOneofCase.Report) seen.Add(item.Report);
            else if (seen.Count >= count) return (seen, item.Cursor);
        }

        throw new InvalidOperationException("The stream ended.");
    }

    /// <summary>As long as it is not disposed, a feed of the partner seems to be being applied.</summary>
    public static async Task<NpgsqlConnection> HoldFeedLockAsync(this HubHost hub, string partnerId)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(hub.ConnectionString) { Pooling = false }.ToString());
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"select pg_advisory_lock(hashtextextended('feeds of {partnerId}', 0))", connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }
}
