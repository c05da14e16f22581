using System.Collections.Concurrent;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Privacy.Accesses;

/// <summary>What a call is about to give, and of whom.</summary>
public sealed record AccessNote(
    string Resource, Guid? CaseId, IReadOnlyList<Guid?> PersonIds, string Method, AccessPurpose Purpose, string CallerId, string? Actor, string? PartnerId);

/// <summary>Writes down who reads whose data. Calls that come in while others are being written are then written together; a lone call waits for nobody.</summary>
public sealed class AccessLog(IDbContextFactory<HubDb> contexts)
{
    /// <summary>One writes at a time: the others would wait for the chain's end all the same.</summary>
    const int MostAtOnce = 256;

    const string Key = "passerelle.access";

    readonly ConcurrentQueue<Waiting> queue = new();
    int working;

    /// <summary>To be awaited before any of it leaves: when this returns, it is on the disk that the call has read these persons' data.</summary>
    /// <param name="resource">What is read, by its name.</param>
    public Task ReadAsync(ServerCallContext context, string resource, Guid? caseId, IEnumerable<Guid> personIds) => NoteAsync(context, resource, caseId, [.. personIds.Select(id => (Guid?)id)]);

    /// <param name="personId">Null: nobody's in particular.</param>
    public Task ReadAsync(ServerCallContext context, string resource, Guid? caseId, Guid? personId) => NoteAsync(context, resource, caseId, [personId]);

    /// <summary>Whether the call has said whose data it gives.</summary>
    public static bool IsNoted(ServerCallContext context) => context.GetHttpContext().Items.ContainsKey(Key);

    async Task NoteAsync(ServerCallContext context, string resource, Guid? caseId, IReadOnlyList<Guid?> personIds)
    {
        var (caller, reason) = (context.Caller(), AccessReason.Of(context));
        var waiting = new Waiting(new AccessNote(resource, caseId, personIds, context.Method.TrimStart('/'), reason.Purpose, caller.Id, reason.Actor, caller.PartnerId));
        queue.Enqueue(waiting);
        // The work is of many calls: it belongs to no one's trace.
        if (TryStart())
            using (ExecutionContext.SuppressFlow()) _ = Task.Run(WorkAsync);
        await waiting.Written.Task.WaitAsync(context.CancellationToken);
        context.GetHttpContext().Items[Key] = true;
        Points.Reach(Points.AccessNoted);
    }

    bool TryStart() => Interlocked.CompareExchange(ref working, 1, 0) == 0;

    async Task WorkAsync()
    {
        do
        {
            while (Take() is { Count: > 0 } batch) await WriteAsync(batch);
            Interlocked.Exchange(ref working, 0);
        }
        // One that came in between found it busy.
        while (!queue.IsEmpty && TryStart());
    }

    List<Waiting> Take()
    {
        var batch = new List<Waiting>();
        while (batch.Count < MostAtOnce && queue.TryDequeue(out var next)) batch.Add(next);
        return batch;
    }

    async Task WriteAsync(List<Waiting> batch)
    {
        try
        {
            await using var db = await contexts.CreateDbContextAsync(CancellationToken.None);
            await using var transaction = await db.Database.BeginTransactionAsync(CancellationToken.None);
            await AccessEntry.Chain.AppendAsync(
                db, now => [.. batch.SelectMany(w => w.Note.PersonIds.Select(person => AccessEntry.Of(w.Note, person, now)))], CancellationToken.None);
            await db.SaveInBulkAsync(CancellationToken.None);
            await transaction.CommitAsync(CancellationToken.None);
            foreach (var waiting in batch) waiting.Written.TrySetResult();
        }
        // Nothing of it leaves: each call fails as its own storage would.
        catch (Exception e)
        {
            foreach (var waiting in batch) waiting.Written.TrySetException(e);
        }
    }

    sealed record Waiting(AccessNote Note)
    {
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
