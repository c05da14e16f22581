using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Tests.Exchanges;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Employment;

/// <summary>What tests of offering again do with a hub, step by step.</summary>
static class ReofferCalls
{
    /// <summary>Somebody whose CV has just been delivered to a partner.</summary>
    public static async Task<(Candidate Candidate, Referral First)> ReferredAsync(this HubHost hub, string partner = Candidate.Push)
    {
        await hub.ServeByPushAsync(Candidate.Pull);
        var candidate = await Candidate.ReadyAsync(hub);
        var first = await candidate.ReferAsync(partner);
        await hub.RunAsync<DeliverDue>();
        return (candidate, first);
    }

    /// <summary>Another partner, of employment, that receives by push.</summary>
    public static Task AddPartnerAsync(this HubHost hub, string id) => hub.QueryAsync(async db =>
    {
        var now = await db.NowAsync(CancellationToken.None);
        var partner = db.Partners.Add(Partner.Register(id, $"Partenaire {id}", PartnerKind.Employment, new Uri($"http://{id}.invalid"), now)).Entity;
        db.Agreements.Add(Agreements.With(partner, now));
        return await db.SaveChangesAsync();
    });

    /// <summary>The windows that run now lapse, and it is noticed.</summary>
    public static async Task LapseAsync(this HubHost hub)
    {
        var due = await hub.QueryAsync(db => db.Clocks.Where(c => c.AnswerTime == null && c.DueTime != null).MaxAsync(c => c.DueTime));
        await hub.Time.FreezeAsync(due!.Value.AddMicroseconds(1));
        await hub.RunAsync<FireClocks>();
    }

    /// <summary>A case's referrals, oldest first: "emploi DECLINED REOFFERED".</summary>
    public static async Task<List<string>> StandingAsync(this Candidate candidate) =>
        [.. (await candidate.ReferralsAsync()).Select(r => $"{r.Partner["partners/".Length..]} {r.State} {r.FollowUp}")];

    public static async Task<List<Referral>> ReferralsAsync(this Candidate candidate) =>
        [.. (await candidate.Hub.Referrals().ListReferralsAsync(new() { Case = candidate.Household.Case })).Referrals.Reverse()];

    /// <summary>What was told of the referrals of a case beside their creation: type and detail.</summary>
    public static Task<List<string>> ToldOfReferralsAsync(this HubHost hub) => hub.QueryAsync(async db =>
        (await db.Events.Where(e => e.Type.StartsWith("referral.") && e.Type != "referral.created").OrderBy(e => e.Sequence).ToListAsync()).ConvertAll(e => $"{e.Type} {e.Detail}"));
}
