using NodaTime;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;

namespace Passerelle.Tests.Clocks.History;

public sealed class PolicyBookTests
{
    static readonly ClockSubject subject = new(ClockFamily.PartnerWindow, "housing", "housing", "abri-nord", "feed");

    [Fact]
    public void The_most_specific_policy_wins()
    {
        PolicyScope[] scopes =
        [
            new(ClockFamily.PartnerWindow),
            new(ClockFamily.PartnerWindow, Origin: "feed"),
            new(ClockFamily.PartnerWindow, Need: "housing"),
            new(ClockFamily.PartnerWindow, Need: "housing", Origin: "feed"),
            new(ClockFamily.PartnerWindow, PartnerKind: "housing"),
            new(ClockFamily.PartnerWindow, PartnerKind: "housing", Need: "housing", Origin: "feed"),
            new(ClockFamily.PartnerWindow, Partner: "abri-nord"),
            new(ClockFamily.PartnerWindow, Partner: "abri-nord", Origin: "feed"),
        ];
        for (var known = 1; known <= scopes.Length; known++)
            Assert.Equal(known, new PolicyBook(scopes[..known].Select((scope, i) => Offer(scope, i + 1))).Select(subject, ClockStory.At(0))!.Key.Version);
    }

    [Fact]
    public void What_is_meant_for_others_is_not_taken()
    {
        PolicyBook book = new(
        [
            Offer(new(ClockFamily.Promise), 1), Offer(new(ClockFamily.PartnerWindow, Partner: "abri-sud"), 2), Offer(new(ClockFamily.PartnerWindow, Need: "schooling"), 3),
            Offer(new(ClockFamily.PartnerWindow), 4, from: 1), Offer(new(ClockFamily.PartnerWindow), 5, until: 0),
        ]);
        Assert.Null(book.Select(subject, ClockStory.At(0)));
        Assert.Equal(4, book.Select(subject, ClockStory.At(1))!.Key.Version);
        Assert.Equal(5, book.Select(subject, ClockStory.At(-0.1))!.Key.Version);
    }

    [Fact]
    public void Of_equally_specific_policies_the_newer_offer_wins_then_the_higher_version()
    {
        PolicyScope scope = new(ClockFamily.PartnerWindow);
        Assert.Equal(1, new PolicyBook([Offer(scope, 1, from: -1), Offer(scope, 2, from: -2)]).Select(subject, ClockStory.At(0))!.Key.Version);
        Assert.Equal(2, new PolicyBook([Offer(scope, 1), Offer(scope, 2)]).Select(subject, ClockStory.At(0))!.Key.Version);
        Assert.Equal(PolicyFault.KeyTaken, Assert.Throws<PolicyRefused>(() => new PolicyBook([Offer(scope, 1), Offer(scope, 1)])).Fault);
    }

    [Fact]
    public void A_policy_that_cannot_be_kept_is_refused()
    {
        Assert.Equal(PolicyFault.WindowNotPositive, Refused(new PolicyTerms { Window = Duration.FromNanoseconds(900) }));
        Assert.Equal(PolicyFault.WindowOutOfReach, Refused(new PolicyTerms { Window = Duration.FromDays(100_000), Calendar = ClockStory.Office }));
        Assert.Equal(PolicyFault.ReofferInDisorder, Refused(new PolicyTerms { Reoffer = Reoffer.To() }));
        Assert.Equal(PolicyFault.ReofferInDisorder, Refused(new PolicyTerms { Reoffer = Reoffer.To("emploi", "emploi") }));
        Assert.Equal(PolicyFault.ReofferInDisorder, Refused(new PolicyTerms { Reoffer = new Reoffer(ReofferOrder.ByLoad, ["emploi"]) }));
    }

    static PolicyFault Refused(PolicyTerms terms) => Assert.Throws<PolicyRefused>(() => new ClockPolicy(new PolicyKey("x", 1), terms)).Fault;

    static PolicyOffer Offer(PolicyScope scope, int version, double from = -100, double? until = null) =>
        new(new ClockPolicy(new PolicyKey("policy", version), new PolicyTerms()), scope, ClockStory.At(from), until is { } end ? ClockStory.At(end) : null);
}
