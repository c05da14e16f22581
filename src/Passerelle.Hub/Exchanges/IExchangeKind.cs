using Google.Protobuf;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Exchanges;

/// <summary>What a slice brings to the kernel: may it still leave, and what travels. Asked at every attempt, just before it.</summary>
public interface IExchangeKind
{
    /// <summary>`referral`, `enrolment`: the exchange's kind.</summary>
    string Name { get; }

    /// <summary>What it shares data for.</summary>
    Purpose Purpose { get; }

    /// <summary>Its exchanges with a person's data that have not ended: neither answered nor withdrawn nor expired.</summary>
    Task<IReadOnlyList<Guid>> FindOpenAsync(Guid personId, CancellationToken ct);

    /// <summary>Asks the gate, reads and composes; whether what it was cleared by still holds is asked once more when it leaves, see Departures.</summary>
    /// <param name="now">By the database's clock.</param>
    /// <returns>One for each exchange, by its id.</returns>
    Task<IReadOnlyDictionary<Guid, Preparation>> PrepareAsync(IReadOnlyList<ExchangeHeader> exchanges, DateTimeOffset now, CancellationToken ct);
}

/// <summary>A closed set: Cleared or Stopped.</summary>
public abstract record Preparation
{
    Preparation() { }

    /// <param name="Payload">What travels, without what it may not carry.</param>
    /// <param name="Clearance">By what it may.</param>
    /// <param name="Disclosed">Whose data it holds.</param>
    public sealed record Cleared(IMessage Payload, Clearance Clearance, IReadOnlyList<Disclosed> Disclosed) : Preparation;

    /// <param name="Why">Anything but Allowed.</param>
    public sealed record Stopped(Verdict Why) : Preparation;
}
