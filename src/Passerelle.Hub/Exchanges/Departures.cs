using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Hub.Exchanges;

/// <summary>A claimed exchange that may leave, as it leaves.</summary>
public readonly record struct Ready(Claim Claim, Wire.Envelope Envelope, DateTimeOffset StartTime)
{
    public static Ready Compose(Claimed claimed, IMessage payload, DateTimeOffset startTime) => new(
        claimed.Claim,
        new Wire.Envelope
        {
            Exchange = claimed.Header.Name,
            Kind = claimed.Header.Kind,
            Case = Names.Of(Names.Cases, claimed.Header.CaseId),
            Subject = claimed.Header.Subject,
            Attempt = claimed.Generation,
            CreateTime = claimed.Header.CreateTime.ToWire(),
            Payload = Any.Pack(payload),
        },
        startTime);
}

/// <summary>The last word before something leaves.</summary>
public interface IDepartures
{
    /// <param name="now">When they were claimed, by the database's clock.</param>
    /// <returns>Those that may leave; the others are not ours any more, or what allowed them has just come to its end: those are due at once, to be looked at anew.</returns>
    Task<IReadOnlyList<Ready>> LetLeaveAsync(IReadOnlyList<(Claimed Claimed, Preparation.Cleared Cleared)> cleared, Transport transport, DateTimeOffset now, CancellationToken ct);
}

/// <summary>It leaves when it is still ours, and what allows it still does. Attempts, the gate's decisions and disclosures are written down by the same statement.</summary>
/// <remarks>
/// One statement is a transaction by itself: between what was read to compose and this, nothing is locked and nothing has to be. Rows are locked by id, exchanges before consents before
/// agreements: each part counts the one before it, and so begins only when that one has all its locks. Whoever withdraws locks in the same order. Where a purpose has newer terms than those that were asked, or a person's data was restricted meanwhile, it is asked anew.
/// </remarks>
public sealed class Departures(HubDb db) : IDepartures
{
    /// <summary>As it is stored. What must be said whatever was asked is not held by a restriction either, as the gate has it.</summary>
    const string Recalls = "recall";

    const string Sql =
        $"""
        with wanted as (
            select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::int[], $5::bytea[], $6::text[], $7::int[], $8::text[], $9::uuid[], $10::text[])
                w (exchange_id, number, consent_id, size, sha256, purpose, purpose_version, ground, agreement_id, categories)
        ),
        ours as materialized (
            select e.id, e.partner_id from exchanges e join wanted w on e.id = w.exchange_id and e.generation = w.number
            where e.state = 'sending' order by e.id for update of e
        ),
        consented as materialized (
            select id from consents where id = any($3) and (select count(*) from ours) >= 0 and {Consent.IsLive} order by id for share
        ),
        agreed as materialized (
            select id from agreements where id = any($9) and (select count(*) from consented) >= 0 and revoke_time is null and end_time > hub_now() order by id for share
        ),
        leaving as materialized (
            select w.*, ours.partner_id from wanted w join ours on ours.id = w.exchange_id
            where (w.consent_id is null or w.consent_id in (select id from consented)) and (w.agreement_id is null or w.agreement_id in (select id from agreed))
              and (w.purpose = '{Recalls}' or not exists (
                select from unnest($13::uuid[], $15::uuid[]) d (exchange_id, person_id) join person_restrictions r on r.person_id = d.person_id
                where d.exchange_id = w.exchange_id and r.scope in ('{PersonRestriction.Everything}', w.purpose)))
              and not exists (select from purposes p where p.purpose = w.purpose and p.version > w.purpose_version and p.start_time <= hub_now())
        ),
        begun as (
            insert into attempts (exchange_id, number, transport, outcome, start_time, size, sha256)
            select exchange_id, number, $11, 'unknown', $12, size, sha256 from leaving
        ),
        decided as (
            insert into gate_decisions (exchange_id, number, verdict, purpose, purpose_version, ground, consent_id, agreement_id, categories, time)
            select exchange_id, number, 'allowed', purpose, purpose_version, ground, consent_id, agreement_id, categories, $12 from leaving
        ),
        disclosed as (
            insert into disclosures (id, person_id, partner_id, category, data, purpose, ground, consent_id, exchange_id, channel, time)
            select d.id, d.person_id, l.partner_id, d.category, d.data, l.purpose, l.ground, l.consent_id, l.exchange_id, $11, $12
            from unnest($13::uuid[], $14::uuid[], $15::uuid[], $16::text[], $17::text[]) d (exchange_id, id, person_id, category, data) join leaving l using (exchange_id)
        ),
        stays as (
            update exchanges e set due_time = hub_now() from ours where e.id = ours.id and e.id not in (select exchange_id from leaving)
        )
        select exchange_id from leaving
        """;

    public async Task<IReadOnlyList<Ready>> LetLeaveAsync(IReadOnlyList<(Claimed Claimed, Preparation.Cleared Cleared)> cleared, Transport transport, DateTimeOffset now, CancellationToken ct)
    {
        if (cleared.Count == 0) return [];
        var composed = cleared.Select(c => Ready.Compose(c.Claimed, c.Cleared.Payload, now)).ToList();
        var disclosed = cleared.SelectMany(c => c.Cleared.Disclosed.Select(d => (ExchangeId: c.Claimed.Header.Id, d))).ToList();
        var by = cleared.Select(c => c.Cleared.Clearance).ToList();
        await db.Database.OpenConnectionAsync(ct);
        try
        {
            await using var command = (NpgsqlCommand)db.Database.GetDbConnection().CreateCommand();
            command.CommandText = Sql;
            Add(NpgsqlDbType.Uuid, cleared.Select(c => c.Claimed.Header.Id).ToArray());
            Add(NpgsqlDbType.Integer, cleared.Select(c => c.Claimed.Generation).ToArray());
            Add(NpgsqlDbType.Uuid, by.Select(c => c.ConsentId).ToArray());
            Add(NpgsqlDbType.Integer, composed.Select(r => r.Envelope.Payload.Value.Length).ToArray());
            Add(NpgsqlDbType.Bytea, composed.Select(r => SHA256.HashData(r.Envelope.Payload.Value.Span)).ToArray());
            Add(NpgsqlDbType.Text, by.Select(c => EnumText<Purpose>.Of(c.Purpose)).ToArray());
            Add(NpgsqlDbType.Integer, by.Select(c => c.PurposeVersion).ToArray());
            Add(NpgsqlDbType.Text, by.Select(c => EnumText<Ground>.Of(c.Ground)).ToArray());
            Add(NpgsqlDbType.Uuid, by.Select(c => c.AgreementId).ToArray());
            Add(NpgsqlDbType.Text, by.Select(c => DataCategories.Write(c.Categories)).ToArray());
            command.Parameters.Add(new() { Value = EnumText<Transport>.Of(transport) });
            command.Parameters.Add(new() { Value = now });
            Add(NpgsqlDbType.Uuid, disclosed.Select(d => d.ExchangeId).ToArray());
            Add(NpgsqlDbType.Uuid, disclosed.Select(_ => Guid.CreateVersion7(now)).ToArray());
            Add(NpgsqlDbType.Uuid, disclosed.Select(d => d.d.PersonId).ToArray());
            Add(NpgsqlDbType.Text, disclosed.Select(d => d.d.Category).ToArray());
            Add(NpgsqlDbType.Text, disclosed.Select(d => DataCategories.Write(d.d.Data)).ToArray());
            var leaving = await ReadIdsAsync(command, ct);
            return [.. composed.Where(r => leaving.Contains(r.Claim.ExchangeId))];

            void Add(NpgsqlDbType type, Array values) => command.Parameters.Add(new() { Value = values, NpgsqlDbType = NpgsqlDbType.Array | type });
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }

    static async Task<HashSet<Guid>> ReadIdsAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var ids = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        while (await reader.ReadAsync(ct)) ids.Add(reader.GetGuid(0));
        return ids;
    }
}
