using Npgsql;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Employment.V1;

namespace Passerelle.Hub.Employment;

/// <summary>A referral that is asked for.</summary>
public sealed record NewReferral(Guid PersonId, string PartnerId, string Introduction, bool PartnerChosen = false)
{
    /// <summary>A newer CV of the same person takes the place of one that has not left yet.</summary>
    public string Topic => Names.Of(Names.Persons, PersonId);

    /// <summary>What was found of the person and the partner.</summary>
    public ReferralFacts Facts { get; init; } = ReferralFacts.None;
}

/// <param name="Role">Null when there is no such person.</param>
/// <param name="PartnerKind">Null when there is no such partner.</param>
/// <param name="WrappedKey">Null when the person was erased.</param>
/// <param name="HasOlder">A referral of the same person to the same partner waits that has not left.</param>
public sealed record ReferralFacts(Guid CaseId, PersonRole? Role, PartnerKind? PartnerKind, byte[]? WrappedKey, bool HasCv, bool HasConsent, bool HasOlder)
{
    public static readonly ReferralFacts None = new(Guid.Empty, null, null, null, false, false, false);
}

/// <summary>Makes referrals, those that are asked for at the same moment together.</summary>
public sealed class ReferralCreation(HubDb db, ExchangeDesk desk, Vault vault) : ICreation<NewReferral, Wire.CreateReferralResponse>
{
    /// <remarks>No "exists": it may be planned as a hash of all that is queued, or of all CVs, made anew for each batch.</remarks>
    public NpgsqlBatchCommand Question(IReadOnlyList<NewReferral> drafts)
    {
        var question = new NpgsqlBatchCommand(
            """
            select p.case_id, p.role, x.kind, k.wrapped,
                (select true from cvs c where c.person_id = p.id limit 1) is not null,
                (select true from live_consents(p.id, $4, x.id, n.now) c limit 1) is not null,
                (select true from exchanges e where e.partner_id = x.id and e.topic = draft.topic and e.state = 'queued' and e.delivery_time is null limit 1) is not null
            from (select hub_now() as now) n cross join unnest($1, $2, $3) with ordinality draft (person_id, partner_id, topic, number)
            left join persons p on p.id = draft.person_id
            left join vault.person_keys k on k.person_id = draft.person_id
            left join partners x on x.id = draft.partner_id
            order by draft.number
            """);
        question.Parameters.Add(new() { Value = drafts.Select(d => d.PersonId).ToArray() });
        question.Parameters.Add(new() { Value = drafts.Select(d => d.PartnerId).ToArray() });
        question.Parameters.Add(new() { Value = drafts.Select(d => d.Topic).ToArray() });
        question.Parameters.Add(new() { Value = EnumText<Purpose>.Of(Purpose.EmploymentReferral) });
        return question;
    }

    public async Task<IReadOnlyList<NewReferral>> ReadAsync(IReadOnlyList<NewReferral> drafts, NpgsqlDataReader answer, CancellationToken ct)
    {
        var known = new List<NewReferral>(drafts.Count);
        while (await answer.ReadAsync(ct))
        {
            known.Add(drafts[known.Count] with
            {
                Facts = new ReferralFacts(
                    answer.IsDBNull(0) ? Guid.Empty : answer.GetGuid(0),
                    answer.IsDBNull(1) ? null : EnumText<PersonRole>.Parse(answer.GetString(1)),
                    answer.IsDBNull(2) ? null : EnumText<PartnerKind>.Parse(answer.GetString(2)),
                    answer.IsDBNull(3) ? null : answer.GetFieldValue<byte[]>(3),
                    answer.GetBoolean(4), answer.GetBoolean(5), answer.GetBoolean(6)),
            });
        }

        return known;
    }

    public async Task<IReadOnlyList<Reply<Wire.CreateReferralResponse>>> CreateAsync(IReadOnlyList<NewReferral> drafts, DateTimeOffset now, CancellationToken ct)
    {
        var replies = new List<Reply<Wire.CreateReferralResponse>>(drafts.Count);
        var newer = new List<Exchange>();
        for (var i = 0; i < drafts.Count; i++)
        {
            if (WhyNot(drafts[i]) is { } refusal)
            {
                replies.Add(new Reply<Wire.CreateReferralResponse>.Refused(refusal));
                continue;
            }

            var referral = Create(drafts[i], now, out var exchange);
            if (drafts[i].Facts.HasOlder || drafts.Take(i).Any(d => (d.PersonId, d.PartnerId) == (drafts[i].PersonId, drafts[i].PartnerId))) newer.Add(exchange);
            replies.Add(new Reply<Wire.CreateReferralResponse>.Given(new() { Referral = referral.ToWire(exchange.State) }));
        }

        if (newer.Count == 0) return replies;
        await db.Database.BeginTransactionAsync(ct);
        await desk.SupersedeOlderAsync(newer, ct);
        return replies;
    }

    Referral Create(NewReferral draft, DateTimeOffset now, out Exchange exchange)
    {
        var facts = draft.Facts;
        var id = Guid.CreateVersion7(now);
        var name = Names.Of(Names.Referrals, id);
        db.Events.Add(HubEvent.Of("referral.created", now, name, facts.CaseId, draft.PartnerId));
        exchange = desk.Open(ReferralKind.KindName, draft.PartnerId, facts.CaseId, name, now, draft.Topic);
        var referral = Referral.Open(id, draft.PersonId, exchange, draft.Introduction, draft.PartnerChosen, vault.Open(draft.PersonId, facts.WrappedKey!));
        db.Referrals.Add(referral);
        return referral;
    }

    /// <summary>Null when nothing speaks against it. CV and consent are looked at again at every attempt; here they spare the caller a referral that could not leave.</summary>
    static Refusal? WhyNot(NewReferral draft) => draft.Facts switch
    {
        { Role: null } or { WrappedKey: null } => new ResourceNotFound(Names.Of(Names.Persons, draft.PersonId)),
        { Role: not PersonRole.Adult } => Candidates.NotAdult(),
        { PartnerKind: null } => new ResourceNotFound(Names.OfPartner(draft.PartnerId)),
        { PartnerKind: not PartnerKind.Employment } => new PartnerKindMismatch(draft.PartnerId, PartnerKind.Employment),
        { HasCv: false } => new CvMissing(draft.PersonId),
        { HasConsent: false } => new ConsentMissing(draft.PersonId, Purpose.EmploymentReferral, draft.PartnerId),
        _ => null,
    };
}
