using System.Globalization;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Exchanges;

/// <summary>What must hold of the rows beyond what their CHECKs hold. The SQL names those that break it.</summary>
/// <param name="Name">The alarm's.</param>
/// <param name="What">What holds.</param>
/// <param name="Sql">Gives one column, the names of the rows. `{exchanges}` are those to look at, `{since}` is the first transaction whose events count.</param>
public sealed record AuditRule(string Name, string What, string Sql)
{
    const string Changed = "(select x.* from exchanges x where x.id in (select substr(v.subject, 11)::uuid from events v where v.transaction_id >= {since} and v.subject like 'exchanges/%'))";

    /// <param name="since">Looks only at what has events of this transaction or later ones; 0: at everything.</param>
    public string Over(ulong since) =>
        Sql.Replace("{exchanges}", since == 0 ? "exchanges" : Changed, StringComparison.Ordinal)
            .Replace("{since}", string.Create(CultureInfo.InvariantCulture, $"'{since}'::xid8"), StringComparison.Ordinal);
}

/// <summary>The rules that the audit asks, each one SQL.</summary>
public static class AuditRules
{
    /// <summary>For how long what is due may wait for somebody to take it.</summary>
    const string Patience = "interval '5 minutes'";

    /// <summary>Due, in an open push lane from which nobody has taken anything meanwhile. The long backlog of a lane that is being served is not neglected.</summary>
    public static readonly AuditRule Neglected = new(
        "exchange_neglected", "what is due is being taken",
        $"""
        select 'exchanges/' || x.id from (select hub_now() - {Patience} as time) since cross join lanes l join partners p on p.id = l.partner_id
        cross join lateral (
            select id from exchanges where partner_id = l.partner_id and state in ('queued', 'sending') and due_time < since.time order by due_time
        ) x
        where p.delivery = 'push' and l.pause_time is null and l.health = 'up' and l.serve_time < since.time
        """);

    /// <summary>How many events open an exchange from the transaction `$1` on: below the horizon, and in all that is seen. That they are about exchanges leads to their index.</summary>
    public const string Opened =
        """
        select horizon, count(v.sequence) filter (where v.transaction_id < horizon), count(v.sequence)
        from (select pg_snapshot_xmin(pg_current_snapshot()) as horizon) h
        left join events v on v.transaction_id >= $1 and v.subject like 'exchanges/%' and v.type = 'exchange.queued'
        group by horizon
        """;

    /// <summary>Those that hold at every moment, whatever is or is not running.</summary>
    public static readonly IReadOnlyList<AuditRule> Lasting =
    [
        new("window_missing", "a delivered exchange has a window, an undelivered one has none",
            "select e_name from (select 'exchanges/' || e.id as e_name, e.* from {exchanges} e) e left join clocks c on c.subject = e_name where (e.delivery_time is not null) <> (c.id is not null)"),
        new("window_state", "an answered exchange's window is met or missed, a withdrawn or expired one's void, any other's open",
            """
            select e_name from (select 'exchanges/' || e.id as e_name, e.* from {exchanges} e) e join clocks c on c.subject = e_name
            where case e.state when 'answered' then 'answered' when 'withdrawn' then 'void' when 'expired' then 'void' else 'open' end
               <> case c.state when 'met' then 'answered' when 'missed' then 'answered' when 'voided' then 'void' else 'open' end
            """),
        new("delivery_unproven", "an exchange that the partner has, has an accepted attempt",
            """
            select 'exchanges/' || e.id from {exchanges} e
            where e.state in ('awaiting_answer', 'answered') and not exists (select from attempts a where a.exchange_id = e.id and a.outcome = 'accepted')
            """),
        // What ended meanwhile has ended.
        new("acceptance_lost", "what the partner accepted is delivered",
            """
            select 'exchanges/' || e.id from {exchanges} e
            where e.delivery_time is null and e.state not in ('withdrawn', 'expired') and exists (select from attempts a where a.exchange_id = e.id and a.outcome = 'accepted')
            """),
        new("attempt_unclaimed", "each attempt belongs to a claim",
            "select 'exchanges/' || e.id from {exchanges} e where exists (select from attempts a where a.exchange_id = e.id and a.number > e.generation)"),
        // Sent again by an operator, or committed late, the earlier one may set off while a later one is on its way: the later one had left before.
        new("order_inverted", "no exchange sets off while an earlier one of its partner and case is on its way",
            """
            select 'exchanges/' || later.id from exchanges earlier
            join exchanges later on later.partner_id = earlier.partner_id and later.case_id = earlier.case_id and later.sequence > earlier.sequence
            join attempts one on one.exchange_id = earlier.id and one.number = earlier.generation
            join attempts other on other.exchange_id = later.id and other.number = later.generation
            where earlier.state = 'sending' and later.state = 'sending' and other.start_time > one.start_time
            """),
        // By sequence: events of one exchange are written under its lock.
        new("event_contradicted", "an exchange is where its last event left it",
            """
            select v.subject from (
                select distinct on (subject) subject, type from events
                where transaction_id >= {since} and subject like 'exchanges/%' and type like 'exchange.%' order by subject, sequence desc
            ) v join exchanges e on e.id = substr(v.subject, 11)::uuid
            where not case v.type
                when 'exchange.queued' then e.state in ('queued', 'sending')
                when 'exchange.held' then e.state in ('queued', 'sending')
                when 'exchange.redelivered' then e.state in ('queued', 'sending')
                when 'exchange.attempted' then e.state in ('queued', 'sending', 'awaiting_answer')
                when 'exchange.delivered' then e.state = 'awaiting_answer'
                when 'exchange.answered' then e.state in ('answered', 'withdrawn', 'expired')
                when 'exchange.undeliverable' then e.state = 'undeliverable'
                when 'exchange.withdrawn' then e.state = 'withdrawn'
                when 'exchange.expired' then e.state = 'expired'
                else true end
            """),
        new("successor_missing", "what took an exchange's place is there, and about the same",
            """
            select 'exchanges/' || e.id from {exchanges} e left join exchanges n on n.id = e.superseded_by
            where e.superseded_by is not null and (n.id is null or (n.partner_id, n.kind) <> (e.partner_id, e.kind) or n.topic is distinct from e.topic)
            """),
        new("lane_missing", "each partner has a lane",
            "select 'partners/' || p.id from partners p where not exists (select from lanes l where l.partner_id = p.id)"),
    ];

    public static IEnumerable<AuditRule> All => Lasting.Append(Neglected);

    /// <summary>Which rows break the conservation law: asked only when the sums differ.</summary>
    public static readonly AuditRule Conservation = new(
        "conservation", "accepted = queued + held + sending + awaiting answer + answered + undeliverable + withdrawn + expired",
        $$"""
        select 'exchanges/' || e.id from exchanges e
        where e.state not in ({{EnumText<ExchangeState>.SqlList}})
           or not exists (select from events v where v.case_id = e.case_id and v.subject = 'exchanges/' || e.id and v.type = 'exchange.queued')
        union all
        select v.subject from events v where v.type = 'exchange.queued' and not exists (select from exchanges e where e.id = substr(v.subject, 11)::uuid)
        """);

    /// <summary>All that an audit raises, and hence clears.</summary>
    public static IEnumerable<string> Names => All.Append(Conservation).Select(rule => rule.Name);
}
