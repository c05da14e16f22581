using Grpc.Core;
using Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Client;

public sealed partial class PasserelleClient
{
    /// <summary>A reader of the inbox, for a partner that pulls.</summary>
    /// <param name="options">How to read; <see langword="null"/>: the defaults.</param>
    public InboxReader ReadInbox(InboxOptions? options = null) => new(Inbox, _backoff, _options.TimeProvider, options ?? new InboxOptions());

    /// <summary>
    /// Reads the inbox until it is cancelled: each exchange goes to <paramref name="handler"/>, then is acknowledged. Streams that end or break
    /// are opened again. What the handler throws ends it, unacknowledged, and comes again the next time; <see cref="ReadInbox"/> has other ways.
    /// </summary>
    /// <param name="handler">Puts one exchange in safe keeping, whose lease is extended meanwhile; treats a repeat (same <c>exchange</c>) as already received.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="RpcException">The credential is refused, or an acknowledgement is.</exception>
    public Task WatchInboxAsync(Func<Envelope, CancellationToken, Task> handler, CancellationToken cancellationToken = default) =>
        ReadInbox().RunAsync(handler, cancellationToken);
}
