using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Privacy.Accesses;

/// <summary>What a call is about to give, and of whom.</summary>
public sealed record AccessNote(
    string Resource, Guid? CaseId, IReadOnlyList<Guid?> PersonIds, string Method, AccessPurpose Purpose, string CallerId, string? Actor, string? PartnerId);

/// <summary>Keeps notes. The hub has one; a benchmark measures what it costs by having none.</summary>
public interface IAccessWriter
{
    /// <summary>Ends when it is on the disk.</summary>
    Task WriteAsync(AccessNote note);
}

/// <summary>Appends notes to the chain. Those that come in while others are being written wait for one another, and are then written together: one transaction for all of them.
/// A lone one waits for nobody.</summary>
public sealed class AccessWriter(IDbContextFactory<HubDb> contexts) : IAccessWriter
{
    const int MostAtOnce = 256;

    readonly ConcurrentQueue<Waiting> queue = new();
    int working;

    public Task WriteAsync(AccessNote note)
    {
        var waiting = new Waiting(note);
        queue.Enqueue(waiting);
        // The work is of many calls: it belongs to no one's trace.
        if (TryStart())
            using (ExecutionContext.SuppressFlow()) _ = Task.Run(WorkAsync);
        return waiting.Written.Task;
    }

    /// <summary>One at a time: a second would only wait for the chain's end.</summary>
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
