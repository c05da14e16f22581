using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Passerelle.Benchmarks.Harness;
using Passerelle.Hub.Employment;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>Exchanges that wait, many at once: made by the hub's own code where they will leave, by copying one in SQL where they will not.</summary>
static class Waiting
{
    const int Batch = 1000;

    /// <summary>So many for one partner that can be delivered, due in the order in which they are made; the persons take turns. Without a topic: what the load sends later does not take their place.</summary>
    public static async Task AddAsync(Stage stage, int partner, int count, CancellationToken ct)
    {
        var partnerId = Stage.PartnerId(partner);
        for (var made = 0; made < count; made += Batch)
        {
            await using var db = stage.OpenDb();
            var vault = new Vault(db, new MasterKeys(Options.Create(new VaultOptions { MasterKey = Sandbox.MasterKey })));
            var ids = Enumerable.Range(made, Math.Min(Batch, count - made)).Select(i => Guid.Parse(stage.Persons[i % stage.Persons.Length].AsSpan("persons/".Length))).ToList();
            var persons = await db.Persons.AsNoTracking().Where(p => ids.Contains(p.Id)).ToDictionaryAsync(p => p.Id, ct);
            await vault.LoadAsync(ids.Distinct(), ct);
            var now = await db.NowAsync(ct);
            foreach (var id in ids)
            {
                var referral = Guid.CreateVersion7(now);
                var exchange = Exchange.Open(ReferralKind.KindName, partnerId, persons[id].CaseId, Names.Of(Names.Referrals, referral), topic: null, neverHeld: false, now);
                db.Exchanges.Add(exchange);
                db.Events.Add(HubEvent.Of("exchange.queued", now, exchange.Name, exchange.CaseId, partnerId, exchange.Kind));
                db.Referrals.Add(Referral.Open(referral, id, exchange, "En attente.", partnerChosen: false, vault.Find(id)!));
            }

            await db.SaveChangesAsync(ct);
        }
    }

    /// <summary>So many copies of a partner's waiting exchange, spread over some partners, each of a case of its own. They have no referral: none of them may come to leave. Each has the
    /// event that opens it: the audit counts them against each other every minute.</summary>
    /// <param name="dueIn">When they are due, as an SQL interval from now.</param>
    public static Task CopyAsync(Stage stage, int pattern, IEnumerable<int> partners, int count, string dueIn, CancellationToken ct) => stage.Sandbox.ExecuteAsync(
        $"""
        with made as (
            insert into exchanges overriding user value
            select (jsonb_populate_record(pattern, jsonb_build_object(
                'id', n.id, 'partner_id', ($2::text[])[1 + n.i % cardinality($2)], 'case_id', gen_random_uuid(), 'subject', 'referrals/' || gen_random_uuid(), 'topic', 'persons/' || gen_random_uuid(),
                'due_time', n.due + n.i * interval '1 microsecond'))).*
            from (select e as pattern from exchanges e where partner_id = $1 and state = 'queued' limit 1) p
            cross join (select i, gen_random_uuid() as id, hub_now() + interval '{dueIn}' as due from generate_series(1, $3) i) n
            returning id, case_id, partner_id, kind
        )
        insert into events (type, time, subject, case_id, partner_id, detail) select 'exchange.queued', hub_now(), 'exchanges/' || id, case_id, partner_id, kind from made
        """,
        ct, Stage.PartnerId(pattern), partners.Select(Stage.PartnerId).ToArray(), count);
}
