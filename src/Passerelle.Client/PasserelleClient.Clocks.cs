using System.Runtime.CompilerServices;
using Grpc.Core;
using Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Client;

public sealed partial class PasserelleClient
{
    /// <summary>
    /// What happens to clocks, live and without a gap: when the stream ends or breaks it is opened again from the last cursor, with pauses
    /// that grow from <see cref="PasserelleOptions.FirstBackoff"/> to <see cref="PasserelleOptions.MaxBackoff"/>. It goes on until it is cancelled.
    /// </summary>
    /// <param name="request">What to watch, and where to start: the cursor of an item seen before; empty: the beginning.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>Events, and checkpoints, which say that nothing happened up to then. Keep the cursor of each, once what it tells has been dealt with.</returns>
    /// <exception cref="RpcException">RESOURCE_NOT_FOUND, CURSOR_INVALID, or the credential is refused: what another try would not change.</exception>
    public async IAsyncEnumerable<WatchClocksResponse> WatchClocksAsync(WatchClocksRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var next = request.Clone();
        var items = _backoff.FollowAsync(token => Clocks.WatchClocks(next, cancellationToken: token), giveUpAfter: null, cancellationToken);
        await foreach (var item in items)
        {
            next.StartCursor = item.Cursor;
            yield return item;
        }
    }
}
