using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using NodaTime;
using Npgsql;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Clocks;

/// <summary>A promise that a partner's window may serve.</summary>
/// <param name="Deadline">Null: it is paused.</param>
public readonly record struct OpenPromise(Guid Id, Standing Standing, Instant? Deadline);

/// <summary>The promises of cases that are open and not broken. Of several, windows that start now serve the one that is due first.</summary>
public sealed class OpenPromises
{
    readonly Dictionary<Guid, OpenPromise> byCase = [];

    public OpenPromise? Of(Guid caseId) => byCase.TryGetValue(caseId, out var promise) ? promise : null;

    /// <summary>Part of the open transaction: until its end nobody moves them. Who moves one later finds the windows that have started.</summary>
    public static async Task<OpenPromises> OfAsync(HubDb db, Guid[] caseIds, CancellationToken ct)
    {
        var promises = new OpenPromises();
        if (caseIds.Length == 0) return promises;
        // Straight to the driver: each batch of deliveries asks.
        await using var command = new NpgsqlCommand(
            """
            select distinct on (case_id) case_id, id, state, due_time from (
                select case_id, id, state, due_time from clocks
                where case_id = any($1) and family = 'promise' and state in ('running', 'paused') and (due_time is null or due_time > (select hub_now()))
                order by id for share
            ) open
            order by case_id, due_time, id
            """,
            (NpgsqlConnection)db.Database.GetDbConnection(), (NpgsqlTransaction)db.Database.CurrentTransaction!.GetDbTransaction());
        command.Parameters.Add(new() { Value = caseIds });
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            promises.byCase[reader.GetGuid(0)] = new OpenPromise(
                reader.GetGuid(1), EnumText<Standing>.Parse(reader.GetString(2)), reader.IsDBNull(3) ? null : Instant.FromDateTimeOffset(reader.GetFieldValue<DateTimeOffset>(3)));
        }

        return promises;
    }
}
