using System.Reflection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Passerelle.Hub;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Support;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace Passerelle.Tests.Architecture;

/// <summary>Services that partners may call get to the database by the context of their scope, which is narrowed to the partner (see Sight). What gets there past it, directly or through what it is
/// made of, is here with its reason.</summary>
public sealed class SightTests
{
    static readonly Dictionary<string, string> MayPass = new()
    {
        ["AccessWriter"] = "adds entries to the access log, and reads none",
        ["ClockPolicies"] = "policies are nobody's rows; it keeps them for the whole node",
        ["DrainReport"] = "for operators: its RPC is of a scope that no partner holds",
        ["Dispatcher"] = "prepares what was claimed; InboxService gives nothing that Sight does not show",
        ["ExchangeClaims"] = "claims for the partner that is named; InboxService gives nothing that Sight does not show",
        ["HubSecret"] = "the hub's own secret, nobody's row",
        ["Gathering"] = "creates referrals, which no partner may",
        ["PullInbox"] = "claims for the partner that is named; InboxService gives nothing that Sight does not show",
        ["Replay"] = "for operators: its RPC is of a scope that no partner holds",
        ["Sight"] = "the narrow way itself",
    };

    static readonly HashSet<string> PartnersScopes = [.. Enum.GetValues<PartnerKind>().SelectMany(kind => Scopes.Of(kind))];

    static readonly Type[] Types = typeof(HubApp).Assembly.GetTypes();

    [Fact]
    public void Who_serves_partners_reaches_the_database_by_the_narrowed_way_only()
    {
        var services = Types.Where(type => Descriptor(type) is { } service && service.Methods.Any(m => PartnersScopes.Contains(AccessRules.ScopeOf($"/{service.FullName}/{m.Name}") ?? ""))).ToList();
        Assert.True(services.Count >= 9, "The services that partners call are not found.");
        var found = new Dictionary<string, string>();
        foreach (var service in services) Walk(service, service.Name, [], found);
        Findings.None(from f in found where !MayPass.ContainsKey(f.Key) select $"{f.Value}: {f.Key} takes a way to the database that is not narrowed to the partner who calls. Take HubDb or Sight.");
        Assert.Equal(MayPass.Keys.Order(), found.Keys.Order());
    }

    static void Walk(Type type, string path, HashSet<Type> seen, Dictionary<string, string> found)
    {
        if (!seen.Add(type)) return;
        foreach (var parameter in type.GetConstructors(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance).SelectMany(c => c.GetParameters()).Select(p => p.ParameterType))
        {
            if (IsWide(parameter)) found.TryAdd(type.Name.Split('`')[0], path);
            foreach (var made in MadeOf(parameter)) Walk(made, $"{path} > {made.Name}", seen, found);
        }
    }

    static bool IsWide(Type type) =>
        type == typeof(NpgsqlDataSource) || type == typeof(LoneConnections) || type == typeof(PartnerSource) || type == typeof(IServiceScopeFactory) || type == typeof(IServiceProvider)
        || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IDbContextFactory<>));

    /// <summary>What the container may put there: the class, or whatever implements the interface; of a list, its members.</summary>
    static IEnumerable<Type> MadeOf(Type parameter)
    {
        var wanted = parameter.IsGenericType && parameter.GetGenericTypeDefinition() == typeof(IEnumerable<>) ? parameter.GetGenericArguments()[0] : parameter;
        if (wanted == typeof(HubDb) || wanted == typeof(PartnerSource)) return [];
        if (wanted.Assembly != typeof(HubApp).Assembly) return [];
        return wanted.IsInterface ? Types.Where(t => !t.IsInterface && wanted.IsAssignableFrom(t)) : [wanted];
    }

    static ServiceDescriptor? Descriptor(Type type) =>
        type.BaseType is { IsNested: true, DeclaringType: { } contract } ? contract.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as ServiceDescriptor : null;
}
