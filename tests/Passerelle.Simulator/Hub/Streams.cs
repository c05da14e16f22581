using Grpc.Core;

namespace Passerelle.Simulator.Hub;

static class Streams
{
    /// <summary>
    /// Sends all messages and closes. The hub may refuse in the middle (a wrong header, a file too large): writing fails then, and
    /// why is in the response, so the caller goes on to await that.
    /// </summary>
    public static async Task SendAsync<TRequest, TResponse>(
        this AsyncClientStreamingCall<TRequest, TResponse> call, IEnumerable<TRequest> messages, CancellationToken ct)
    {
        try
        {
            foreach (var message in messages) await call.RequestStream.WriteAsync(message, ct);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException)
        {
            // See the response.
        }
    }
}
