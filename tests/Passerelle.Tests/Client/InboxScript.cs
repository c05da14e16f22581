using System.Collections.Concurrent;
using Google.Protobuf.WellKnownTypes;
using Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Tests.Client;

/// <summary>An inbox like the hub's: what was not acknowledged is given again on the next stream, then comes a checkpoint, then silence.</summary>
internal sealed class InboxScript
{
    private readonly ConcurrentDictionary<string, Envelope> _waiting = [];

    public InboxScript(FakeHub hub, params Envelope[] envelopes)
    {
        foreach (var envelope in envelopes)
            _waiting[envelope.Exchange] = envelope;
        hub.OnWatchInbox = async (stream, context) =>
        {
            Streams++;
            foreach (var envelope in _waiting.Values.OrderBy(e => e.Exchange, StringComparer.Ordinal).ToList())
            {
                var sent = envelope.Clone();
                sent.Attempt = Streams;
                await stream.WriteAsync(new WatchInboxResponse { Envelope = sent });
            }
            await stream.WriteAsync(new WatchInboxResponse { CheckpointTime = new Timestamp() });
            if (!EndAfterCheckpoint)
                await Forever.WaitAsync(context.CancellationToken);
        };
        hub.OnAcknowledge = request =>
        {
            if (RefuseAcknowledgement is { } refusal)
                throw refusal;
            Acknowledged.Enqueue(request.Name);
            _waiting.TryRemove(request.Name, out _);
            return new AcknowledgeExchangeResponse();
        };
    }

    public int Streams { get; private set; }
    public bool EndAfterCheckpoint { get; set; }
    public Exception? RefuseAcknowledgement { get; set; }
    public ConcurrentQueue<string> Acknowledged { get; } = [];
}
