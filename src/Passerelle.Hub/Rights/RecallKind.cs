using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Rights;

/// <summary>What tells a recipient to let go of what it got: names of exchanges, nothing personal. The law obliges the hub to, whatever was agreed.</summary>
public sealed class RecallKind(HubDb db, Gate gate) : IExchangeKind
{
    public const string KindName = "recall";

    public string Name => KindName;

    public Purpose Purpose => Purpose.Recall;

    public async Task<IReadOnlyDictionary<Guid, Preparation>> PrepareAsync(IReadOnlyList<ExchangeHeader> exchanges, DateTimeOffset now, CancellationToken ct)
    {
        var ids = exchanges.Select(e => e.Id).ToArray();
        var found = await (
            from notice in db.RecallNotices.AsNoTracking()
            join recall in db.Recalls on notice.RecallId equals recall.Id
            where ids.Contains(notice.ExchangeId)
            select new { notice, recall }).ToDictionaryAsync(n => n.notice.ExchangeId, ct);
        var prepared = new Dictionary<Guid, Preparation>(exchanges.Count);
        foreach (var exchange in exchanges)
        {
            var (notice, recall) = (found[exchange.Id].notice, found[exchange.Id].recall);
            var verdict = await gate.DecideAsync(new GateQuestion(Purpose, exchange.PartnerId, null, HasLapsed: false, []), now, ct);
            prepared[exchange.Id] = verdict is Verdict.Allowed { By: var by }
                ? new Preparation.Cleared(await ComposeAsync(notice, recall, ct), by, [new Disclosed(recall.PersonId, KindName, [])])
                : new Preparation.Stopped(verdict);
        }

        return prepared;
    }

    /// <summary>A recall carries nobody's data: whoever withdraws or erases still has it told.</summary>
    public Task<IReadOnlyList<Guid>> FindOpenAsync(Guid personId, CancellationToken ct) => Task.FromResult<IReadOnlyList<Guid>>([]);

    async Task<Wire.RecallNotice> ComposeAsync(RecallNotice notice, Recall recall, CancellationToken ct)
    {
        var wire = new Wire.RecallNotice
        {
            Name = notice.Name, Person = Names.Of(Names.Persons, recall.PersonId), Reason = (Wire.RecallReason)recall.Reason, DueTime = notice.DueTime.ToWire(),
        };
        var sent = await db.Disclosures
            .Where(d => d.PersonId == recall.PersonId && d.PartnerId == notice.PartnerId && d.Purpose != Purpose.Recall && (recall.ConsentId == null || d.ConsentId == recall.ConsentId))
            .Select(d => d.ExchangeId).Distinct().OrderBy(id => id).ToListAsync(ct);
        wire.Exchanges.AddRange(sent.Select(id => Names.Of(Names.Exchanges, id)));
        return wire;
    }
}
