using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;
using Wire = Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Hub.Clocks.Policies;

public sealed class PolicyChangeService(HubDb db, RequestLedger ledger, Nudge<ChangePolicies> nudge) : Wire.PolicyChangeService.PolicyChangeServiceBase
{
    public override async Task<Wire.CreatePolicyChangeResponse> CreatePolicyChange(Wire.CreatePolicyChangeRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        var from = PolicyNames.Read(request.FromPolicy, "from_policy", violations);
        var target = PolicyNames.Read(request.Policy, "policy", violations);
        violations.Check(from != target || violations.Count > 0, "policy", "is the one that the clocks have");
        var selection = new PolicySelection(
            from, violations.OptionalId(request.Clock, Names.Clocks, "clock"), violations.OptionalPartnerId(request.Partner, "partner"), violations.OptionalId(request.Case, Names.Cases, "case"));
        var order = Ordered.Read(request.By, request.Why, whyRequired: true, violations, context);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            await CheckAsync(selection, target, ct);
            var count = await PolicyChangeBatch.Open(db, selection, request.FromStart, now).LongCountAsync(ct);
            var change = PolicyChange.Order(selection, target, request.FromStart, request.Simulated, order, count, now);
            db.PolicyChanges.Add(change);
            return new Wire.CreatePolicyChangeResponse { PolicyChange = ToWire(change) };
        });
        nudge.Now();
        return response;
    }

    public override async Task<Wire.GetPolicyChangeResponse> GetPolicyChange(Wire.GetPolicyChangeRequest request, ServerCallContext context)
    {
        var id = NameOf(request.Name);
        var ct = context.CancellationToken;
        var change = await db.PolicyChanges.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, ct) ?? throw new ResourceNotFound(request.Name);
        var response = new Wire.GetPolicyChangeResponse { PolicyChange = ToWire(change) };
        response.Moves.AddRange((await db.PolicyChangeMoves.AsNoTracking().Where(m => m.ChangeId == id).OrderBy(m => m.ClockId).ToListAsync(ct)).Select(ToWire));
        return response;
    }

    public override async Task<Wire.ListPolicyChangesResponse> ListPolicyChanges(Wire.ListPolicyChangesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        violations.Check(Enum.IsDefined(request.State), "state", "is not a value that this version knows");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var state = (PolicyChangeState)request.State;
        var read = await db.PolicyChanges.AsNoTracking()
            .Where(c => (request.State == 0 || c.State == state) && (page.After == null || c.Id.CompareTo(page.After.Value) < 0))
            .OrderByDescending(c => c.Id).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, c => c.Id);
        var response = new Wire.ListPolicyChangesResponse { NextPageToken = next };
        response.PolicyChanges.AddRange(items.Select(ToWire));
        return response;
    }

    public override async Task<Wire.CancelPolicyChangeResponse> CancelPolicyChange(Wire.CancelPolicyChangeRequest request, ServerCallContext context)
    {
        var id = NameOf(request.Name);
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var change = (await db.PolicyChanges.FromSql($"select * from policy_changes where id = {id} for update").ToListAsync(ct)).SingleOrDefault() ?? throw new ResourceNotFound(request.Name);
        change.Cancel(await db.NowAsync(ct));
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return new Wire.CancelPolicyChangeResponse { PolicyChange = ToWire(change) };
    }

    /// <summary>What is named is there.</summary>
    async Task CheckAsync(PolicySelection selection, PolicyKey target, CancellationToken ct)
    {
        foreach (var key in (PolicyKey[])[selection.Policy, target])
            if (!await db.ClockPolicies.AnyAsync(p => p.Id == key.Id && p.Version == key.Version, ct)) throw new ResourceNotFound(PolicyNames.Of(key));
        if (selection.ClockId is { } clock && !await db.Clocks.AnyAsync(c => c.Id == clock, ct)) throw new ResourceNotFound(Names.Of(Names.Clocks, clock));
        if (selection.PartnerId is { } partner && !await db.Partners.AnyAsync(p => p.Id == partner, ct)) throw new ResourceNotFound(Names.OfPartner(partner));
        // Clocks know that there are cases, not what they are.
        if (selection.CaseId is { } household && !(await db.Database.SqlQuery<bool>($"""select exists (select from cases where id = {household}) as "Value" """).ToListAsync(ct))[0])
            throw new ResourceNotFound(Names.Of(Names.Cases, household));
    }

    static Guid NameOf(string name)
    {
        var violations = new Violations();
        var id = violations.Id(name, Names.PolicyChanges, "name");
        violations.ThrowIfAny();
        return id;
    }

    static Wire.PolicyChange ToWire(PolicyChange change) => new()
    {
        Name = change.Name,
        State = (Wire.PolicyChange.Types.State)change.State,
        FromPolicy = change.Selection.Policy.ToString(),
        Policy = change.Target.ToString(),
        Clock = change.ClockId is { } clock ? Names.Of(Names.Clocks, clock) : "",
        Partner = change.PartnerId is { } partner ? Names.OfPartner(partner) : "",
        Case = change.CaseId is { } household ? Names.Of(Names.Cases, household) : "",
        FromStart = change.IsFromStart,
        Simulated = change.IsSimulated,
        By = change.By,
        Why = change.Why,
        CreateTime = change.CreateTime.ToWire(),
        EndTime = change.EndTime.ToWire(),
        SelectedCount = change.SelectedCount,
        ChangedCount = change.ChangedCount,
        UnaffectedCount = change.AsideCount,
        MovedCount = change.MovedCount,
        BreachedCount = change.BreachedCount,
        HealedCount = change.HealedCount,
    };

    static Wire.PolicyMove ToWire(PolicyChangeMove move) => new()
    {
        Clock = Names.Of(Names.Clocks, move.ClockId),
        BeforeTime = move.DueTimeBefore.ToWire(),
        AfterTime = move.DueTimeAfter.ToWire(),
        Effect = (Wire.PolicyMove.Types.Effect)move.Effect,
    };
}
