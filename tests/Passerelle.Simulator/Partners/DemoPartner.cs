using System.Security.Cryptography;
using Grpc.Core;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Simulator.Hub;

namespace Passerelle.Simulator.Partners;

/// <summary>One partner of the demonstration: what it has received, how it behaves, and the desk that answers for it.</summary>
sealed class DemoPartner(HubConnection hub, IDesk desk, Behaviour behaviour, TimeProvider time, ILogger logger)
{
    static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    volatile Behaviour _behaviour = behaviour;

    /// <summary>The last part of `partners/{id}`.</summary>
    public string Id => hub.Caller.Name;

    public HubConnection Hub => hub;

    public Ledger Ledger { get; } = new();

    public Behaviour Behaviour
    {
        get => _behaviour;
        set => _behaviour = value;
    }

    /// <summary>
    /// Takes one delivery, by push or by pull: null when it is in our keeping (a repeat is too), else the code that turns it away.
    /// Answering goes on by itself afterwards, until <paramref name="closing"/>.
    /// </summary>
    public async Task<StatusCode?> ReceiveAsync(Envelope envelope, CancellationToken ct, CancellationToken closing)
    {
        var behaviour = Behaviour;
        var delivery = Ledger.Seen(envelope.Exchange, envelope.Kind);
        if (behaviour.Hang > TimeSpan.Zero) await Task.Delay(behaviour.Hang, time, ct);
        if ((behaviour.TurnsAway(delivery) ?? (desk.Reads(envelope) ? null : StatusCode.InvalidArgument)) is { } code)
        {
            Ledger.TurnedAway(envelope.Exchange);
            Log.TurnedAway(logger, Id, envelope.Exchange, delivery, code.CanonicalName());
            return code;
        }
        var payload = envelope.Payload.Value;
        if (Ledger.Keep(envelope.Exchange, payload.Length, Convert.ToHexStringLower(SHA256.HashData(payload.Span))))
        {
            Log.Kept(logger, Id, envelope.Exchange, delivery);
            _ = AnswerAsync(envelope, closing);
        }
        else
        {
            Log.Repeated(logger, Id, envelope.Exchange, delivery);
        }
        return null;
    }

    /// <summary>Answers as a careful client does: the same request id at every try, and only what is passing is tried again.</summary>
    async Task AnswerAsync(Envelope envelope, CancellationToken closing)
    {
        try
        {
            var choice = Behaviour.Answer;
            if (choice == AnswerChoice.None) return;
            var requestId = Guid.CreateVersion7(time.GetUtcNow()).ToString();
            await Task.Delay(Behaviour.AnswerDelay, time, closing);
            for (var pause = FirstPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
            {
                try
                {
                    var answer = await desk.AnswerAsync(envelope, choice, requestId, closing);
                    Ledger.Answered(envelope.Exchange, answer);
                    Log.Answered(logger, Id, envelope.Exchange, answer);
                    return;
                }
                catch (RpcException e) when (e.IsPassing())
                {
                    await Task.Delay(pause, time, closing);
                }
            }
        }
        catch (RpcException e)
        {
            GiveUp(envelope, $"{e.StatusCode.CanonicalName()} {e.Reason()}");
        }
        catch (InvalidDataException e)
        {
            GiveUp(envelope, e.Message);
        }
        catch (OperationCanceledException)
        {
            // The simulator is closing; what was not answered stays unanswered, as with any partner that goes away.
        }
    }

    void GiveUp(Envelope envelope, string error)
    {
        Ledger.CouldNotAnswer(envelope.Exchange, error);
        Log.CouldNotAnswer(logger, Id, envelope.Exchange, error);
    }
}

/// <summary>The people who read what comes in and answer it.</summary>
interface IDesk
{
    /// <summary>Whether the envelope holds what this desk understands.</summary>
    bool Reads(Envelope envelope);

    /// <summary>Answers through the hub and returns the answer in one word. May be repeated with the same request id.</summary>
    Task<string> AnswerAsync(Envelope envelope, AnswerChoice choice, string requestId, CancellationToken ct);
}
