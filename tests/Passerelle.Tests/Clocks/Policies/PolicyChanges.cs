using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Clocks.V1;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Tests.Support;
using ClockFamily = Passerelle.Hub.Clocks.ClockFamily;
using ClockPolicy = Passerelle.Hub.Clocks.History.ClockPolicy;
using PolicyChange = Passerelle.Contracts.Clocks.V1.PolicyChange;
using PolicyChangeService = Passerelle.Contracts.Clocks.V1.PolicyChangeService;

namespace Passerelle.Tests.Clocks.Policies;

/// <summary>What tests of policy changes do with a hub.</summary>
static class PolicyChanges
{
    public static PolicyChangeService.PolicyChangeServiceClient Changes(this HubHost hub, string caller = "crm") => new(hub.As(caller));

    public static CreatePolicyChangeRequest To(PolicyKey policy, string from = "promise@1") =>
        new() { RequestId = Household.NewId(), FromPolicy = "clockPolicies/" + from, Policy = $"clockPolicies/{policy}", Why = "Nouvel engagement", By = "advisors/ada" };

    public static async Task<PolicyChange> OrderAsync(this HubHost hub, CreatePolicyChangeRequest request) => (await hub.Changes().CreatePolicyChangeAsync(request)).PolicyChange;

    /// <summary>Orders it and works it off.</summary>
    public static async Task<GetPolicyChangeResponse> ChangeAsync(this HubHost hub, CreatePolicyChangeRequest request)
    {
        var ordered = await hub.OrderAsync(request);
        await hub.RunAsync<ChangePolicies>();
        return await hub.ChangeOfAsync(ordered.Name);
    }

    public static async Task<GetPolicyChangeResponse> ChangeOfAsync(this HubHost hub, string name) => await hub.Changes().GetPolicyChangeAsync(new() { Name = name });

    /// <summary>A policy that nobody is offered: clocks come to it by a change.</summary>
    public static Task<PolicyKey> PolicyAsync(this HubHost hub, PolicyTerms terms) => hub.QueryAsync(async db =>
    {
        var policy = new ClockPolicy(new PolicyKey("other", 1 + await db.ClockPolicies.CountAsync()), terms);
        db.ClockPolicies.Add(PolicyRow.Of(policy, await db.NowAsync(CancellationToken.None)));
        await db.SaveChangesAsync();
        return policy.Key;
    });

    /// <summary>So many promises that started now, without filing each: nothing else refers to them.</summary>
    public static Task PromisesAsync(this HubHost hub, int count) => hub.QueryAsync(async db =>
    {
        var now = await db.NowAsync(CancellationToken.None);
        var policy = (await db.ClockPolicies.SingleAsync(p => p.Id == "promise")).ToPolicy();
        for (var n = 0; n < count; n++)
        {
            var (file, started) = Hub.Clocks.ClockFile.Start(ClockFamily.Promise, $"requests/{Guid.CreateVersion7(now)}", Guid.CreateVersion7(now), null, policy, now);
            db.Clocks.Add(file.Clock);
            db.ClockEvents.Add(started);
        }

        return await db.SaveChangesAsync();
    });

    /// <summary>The number of events of each clock that is under a policy.</summary>
    public static Task<List<int>> EventCountsAsync(this HubHost hub, PolicyKey policy) => hub.QueryAsync(db =>
        db.Clocks.Where(c => c.PolicyId == policy.Id && c.PolicyVersion == policy.Version).Select(c => db.ClockEvents.Count(e => e.ClockId == c.Id)).ToListAsync());
}
