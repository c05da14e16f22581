using System.Runtime.CompilerServices;
using Grpc.Core;
using Passerelle.Contracts.Cases.V1;

namespace Passerelle.Client;

public sealed partial class PasserelleClient
{
    /// <summary>
    /// The timeline of a case, live and without a gap: when the stream ends or breaks it is opened again from the last cursor, with pauses
    /// that grow from <see cref="PasserelleOptions.FirstBackoff"/> to <see cref="PasserelleOptions.MaxBackoff"/>. It goes on until it is cancelled.
    /// </summary>
    /// <param name="name"><c>cases/{uuid}</c>.</param>
    /// <param name="cursor">Where to start: the cursor of an item seen before, or of GetCase; empty (the default): the beginning of the case.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>Events, and checkpoints, which say that nothing happened up to then. Keep the cursor of each, once what it tells has been dealt with.</returns>
    /// <exception cref="RpcException">RESOURCE_NOT_FOUND, CURSOR_INVALID, or the credential is refused: what another try would not change.</exception>
    public async IAsyncEnumerable<WatchCaseResponse> WatchCaseAsync(
        string name, string cursor = "", [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var last = cursor;
        var items = _backoff.FollowAsync(
            token => Cases.WatchCase(new WatchCaseRequest { Name = name, StartCursor = last }, cancellationToken: token),
            giveUpAfter: null,
            cancellationToken);
        await foreach (var item in items)
        {
            last = item.Cursor;
            yield return item;
        }
    }
}
