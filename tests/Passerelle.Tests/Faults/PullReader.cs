using Grpc.Core;
using Passerelle.Client;

namespace Passerelle.Tests.Faults;

/// <summary>A partner that pulls through the client package, for as long as it takes and whatever the hub does.</summary>
sealed class PullReader : IAsyncDisposable
{
    readonly CancellationTokenSource ended = new();
    readonly PasserelleClient client;
    readonly Task reading;

    public PullReader(string address, string key, Receipts receipts)
    {
        client = PasserelleClient.Connect(new PasserelleOptions { Address = new Uri(address), ApiKey = key, MaxBackoff = TimeSpan.FromSeconds(1) });
        reading = ReadAsync(receipts);
    }

    async Task ReadAsync(Receipts receipts)
    {
        // What was not acknowledged comes again; that is the point.
        var inbox = client.ReadInbox(new InboxOptions { NotAcknowledged = (_, _) => { } });
        while (!ended.IsCancellationRequested)
        {
            try
            {
                await inbox.RunAsync((envelope, _) => receipts.TakeAsync(envelope), ended.Token);
            }
            catch (OperationCanceledException) { return; }
            catch (RpcException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        await reading;
        client.Dispose();
        ended.Dispose();
    }
}
