using System.Collections.Frozen;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Privacy;

/// <summary>By what something may leave.</summary>
/// <param name="ConsentId">When the ground is one.</param>
/// <param name="AgreementId">Null where none is needed.</param>
/// <param name="Categories">What it may carry: what the purpose and the agreement both cover.</param>
public sealed record Clearance(Purpose Purpose, int PurposeVersion, Ground Ground, Guid? ConsentId, Guid? AgreementId, FrozenSet<DataCategory> Categories);

/// <summary>What the gate says. A closed set: Allowed, Refused, Lapsed or Held.</summary>
public abstract record Verdict
{
    Verdict() { }

    public sealed record Allowed(Clearance By) : Verdict;

    /// <summary>It may not leave: the exchange is withdrawn.</summary>
    /// <param name="Reason">A reason's name, e.g. CONSENT_MISSING.</param>
    public sealed record Refused(string Reason) : Verdict;

    /// <summary>What allowed it came to its end by itself: the exchange has expired.</summary>
    /// <param name="Reason">A reason's name, e.g. CONSENT_EXPIRED.</param>
    public sealed record Lapsed(string Reason) : Verdict;

    /// <summary>It may not leave for now, for a reason that is between the service and the partner: the exchange is held.</summary>
    /// <param name="Reason">A reason's name, e.g. AGREEMENT_MISSING.</param>
    public sealed record Held(string Reason) : Verdict;
}

/// <summary>What may be asked of the gate: may this person's data go to this partner for this purpose?</summary>
/// <param name="ConsentId">A live one of the person for the purpose and the partner; null: there is none.</param>
/// <param name="HasLapsed">There was one, and it ended by itself.</param>
/// <param name="Needed">Without these there is nothing to send.</param>
public readonly record struct GateQuestion(Purpose Purpose, string PartnerId, Guid? ConsentId, bool HasLapsed, IReadOnlyCollection<DataCategory> Needed)
{
    /// <summary>Why the person's data stays where it is; null: it does not.</summary>
    public RestrictionReason? Restriction { get; init; }
}

/// <summary>Purposes and agreements as a node knows them. It decides by them; Departures asks once more, of the rows themselves, as something leaves.</summary>
/// <param name="readAt">By the node's own stopwatch.</param>
public sealed class GateTerms(IEnumerable<PurposeTerms> purposes, IEnumerable<Agreement> agreements, FrozenDictionary<string, PartnerKind> kinds, long readAt)
{
    public const string AgreementMissing = "AGREEMENT_MISSING";
    public const string AgreementTooNarrow = "AGREEMENT_TOO_NARROW";
    public const string Objection = "OBJECTION";
    public const string ObjectionPending = "OBJECTION_PENDING";

    readonly FrozenDictionary<Purpose, PurposeTerms[]> purposes = purposes.GroupBy(p => p.Purpose).ToFrozenDictionary(g => g.Key, g => g.OrderByDescending(p => p.Version).ToArray());
    readonly ILookup<string, Agreement> agreements = agreements.OrderByDescending(a => a.Id).ToLookup(a => a.PartnerId);

    public long ReadAt => readAt;

    public PurposeTerms? Of(Purpose purpose, DateTimeOffset now) => purposes.GetValueOrDefault(purpose)?.FirstOrDefault(p => p.StartTime <= now);

    public IEnumerable<PurposeTerms> InForce(DateTimeOffset now) => Enum.GetValues<Purpose>().Select(p => Of(p, now)).OfType<PurposeTerms>();

    /// <summary>The newest valid agreement with a partner that covers a purpose.</summary>
    public Agreement? AgreementOf(string partnerId, Purpose purpose, DateTimeOffset now) => agreements[partnerId].FirstOrDefault(a => a.IsValidAt(now) && a.Covers(purpose));

    public Verdict Decide(GateQuestion asked, DateTimeOffset now)
    {
        if (Of(asked.Purpose, now) is not { } terms) return new Verdict.Refused("PURPOSE_MISSING");
        if (!kinds.TryGetValue(asked.PartnerId, out var kind) || !terms.MayGoTo(kind)) return new Verdict.Refused("RECIPIENT_NOT_ALLOWED");
        if (terms.Ground == Ground.Consent && asked.ConsentId is null)
            return asked.HasLapsed ? new Verdict.Lapsed("CONSENT_EXPIRED") : new Verdict.Refused(ErrorReason.ConsentMissing.ToReasonName());
        switch (asked.Restriction)
        {
            case RestrictionReason.Restricted:
                return new Verdict.Held(ErrorReason.PersonRestricted.ToReasonName());
            case RestrictionReason.ObjectionPending:
                return new Verdict.Held(ObjectionPending);
            case RestrictionReason.ObjectionUpheld:
                return new Verdict.Refused(Objection);
            case null:
                break;
        }

        var agreement = AgreementOf(asked.PartnerId, asked.Purpose, now);
        if (agreement is null && terms.AgreementRequired) return new Verdict.Held(AgreementMissing);
        var covered = terms.Categories.Where(c => agreement is null || agreement.Categories.Contains(c)).Select(EnumText<DataCategory>.Parse).ToFrozenSet();
        if (!asked.Needed.All(covered.Contains)) return new Verdict.Held(AgreementTooNarrow);
        return new Verdict.Allowed(new Clearance(asked.Purpose, terms.Version, terms.Ground, terms.Ground == Ground.Consent ? asked.ConsentId : null, agreement?.Id, covered));
    }
}

/// <summary>The gate's terms on this node, read anew every few seconds by whoever needs them then.</summary>
public sealed class GateBook(TimeProvider time)
{
    static readonly TimeSpan BelievedFor = TimeSpan.FromSeconds(5);

    volatile GateTerms? known;

    public async ValueTask<GateTerms> ReadAsync(HubDb db, CancellationToken ct) =>
        known is { } last && time.GetElapsedTime(last.ReadAt) < BelievedFor ? last : await ReadAnewAsync(db, ct);

    /// <summary>What is known was found to be out of date.</summary>
    public void Forget() => known = null;

    public async Task<GateTerms> ReadAnewAsync(HubDb db, CancellationToken ct)
    {
        var readAt = time.GetTimestamp();
        var purposes = await db.Purposes.AsNoTracking().ToListAsync(ct);
        var agreements = await db.Agreements.AsNoTracking().Where(a => a.RevokeTime == null).ToListAsync(ct);
        var kinds = await db.Partners.AsNoTracking().Select(p => new { p.Id, p.Kind }).ToListAsync(ct);
        return known = new GateTerms(purposes, agreements, kinds.ToFrozenDictionary(p => p.Id, p => p.Kind), readAt);
    }
}

/// <summary>The gate: may this person's data go to this partner for this purpose, now? Asked at every attempt, just before it.</summary>
public sealed class Gate(HubDb db, GateBook book)
{
    GateTerms? anew;

    public async ValueTask<Verdict> DecideAsync(GateQuestion asked, DateTimeOffset now, CancellationToken ct)
    {
        var verdict = (anew ?? await book.ReadAsync(db, ct)).Decide(asked, now);
        if (verdict is Verdict.Allowed || anew is not null) return verdict;
        // What is known may be a few seconds old: before anything is kept from leaving, it is read anew. What may leave is asked of the rows once more anyway.
        anew = await book.ReadAnewAsync(db, ct);
        return anew.Decide(asked, now);
    }
}
