using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Notifications;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Employment;

/// <summary>What comes after a partner has declined a referral or let its window lapse: the next partner, as the window's policy says, or else an advisor. Once for each referral.</summary>
public sealed class ReferralFollowUp(HubDb db, ExchangeDesk desk, ClockPolicies policies, Vault vault, PartnerLoads loads) : ILapseFollower
{
    static readonly string PurposeText = EnumText<Purpose>.Of(Purpose.EmploymentReferral);

    const string Forewarned = "referral.forewarned";

    public string Kind => ReferralKind.KindName;

    public async Task FollowLapseAsync(Guid exchangeId, CancellationToken ct)
    {
        // Locked in the order in which whoever answers locks.
        var referral = (await db.Referrals.FromSql($"select * from referrals where exchange_id = {exchangeId} for update").ToListAsync(ct)).Single();
        var exchange = await desk.LockAsync(exchangeId, ct);
        var window = (await db.Clocks.FromSql($"select * from clocks where subject = {exchange!.Name} for update").ToListAsync(ct)).Single();
        if (window.LapseTime is null) return;
        window.FollowLapse();
        if (window.State == Standing.Overdue) await FollowAsync(referral, window, ct);
    }

    /// <summary>In the transaction that has locked and answered both. What had ended before it was answered has nothing after it.</summary>
    public async Task FollowDeclineAsync(Referral referral, Exchange exchange, CancellationToken ct)
    {
        if (exchange.State != ExchangeState.Answered) return;
        await FollowAsync(referral, await db.Clocks.SingleAsync(c => c.Subject == exchange.Name, ct), ct);
    }

    /// <summary>Says beforehand that nobody is left after this one, where it is so. Once, within the caller's transaction.</summary>
    public async Task ForewarnAsync(Guid id, CancellationToken ct)
    {
        var referral = (await db.Referrals.FromSql($"select * from referrals where id = {id} for update").ToListAsync(ct)).Single();
        if (referral.State != ReferralState.Open || referral.FollowUp is not null) return;
        if (await db.Events.AnyAsync(e => e.CaseId == referral.CaseId && e.Subject == referral.Name && e.Type == Forewarned, ct)) return;
        var exchange = Names.Of(Names.Exchanges, referral.ExchangeId);
        var window = await db.Clocks.AsNoTracking().SingleAsync(c => c.Subject == exchange, ct);
        var now = await db.NowAsync(ct);
        if (await NextAsync(referral, await ReofferOfAsync(window, ct), now, ct) is not Next.Nobody nobody) return;
        Tell(referral, Forewarned, now, nobody.Why);
        await TellServiceAsync(referral, Notice.Stranding, isUrgent: true, now, ct);
    }

    async Task<Reoffer> ReofferOfAsync(Clock window, CancellationToken ct) => (await policies.ReadAsync(db, [window.Policy], ct)).Of(window.Policy).Terms.Reoffer;

    async Task FollowAsync(Referral referral, Clock window, CancellationToken ct)
    {
        if (referral.FollowUp is not null) return;
        var now = await db.NowAsync(ct);
        switch (await NextAsync(referral, await ReofferOfAsync(window, ct), now, ct))
        {
            case Next.Partner next:
                var successor = await OfferAsync(referral, next.Id, now, ct);
                referral.FollowWith(successor);
                Tell(referral, "referral.reoffered", now, successor.Name);
                break;
            case Next.Nobody nobody:
                referral.Strand();
                Tell(referral, "referral.stranded", now, nobody.Why);
                await TellServiceAsync(referral, Notice.Stranded, isUrgent: false, now, ct);
                break;
        }
    }

    async Task<Next> NextAsync(Referral referral, Reoffer reoffer, DateTimeOffset now, CancellationToken ct)
    {
        if (referral.PartnerChosen) return new Next.Nobody("PARTNER_CHOSEN");
        if (reoffer.Order == ReofferOrder.Off) return new Next.Nobody("REOFFER_OFF");
        if (!await db.PersonKeys.AnyAsync(k => k.PersonId == referral.PersonId, ct)) return new Next.Nobody("PERSON_ERASED");
        if (await db.PersonRestrictions.AnyAsync(r => r.PersonId == referral.PersonId && r.Scope == PersonRestriction.Everything, ct)) return new Next.Nobody("PERSON_RESTRICTED");
        // Two referrals of one person are followed one after the other, or both might go to the same partner.
        await db.Database.ExecuteSqlAsync($"select from persons where id = {referral.PersonId} for no key update", ct);
        var left = await OthersAsync(referral.PersonId, now, ct);
        left = reoffer.Order == ReofferOrder.ByLoad
            ? ByLoad(left, await loads.ReadAsync(db, now, ct))
            : [.. reoffer.Partners.Join(left, id => id, o => o.Id, (_, other) => other)];
        if (left.Count == 0) return new Next.Nobody("NO_PARTNER_LEFT");
        return left.Find(o => o.HasConsent) is { } allowed ? new Next.Partner(allowed.Id) : new Next.Nobody(ErrorReason.ConsentMissing.ToReasonName());
    }

    static List<Other> ByLoad(List<Other> others, IReadOnlyDictionary<string, int> loads) =>
        [.. others.OrderBy(o => loads.GetValueOrDefault(o.Id)).ThenBy(o => o.Id, StringComparer.Ordinal)];

    /// <summary>Partners who could take it: their lanes are open, an agreement covers it, and none of them has, or is about to have, this person's CV by another referral. So it never goes back to one that declined or let it lapse.</summary>
    Task<List<Other>> OthersAsync(Guid personId, DateTimeOffset now, CancellationToken ct) =>
        // The consent is asked again when the CV leaves.
        db.ReferralTakers(personId, now).AsNoTracking().Select(p => new Other(p.Id, db.LiveConsents(personId, PurposeText, p.Id, now).Any())).ToListAsync(ct);

    async Task<Referral> OfferAsync(Referral before, string partnerId, DateTimeOffset now, CancellationToken ct)
    {
        var id = Guid.CreateVersion7(now);
        var name = Names.Of(Names.Referrals, id);
        db.Events.Add(HubEvent.Of("referral.created", now, name, before.CaseId, partnerId));
        var exchange = desk.Open(ReferralKind.KindName, partnerId, before.CaseId, name, now, Names.Of(Names.Persons, before.PersonId));
        // Sealed anew: what is sealed for one row cannot be opened as another's.
        var cipher = await vault.OpenAsync(before.PersonId, ct);
        var referral = Referral.Open(id, before.PersonId, exchange, before.OpenIntroduction(cipher), partnerChosen: false, cipher);
        db.Referrals.Add(referral);
        loads.Add(partnerId);
        return referral;
    }

    void Tell(Referral referral, string type, DateTimeOffset now, string detail) => db.Events.Add(HubEvent.Of(type, now, referral.Name, referral.CaseId, referral.PartnerId, detail));

    /// <summary>Where the household still has a promise to be kept, whoever keeps it must know.</summary>
    async Task TellServiceAsync(Referral referral, string why, bool isUrgent, DateTimeOffset now, CancellationToken ct)
    {
        var promise = await db.Clocks.AsNoTracking()
            .Where(c => c.CaseId == referral.CaseId && c.Family == ClockFamily.Promise && (c.State == Standing.Running || c.State == Standing.Overdue))
            .OrderBy(c => c.DueTime).FirstOrDefaultAsync(ct);
        if (promise is not null) db.Notices.Add(Notice.ForService(promise.Id, why, isUrgent, now));
    }

    sealed record Other(string Id, bool HasConsent);

    abstract record Next
    {
        Next() { }

        public sealed record Partner(string Id) : Next;

        /// <param name="Why">As the contract names it at TimelineEvent.</param>
        public sealed record Nobody(string Why) : Next;
    }
}
