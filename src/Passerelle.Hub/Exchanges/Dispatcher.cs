using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Exchanges;

/// <param name="Ready">These may leave.</param>
/// <param name="NotComposed">These could not be composed, for a reason that is ours: to be completed so. They are tried again on their schedule, and others go before them.</param>
public sealed record Prepared(IReadOnlyList<Ready> Ready, IReadOnlyList<Completion> NotComposed);

/// <summary>Dispatch for whoever outlives its transactions: each has a scope of its own.</summary>
public sealed partial class Dispatcher(IServiceScopeFactory scopes, ILogger<Dispatcher> logger)
{
    /// <param name="now">When they were claimed, by the database's clock.</param>
    public async Task<Prepared> PrepareAsync(IReadOnlyList<Claimed> batch, Transport transport, DateTimeOffset now, CancellationToken ct)
    {
        try
        {
            return new Prepared(await WithDispatchAsync(dispatch => dispatch.PrepareAsync(batch, transport, now, ct)), []);
        }
        catch (Exception e) when (e is not OperationCanceledException && !ErrorInterceptor.IsStorageOutage(e))
        {
            if (batch is [var one])
            {
                LogNotPrepared(e, one.Header.Name, one.Generation);
                return new Prepared([], [new Completion(one.Claim, new SendOutcome.NotYet(Replay.NotComposed))]);
            }

            // One exchange's trouble is not the others'.
            var (ready, notComposed) = (new List<Ready>(), new List<Completion>());
            foreach (var claimed in batch)
            {
                var alone = await PrepareAsync([claimed], transport, now, ct);
                ready.AddRange(alone.Ready);
                notComposed.AddRange(alone.NotComposed);
            }

            return new Prepared(ready, notComposed);
        }
    }

    /// <inheritdoc cref="Dispatch.CompleteAsync"/>
    public Task<bool> CompleteAsync(IReadOnlyCollection<Completion> completions, CancellationToken ct) => WithDispatchAsync(dispatch => dispatch.CompleteAsync(completions, ct));

    async Task<T> WithDispatchAsync<T>(Func<Dispatch, Task<T>> work)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await work(scope.ServiceProvider.GetRequiredService<Dispatch>());
    }

    [LoggerMessage(1, LogLevel.Error, "{Exchange} attempt {Attempt} could not be composed; it will be tried again")]
    partial void LogNotPrepared(Exception exception, string exchange, int attempt);
}
