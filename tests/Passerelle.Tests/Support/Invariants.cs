using Passerelle.Hub.Exchanges;

namespace Passerelle.Tests.Support;

/// <summary>What must hold in every database after every test, beyond what its CHECKs hold.</summary>
public static class Invariants
{
    static readonly (string What, string Sql)[] Rules =
    [
        // What the hub itself audits, asked of every row.
        .. AuditRules.Lasting.Select(rule => (rule.What, rule.Over(0))),
        ("a request's promise is stopped when, and only when, it is answered",
            "select r.id::text from requests r left join clocks c on c.subject = 'requests/' || r.id where c.id is null or (r.state = 'answered') <> (c.state in ('met', 'missed'))"),
        ("whatever was attempted is in the register",
            "select a.exchange_id::text from attempts a where not exists (select 1 from disclosures d where d.exchange_id = a.exchange_id)"),
        ("what a partner declined was offered to another, or an advisor was told",
            "select r.id::text from referrals r join exchanges e on e.id = r.exchange_id where r.state = 'declined' and e.state = 'answered' and r.follow_up is null"),
        ("a clock's events begin with its start",
            "select c.id::text from clocks c left join clock_events e on e.clock_id = c.id and e.number = 1 where e.kind is distinct from 'started'"),
        ("an overdue clock's breach was fired",
            "select c.id::text from clocks c where c.state = 'overdue' and not exists (select 1 from clock_firings f where f.clock_id = c.id and f.rung = 'breach')"),
        ("what happens to a clock is told to somebody",
            "select c.id::text from events e join clocks c on c.subject = e.subject where e.type in ('clock.reminded', 'clock.overdue') and not exists (select 1 from notices n where n.clock_id = c.id)"),
        ("a clock's events are numbered in the order of recording",
            "select a.clock_id::text from clock_events a join clock_events b on b.clock_id = a.clock_id and b.number = a.number + 1 where b.record_time <= a.record_time"),
        ("a clock is under a policy that is there",
            "select c.id::text from clocks c where not exists (select 1 from clock_policies p where p.id = c.policy_id and p.version = c.policy_version)"),
        ("a window ends no later than the promise that it serves, unless its policy says so",
            """
            select w.id::text from clocks w join clocks p on p.id = w.promise_id join clock_policies t on t.id = w.policy_id and t.version = w.policy_version
            where w.state = 'running' and p.state = 'running' and w.due_time > p.due_time and not (t.terms->>'may_outlast_promise')::boolean
            """),
        ("an enrolment is answered when, and only when, the exchange of its round is",
            "select n.id::text from enrolments n join exchanges e on e.id = n.exchange_id where (n.state = 'submitted') = (e.state = 'answered') or e.subject <> 'enrolments/' || n.id"),
        ("a home has as many listings as it says, all of one transaction, and each listing is in a home",
            """
            select h.id::text from homes h left join home_listings l on l.home_id = h.id and l.leave_time is null
            group by h.id having h.listing_count <> count(l.listing_id) or count(distinct l.transaction) > 1
            union all select listing_id::text from home_listings where home_id is null
            """),
        ("what a person said are two homes is not in one",
            """
            select a.listing_id::text from home_decisions d join home_listings a on a.listing_id = d.first_id join home_listings b on b.listing_id = d.second_id
            where not d.are_same and a.home_id = b.home_id and a.leave_time is null and b.leave_time is null
            """),
        ("what is linked is on the market",
            "select l.first_id::text from home_links l join home_listings h on h.listing_id in (l.first_id, l.second_id) where h.leave_time is not null"),
    ];

    public static async Task<List<string>> FindBrokenAsync(HubHost hub)
    {
        var broken = new List<string>();
        foreach (var (what, sql) in Rules)
        {
            await using var command = hub.Source.CreateCommand(sql);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) broken.Add($"Broken: {what}: {reader.GetString(0)}");
        }

        if (Marker.IsIn(await hub.DumpAsync())) broken.Add("A marker is readable in the database.");
        return broken;
    }
}
