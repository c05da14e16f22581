using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Exchanges;

/// <summary>The exchanges of one (partner, case) stand in line: only the first undelivered one may leave.</summary>
public static class Line
{
    /// <summary>Calls the first of each line that one of these has just left: it was put aside while it waited. Within the transaction in which they left, once they are saved.</summary>
    /// <remarks>A claim that puts one aside at this very moment is not seen; it looks again by itself after Delivery:LookAgain.</remarks>
    /// <returns>How many were called: they are due now.</returns>
    public static async Task<int> CallNextAsync(HubDb db, IEnumerable<Exchange> left, CancellationToken ct)
    {
        var lines = left.Where(e => !e.IsUndelivered).Select(e => (e.PartnerId, e.CaseId)).Distinct().ToList();
        if (lines.Count == 0) return 0;
        var (partners, cases) = (lines.Select(l => l.PartnerId).ToArray(), lines.Select(l => l.CaseId).ToArray());
        return await db.Database.ExecuteSqlAsync(
            $"""
            update exchanges n set due_time = hub_now()
            from unnest({partners}, {cases}) line (partner_id, case_id)
            cross join lateral (
                select id from exchanges e
                where e.partner_id = line.partner_id and e.case_id = line.case_id and e.state in ('queued', 'sending')
                order by e.sequence limit 1
            ) next
            where n.id = next.id and n.state = 'queued' and n.failures = 0 and n.due_time > hub_now()
            """, ct);
    }
}
