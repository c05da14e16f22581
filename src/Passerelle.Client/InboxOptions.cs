using Grpc.Core;
using Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Client;

/// <summary>How an inbox is read.</summary>
public sealed record InboxOptions
{
    /// <summary>Stop when nothing waits any more; default <see langword="false"/>: go on until cancelled.</summary>
    public bool StopWhenEmpty { get; init; }

    /// <summary>After how many failures in a row, with nothing received in between, to throw; default <see langword="null"/>: never, an inbox is read for months.</summary>
    public int? GiveUpAfter { get; init; }

    /// <summary>
    /// Poll instead of holding a stream: how long to wait before asking again when nothing waited, e.g. a minute. <see langword="null"/> (the
    /// default): a stream, on which an exchange comes within a second. Poll also where one exchange takes long (minutes) to handle: a stream
    /// gives the next ones meanwhile, and their leases run.
    /// </summary>
    public TimeSpan? Poll { get; init; }

    /// <summary>When polling, how many exchanges to take at once, 1 to 100; default 20.</summary>
    public int BatchSize { get; init; } = 20;

    /// <summary>
    /// Where an earlier reading had arrived (<see cref="CursorMoved"/>): what was sent after it and is not acknowledged comes again at once, instead
    /// of when its lease is over. Empty (the default): nothing is known. A cursor that the hub does not accept is dropped. Not used when polling.
    /// </summary>
    public string StartCursor { get; init; } = "";

    /// <summary>Called with the cursor to keep, after each exchange that was acknowledged or is given up for now, and at checkpoints; default: nothing is called.</summary>
    public Action<string>? CursorMoved { get; init; }

    /// <summary>
    /// For how long, in all, a handler that runs long keeps its exchange from coming again: its lease (60 seconds) is extended every 20 seconds
    /// meanwhile. Default 15 minutes; <see cref="TimeSpan.Zero"/> never extends.
    /// </summary>
    public TimeSpan ExtendLeaseFor { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>
    /// Asked when the handler threw: how to turn the exchange away, or <see langword="null"/> to let its lease run out, after which it comes
    /// again. Default: it runs out. It must not throw.
    /// </summary>
    public Func<Envelope, Exception, Rejection?>? Reject { get; init; }

    /// <summary>Called after each acknowledgement; default: nothing is called.</summary>
    public Action<Envelope>? Acknowledged { get; init; }

    /// <summary>
    /// Called when an exchange was not acknowledged, with what the handler threw or the <see cref="RpcException"/> of the acknowledgement;
    /// reading then goes on, and the hub gives the exchange again after its lease of 60 seconds, or as <see cref="Reject"/> said.
    /// <see langword="null"/> (the default): the exception ends the reading, except when the hub was merely out of reach for the acknowledgement.
    /// </summary>
    public Action<Envelope, Exception>? NotAcknowledged { get; init; }
}

/// <summary>How an exchange is turned away.</summary>
/// <param name="RetryDelay">Not before this has passed, up to 24 hours; <see langword="null"/>: as the hub's retry schedule says.</param>
/// <param name="Permanent">It will never be taken: it does not come again, and an operator of the hub decides.</param>
public sealed record Rejection(TimeSpan? RetryDelay = null, bool Permanent = false);

/// <summary>What a reading of the inbox did.</summary>
/// <param name="Acknowledged">Exchanges that were handled and acknowledged.</param>
/// <param name="Failed">Times that an exchange was received and not acknowledged.</param>
public sealed record InboxTally(int Acknowledged, int Failed);
