using System.Collections.Concurrent;
using Google.Protobuf;
using Grpc.Core;
using Npgsql;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Platform;

/// <summary>What a slice brings to making many of one kind at once.</summary>
public interface ICreation<TDraft, TResponse>
{
    /// <summary>What must be known before they are made. It is asked in one exchange with the database, together with whether they were made before.</summary>
    NpgsqlBatchCommand Question(IReadOnlyList<TDraft> drafts);

    /// <returns>The drafts, each with what is known of it.</returns>
    Task<IReadOnlyList<TDraft>> ReadAsync(IReadOnlyList<TDraft> drafts, NpgsqlDataReader answer, CancellationToken ct);

    /// <summary>What it adds to the context is saved and committed by who called it, with the marks of the calls, in one transaction: begun here where rows are locked.</summary>
    /// <param name="drafts">As ReadAsync returned them, without those that were made before.</param>
    /// <param name="now">The database's time.</param>
    /// <returns>One for each draft, in their order.</returns>
    Task<IReadOnlyList<Reply<TResponse>>> CreateAsync(IReadOnlyList<TDraft> drafts, DateTimeOffset now, CancellationToken ct);
}

/// <summary>What became of one of several calls that were made together. A closed set.</summary>
public abstract record Reply<TResponse>
{
    Reply() { }

    public abstract TResponse OrThrow();

    public sealed record Given(TResponse Response) : Reply<TResponse>
    {
        public override TResponse OrThrow() => Response;
    }

    public sealed record Refused(Refusal Why) : Reply<TResponse>
    {
        public override TResponse OrThrow() => throw Why;
    }
}

/// <summary>Creating calls that come in while others are being written wait for one another, and are then written together: one transaction and one statement of each kind for all of them.
/// A lone call waits for nobody.</summary>
public sealed class Gathering<TDraft, TResponse>(IServiceScopeFactory scopes) where TResponse : class, IMessage<TResponse>, new()
{
    /// <summary>One writes while the other waits for the disk.</summary>
    const int Hands = 2;

    const int MostAtOnce = 64;

    readonly ConcurrentQueue<Waiting> queue = new();
    int working;

    /// <summary>Makes a call once, as RequestLedger does. Who hangs up meanwhile gets no answer, but what was asked for is made.</summary>
    public Task<TResponse> CreateAsync(ServerCallContext context, Guid requestId, IMessage request, TDraft draft)
    {
        var waiting = new Waiting(CallMark.Of(context, requestId, request), draft);
        queue.Enqueue(waiting);
        // The work is of many callers: it belongs to no one's trace.
        if (TryStart())
            using (ExecutionContext.SuppressFlow()) _ = Task.Run(WorkAsync);
        return waiting.Response.WaitAsync(context.CancellationToken);
    }

    bool TryStart()
    {
        if (Interlocked.Increment(ref working) <= Hands) return true;
        Interlocked.Decrement(ref working);
        return false;
    }

    async Task WorkAsync()
    {
        do
        {
            while (Take() is { Count: > 0 } batch) await MakeAsync(batch);
            Interlocked.Decrement(ref working);
        }
        // One that came in between found all hands busy.
        while (!queue.IsEmpty && TryStart());
    }

    List<Waiting> Take()
    {
        var batch = new List<Waiting>();
        while (batch.Count < MostAtOnce && queue.TryDequeue(out var next)) batch.Add(next);
        return batch;
    }

    async Task MakeAsync(List<Waiting> batch)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var creation = scope.ServiceProvider.GetRequiredService<ICreation<TDraft, TResponse>>();
            var replies = await scope.ServiceProvider.GetRequiredService<RequestLedger>().OnceAsync([.. batch.Select(w => (w.Mark, w.Draft))], creation, CancellationToken.None);
            for (var i = 0; i < batch.Count; i++) batch[i].Answer(replies[i]);
        }
        catch (Exception e) when (RequestLedger.IsMadeElsewhere(e) || (batch.Count > 1 && !ErrorInterceptor.IsStorageOutage(e)))
        {
            // One call's trouble is not the others'. What was made elsewhere at this very moment is found the next time.
            foreach (var waiting in batch) await MakeAsync([waiting]);
        }
        catch (Exception e)
        {
            foreach (var waiting in batch) waiting.Fail(e);
        }
    }

    sealed class Waiting(CallMark mark, TDraft draft)
    {
        readonly TaskCompletionSource<TResponse> response = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CallMark Mark => mark;

        public TDraft Draft => draft;

        public Task<TResponse> Response => response.Task;

        public void Answer(Reply<TResponse> reply)
        {
            switch (reply)
            {
                case Reply<TResponse>.Given given:
                    response.TrySetResult(given.Response);
                    break;
                case Reply<TResponse>.Refused refused:
                    response.TrySetException(refused.Why);
                    break;
            }
        }

        public void Fail(Exception exception) => response.TrySetException(exception);
    }
}
