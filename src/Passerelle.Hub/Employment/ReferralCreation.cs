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
}

/// <summary>Makes referrals, those that are asked for at the same moment together.</summary>
public sealed class ReferralCreation(HubDb db, NpgsqlDataSource source, ExchangeDesk desk, Vault vault) : ICreation<NewReferral, Wire.CreateReferralResponse>
{
    public async Task<IReadOnlyList<Reply<Wire.CreateReferralResponse>>> CreateAsync(IReadOnlyList<NewReferral> drafts, DateTimeOffset now, CancellationToken ct)
    {
        var facts = await FindFactsAsync(drafts, now, ct);
        var replies = new List<Reply<Wire.CreateReferralResponse>>(drafts.Count);
        var newer = new List<Exchange>();
        for (var i = 0; i < drafts.Count; i++)
        {
            if (WhyNot(drafts[i], facts[i]) is { } refusal)
            {
                replies.Add(new Reply<Wire.CreateReferralResponse>.Refused(refusal));
                continue;
            }

            var referral = Create(drafts[i], facts[i], now, out var exchange);
            if (facts[i].HasOlder || drafts.Take(i).Any(d => (d.PersonId, d.PartnerId) == (drafts[i].PersonId, drafts[i].PartnerId))) newer.Add(exchange);
            replies.Add(new Reply<Wire.CreateReferralResponse>.Given(new() { Referral = referral.ToWire(exchange.State) }));
        }

        if (newer.Count == 0) return replies;
        await db.Database.BeginTransactionAsync(ct);
        await desk.SupersedeOlderAsync(newer, ct);
        return replies;
    }

    Referral Create(NewReferral draft, Facts facts, DateTimeOffset now, out Exchange exchange)
    {
        var id = Guid.CreateVersion7(now);
        var name = Names.Of(Names.Referrals, id);
        db.Events.Add(HubEvent.Of("referral.created", now, name, facts.CaseId, draft.PartnerId));
        exchange = desk.Open(ReferralKind.KindName, draft.PartnerId, facts.CaseId, name, now, draft.Topic);
        var referral = Referral.Open(id, draft.PersonId, exchange, draft.Introduction, draft.PartnerChosen, vault.Open(draft.PersonId, facts.WrappedKey!));
        db.Referrals.Add(referral);
        return referral;
    }

    /// <summary>Null when nothing speaks against it. CV and consent are looked at again at every attempt; here they spare the caller a referral that could not leave.</summary>
    static Refusal? WhyNot(NewReferral draft, Facts facts) => facts switch
    {
        { Role: null } or { WrappedKey: null } => new ResourceNotFound(Names.Of(Names.Persons, draft.PersonId)),
        { Role: not PersonRole.Adult } => Candidates.NotAdult(),
        { PartnerKind: null } => new ResourceNotFound(Names.OfPartner(draft.PartnerId)),
        { PartnerKind: not PartnerKind.Employment } => new PartnerKindMismatch(draft.PartnerId, PartnerKind.Employment),
        { HasCv: false } => new CvMissing(draft.PersonId),
        { HasConsent: false } => new ConsentMissing(draft.PersonId, Purpose.EmploymentReferral, draft.PartnerId),
        _ => null,
    };

    /// <summary>What must hold before a referral is made, for all of them in one question.</summary>
    async Task<List<Facts>> FindFactsAsync(IReadOnlyList<NewReferral> drafts, DateTimeOffset now, CancellationToken ct)
    {
        // Straight to the driver: it is asked more than any other.
        await using var command = source.CreateCommand();
        command.CommandText =
            """
            select p.case_id, p.role, x.kind, k.wrapped,
                exists (select from cvs c where c.person_id = p.id),
                exists (select from consents c where c.person_id = p.id and c.purpose = $4 and (c.partner_id is null or c.partner_id = x.id) and c.withdraw_time is null and c.expire_time > $5),
                exists (select from exchanges e where e.partner_id = x.id and e.topic = draft.topic and e.state = 'queued' and e.delivery_time is null)
            from unnest($1, $2, $3) with ordinality draft (person_id, partner_id, topic, number)
            left join persons p on p.id = draft.person_id
            left join person_keys k on k.person_id = draft.person_id
            left join partners x on x.id = draft.partner_id
            order by draft.number
            """;
        command.Parameters.Add(new() { Value = drafts.Select(d => d.PersonId).ToArray() });
        command.Parameters.Add(new() { Value = drafts.Select(d => d.PartnerId).ToArray() });
        command.Parameters.Add(new() { Value = drafts.Select(d => d.Topic).ToArray() });
        command.Parameters.Add(new() { Value = EnumText<Purpose>.Of(Purpose.EmploymentReferral) });
        command.Parameters.Add(new() { Value = now });
        var facts = new List<Facts>(drafts.Count);
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            facts.Add(new Facts(
                await reader.IsDBNullAsync(0, ct) ? Guid.Empty : reader.GetGuid(0),
                await reader.IsDBNullAsync(1, ct) ? null : EnumText<PersonRole>.Parse(reader.GetString(1)),
                await reader.IsDBNullAsync(2, ct) ? null : EnumText<PartnerKind>.Parse(reader.GetString(2)),
                await reader.IsDBNullAsync(3, ct) ? null : reader.GetFieldValue<byte[]>(3),
                reader.GetBoolean(4), reader.GetBoolean(5), reader.GetBoolean(6)));
        }

        return facts;
    }

    /// <param name="Role">Null when there is no such person.</param>
    /// <param name="PartnerKind">Null when there is no such partner.</param>
    /// <param name="WrappedKey">Null when the person was erased.</param>
    /// <param name="HasOlder">A referral of the same person to the same partner waits that has not left.</param>
    sealed record Facts(Guid CaseId, PersonRole? Role, PartnerKind? PartnerKind, byte[]? WrappedKey, bool HasCv, bool HasConsent, bool HasOlder);
}
