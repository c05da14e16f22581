using Grpc.Core;
using Grpc.Core.Interceptors;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Privacy.Accesses;

/// <summary>The access log, as its readers see it.</summary>
static class Accesses
{
    public static async Task<List<Access>> ListAsync(HubHost hub, ListAccessesRequest? request = null) =>
        [.. (await new AccessService.AccessServiceClient(hub.As("crm")).ListAccessesAsync(request ?? new() { PageSize = 200 })).Accesses];

    /// <summary>Without those of reading the log itself, oldest first.</summary>
    public static async Task<List<Access>> OfPersonsAsync(HubHost hub) => [.. (await ListAsync(hub)).Where(a => !a.Method.EndsWith("/ListAccesses", StringComparison.Ordinal)).Reverse()];

    public static CallInvoker Saying(this CallInvoker invoker, params (string Key, string Value)[] metadata) => invoker.Intercept(own =>
    {
        foreach (var (key, value) in metadata) own.Add(key, value);
        return own;
    });
}
