using Google.Protobuf;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Exchanges;

/// <summary>What a slice brings to the kernel: may it still leave, and what travels. Asked at every attempt, just before it.</summary>
public interface IExchangeKind
{
    /// <summary>`referral`, `enrolment`: the exchange's kind.</summary>
    string Name { get; }

    /// <summary>Reads and composes; that the consent it was cleared by still lives is asked once more when it leaves, see Departures.</summary>
    /// <param name="now">By the database's clock.</param>
    /// <returns>One for each exchange, by its id.</returns>
    Task<IReadOnlyDictionary<Guid, Preparation>> PrepareAsync(IReadOnlyList<ExchangeHeader> exchanges, DateTimeOffset now, CancellationToken ct);
}

/// <summary>A closed set: Cleared, NotCleared or Lapsed.</summary>
public abstract record Preparation
{
    Preparation() { }

    /// <param name="Payload">What travels.</param>
    /// <param name="Clearance">Why it may.</param>
    /// <param name="Disclosed">Whose data it holds, and of what category.</param>
    public sealed record Cleared(IMessage Payload, Clearance Clearance, IReadOnlyList<(Guid PersonId, string Category)> Disclosed) : Preparation;

    /// <summary>It may not leave: the exchange is withdrawn.</summary>
    /// <param name="Reason">A reason's name, e.g. CONSENT_MISSING.</param>
    public sealed record NotCleared(string Reason) : Preparation;

    /// <summary>Its ground came to its end by itself: the exchange has expired.</summary>
    /// <param name="Reason">A reason's name, e.g. CONSENT_EXPIRED.</param>
    public sealed record Lapsed(string Reason) : Preparation;
}
