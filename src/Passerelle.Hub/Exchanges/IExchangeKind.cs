using Google.Protobuf;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Exchanges;

/// <summary>What a slice brings to the kernel: may it still leave, and what travels. Asked at every attempt, just before it.</summary>
public interface IExchangeKind
{
    /// <summary>`referral`, `enrolment`: the exchange's kind.</summary>
    string Name { get; }

    /// <summary>Runs in the transaction that writes the attempt and the disclosures down.</summary>
    Task<Preparation> PrepareAsync(Exchange exchange, CancellationToken ct);
}

/// <summary>A closed set: Cleared or NotCleared.</summary>
public abstract record Preparation
{
    Preparation() { }

    /// <param name="Payload">What travels.</param>
    /// <param name="Clearance">Why it may.</param>
    /// <param name="Disclosed">Whose data it holds, and of what category.</param>
    public sealed record Cleared(IMessage Payload, Clearance Clearance, IReadOnlyList<(Guid PersonId, string Category)> Disclosed) : Preparation;

    /// <param name="Reason">A reason's name, e.g. CONSENT_MISSING.</param>
    public sealed record NotCleared(string Reason) : Preparation;
}
