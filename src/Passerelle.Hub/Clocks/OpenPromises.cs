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

    /// <summary>Part of the open transaction: until its end nobody moves them. Who moves one later finds the windows that have started. Straight to the driver: each batch of deliveries asks.</summary>
    public static NpgsqlBatchCommand Question(Guid[] caseIds)
    {
        var question = new NpgsqlBatchCommand(
            """
            select distinct on (case_id) case_id, id, state, due_time from (
                select case_id, id, state, due_time from clocks
                where case_id = any($1) and family = 'promise' and state in ('running', 'paused') and (due_time is null or due_time > (select hub_now()))
                order by id for share
            ) open
            order by case_id, due_time, id
            """);
        question.Parameters.Add(new() { Value = caseIds });
        return question;
    }

    public static async Task<OpenPromises> ReadAsync(NpgsqlDataReader answer, CancellationToken ct)
    {
        var promises = new OpenPromises();
        while (await answer.ReadAsync(ct))
        {
            promises.byCase[answer.GetGuid(0)] = new OpenPromise(
                answer.GetGuid(1), EnumText<Standing>.Parse(answer.GetString(2)), answer.IsDBNull(3) ? null : Instant.FromDateTimeOffset(answer.GetFieldValue<DateTimeOffset>(3)));
        }

        return promises;
    }

    /// <summary>Of one case.</summary>
    public static async Task<OpenPromises> OfAsync(HubDb db, Guid caseId, CancellationToken ct)
    {
        await using var batch = new NpgsqlBatch((NpgsqlConnection)db.Database.GetDbConnection(), (NpgsqlTransaction)db.Database.CurrentTransaction!.GetDbTransaction()) { BatchCommands = { Question([caseId]) } };
        await using var answer = await batch.ExecuteReaderAsync(CancellationToken.None);
        return await ReadAsync(answer, ct);
    }
}
