using System.Collections.Concurrent;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Hub.Exchanges;

namespace Passerelle.Tests.Support;

/// <summary>Stands at the hub's push seam: answers as the test says, accepts where it says nothing, and remembers what it got.</summary>
public sealed class ScriptedPartner : IPartnerTransport
{
    readonly ConcurrentQueue<Func<Envelope, Task<SendOutcome>>> script = new();

    public ConcurrentQueue<Envelope> Received { get; } = new();

    /// <summary>What is answered once the script is empty: by partner's id and envelope; null accepts.</summary>
    public Func<string, Envelope, Task<SendOutcome>>? Always { get; set; }

    public void Next(SendOutcome outcome) => script.Enqueue(_ => Task.FromResult(outcome));

    public void Next(Func<Envelope, Task<SendOutcome>> answer) => script.Enqueue(answer);

    public Task<SendOutcome> SendAsync(string partnerId, Envelope envelope, CancellationToken ct)
    {
        Received.Enqueue(envelope);
        // As the real one: who is told to stop waits no longer.
        return (script.TryDequeue(out var answer) ? answer(envelope) : Always?.Invoke(partnerId, envelope) ?? Task.FromResult<SendOutcome>(new SendOutcome.Accepted())).WaitAsync(ct);
    }
}
