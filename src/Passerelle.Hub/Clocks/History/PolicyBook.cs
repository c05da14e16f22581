using NodaTime;

namespace Passerelle.Hub.Clocks.History;

/// <summary>What is known of a clock when it starts. Words, not types of the slices: a need is "housing" here.</summary>
public sealed record ClockSubject(ClockFamily Family, string? Need = null, string? PartnerKind = null, string? Partner = null, string? Origin = null);

/// <summary>For whom a policy is meant. What is null is anybody.</summary>
public sealed record PolicyScope(ClockFamily Family, string? Need = null, string? PartnerKind = null, string? Partner = null, string? Origin = null)
{
    /// <summary>One partner says more than a kind of partners, a kind more than a need, a need more than where the question came from.</summary>
    internal int Weight => (Partner is null ? 0 : 8) + (PartnerKind is null ? 0 : 4) + (Need is null ? 0 : 2) + (Origin is null ? 0 : 1);

    internal bool Covers(ClockSubject subject) =>
        Family == subject.Family && Fits(Need, subject.Need) && Fits(PartnerKind, subject.PartnerKind) && Fits(Partner, subject.Partner) && Fits(Origin, subject.Origin);

    static bool Fits(string? wanted, string? given) => wanted is null || wanted == given;
}

/// <summary>A version of a policy on offer to clocks that start within its validity, [From, Until). To deactivate it is to give it an end: clocks that have it go on with it.</summary>
public sealed record PolicyOffer(ClockPolicy Policy, PolicyScope Scope, Instant From, Instant? Until = null)
{
    internal bool IsValid(Instant at) => From <= at && (Until is not { } until || at < until);
}

/// <summary>All policies on offer, at any time.</summary>
public sealed class PolicyBook
{
    readonly PolicyOffer[] offers;

    /// <exception cref="PolicyRefused">One key stands for two policies.</exception>
    public PolicyBook(IEnumerable<PolicyOffer> offers)
    {
        // The order in which Select looks: a more specific scope, then the newer offer, then the higher version; the id only so that there is an order.
        this.offers = [.. offers.OrderByDescending(o => o.Scope.Weight).ThenByDescending(o => o.From).ThenByDescending(o => o.Policy.Key.Version).ThenBy(o => o.Policy.Key.Id, StringComparer.Ordinal)];
        if (this.offers.GroupBy(o => o.Policy.Key).FirstOrDefault(same => same.Count() > 1) is { } taken) throw new PolicyRefused(PolicyFault.KeyTaken, taken.Key);
    }

    /// <returns>The most specific policy that is valid for the subject at that time; null when there is none.</returns>
    public ClockPolicy? Select(ClockSubject subject, Instant at) => offers.FirstOrDefault(o => o.IsValid(at) && o.Scope.Covers(subject))?.Policy;
}
