using Google.Protobuf.Reflection;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Partners;

/// <summary>Who may call what, for every RPC that the contract has: a new one is held to its scope without anybody thinking of it.</summary>
public sealed class AccessTests(Postgres postgres)
{
    /// <summary>What partners' servers implement is not the hub's.</summary>
    static readonly List<MethodDescriptor> Rpcs =
        [.. ContractFiles.All.SelectMany(f => f.Services).SelectMany(s => s.Methods).Where(m => AccessRules.ScopeOf(PathOf(m)) != "partner.server")];

    [Fact]
    public async Task Every_RPC_refuses_a_call_without_credentials_and_one_with_wrong_ones()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        string[] wrong = ["nonsense", "psr_", "psr_" + new string('A', 22) + "_" + new string('A', 43)];
        foreach (var rpc in Rpcs)
        {
            await HubError.OfAsync(ErrorReason.CredentialsMissing, StatusCode.Unauthenticated, () => CallAsync(hub.As(null), rpc));
            foreach (var key in wrong) await HubError.OfAsync(ErrorReason.CredentialsInvalid, StatusCode.Unauthenticated, () => CallAsync(hub.WithKey(key), rpc));
        }
    }

    [Theory]
    [InlineData("crm", null)]
    [InlineData("emploi", PartnerKind.Employment)]
    [InlineData("agence", PartnerKind.Housing)]
    [InlineData("ecole", PartnerKind.Schooling)]
    public async Task Every_RPC_is_served_to_who_holds_its_scope_and_refused_to_who_does_not(string caller, PartnerKind? kind)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var held = Scopes.Of(kind).ToHashSet();
        foreach (var rpc in Rpcs)
        {
            var scope = AccessRules.ScopeOf(PathOf(rpc))!;
            if (held.Contains(scope))
            {
                // An empty request: answered, or refused for what is missing in it. Never for who calls, never unserved, never a defect.
                var code = await CodeOfAsync(() => CallAsync(hub.As(caller), rpc));
                Assert.True(code is StatusCode.OK or StatusCode.InvalidArgument or StatusCode.DeadlineExceeded or StatusCode.FailedPrecondition, $"{caller} calling {rpc.FullName}: {code}");
            }
            else
            {
                var error = await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => CallAsync(hub.As(caller), rpc));
                Assert.Equal(scope, error.Metadata["scope"]);
            }
        }
    }

    [Fact]
    public void Every_scope_of_the_contract_is_held_by_somebody_and_every_scope_that_is_held_is_in_the_contract()
    {
        var declared = Rpcs.Select(r => AccessRules.ScopeOf(PathOf(r))!).ToHashSet();
        var held = Enum.GetValues<PartnerKind>().SelectMany(k => Scopes.Of(k)).Concat(Scopes.Of(null)).ToHashSet();
        Assert.Equal(declared.Order(), held.Order());
    }

    [Fact]
    public async Task A_key_that_is_revoked_or_expired_is_like_one_that_never_was()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var keys = new List<string>();
        await hub.QueryAsync(async db =>
        {
            var now = await db.NowAsync(CancellationToken.None);
            var (revoked, first) = Credential.IssueKey("crm-deux", null, now, null);
            revoked.Revoke(now);
            var (expiring, second) = Credential.IssueKey("crm-deux", null, now, now.AddMinutes(5));
            db.AddRange(revoked, expiring);
            keys.AddRange([first, second]);
            return await db.SaveChangesAsync();
        });
        await hub.Time.AdvanceAsync(TimeSpan.FromMinutes(6));
        foreach (var key in keys)
            await HubError.OfAsync(ErrorReason.CredentialsInvalid, StatusCode.Unauthenticated, async () => await new CaseService.CaseServiceClient(hub.WithKey(key)).ListCasesAsync(new()));
    }

    [Fact]
    public async Task A_key_is_nowhere_in_the_database()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var (credential, key) = Credential.IssueKey("crm-deux", null, TimeProvider.System.GetUtcNow(), null);
        await hub.QueryAsync(db => { db.Add(credential); return db.SaveChangesAsync(); });
        var dump = await hub.DumpAsync();
        Assert.Contains(credential.Id.ToString(), dump, StringComparison.Ordinal);
        Assert.DoesNotContain(key[^43..], dump, StringComparison.Ordinal);
        Assert.True(await hub.QueryAsync(db => db.Credentials.AnyAsync(c => c.Id == credential.Id)));
    }

    static string PathOf(MethodDescriptor rpc) => $"/{rpc.Service.FullName}/{rpc.Name}";

    static async Task<StatusCode> CodeOfAsync(Func<Task> call)
    {
        try { await call(); }
        catch (RpcException e) { return e.StatusCode; }
        return StatusCode.OK;
    }

    /// <summary>Calls any RPC with an empty request, as bytes; a stream is ended, or read until its first item.</summary>
    static async Task CallAsync(CallInvoker invoker, MethodDescriptor rpc)
    {
        var bytes = Marshallers.Create(b => b, b => b);
        var type = (rpc.IsClientStreaming, rpc.IsServerStreaming) switch
        {
            (false, false) => MethodType.Unary,
            (true, false) => MethodType.ClientStreaming,
            (false, true) => MethodType.ServerStreaming,
            (true, true) => MethodType.DuplexStreaming,
        };
        var method = new Method<byte[], byte[]>(type, rpc.Service.FullName, rpc.Name, bytes, bytes);
        var options = new CallOptions(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(20));
        switch (type)
        {
            case MethodType.Unary:
                await invoker.AsyncUnaryCall(method, null, options, []);
                break;
            case MethodType.ClientStreaming:
                using (var call = invoker.AsyncClientStreamingCall(method, null, options))
                {
                    await call.RequestStream.CompleteAsync();
                    await call;
                }

                break;
            case MethodType.ServerStreaming:
                using (var call = invoker.AsyncServerStreamingCall(method, null, options, [])) await call.ResponseStream.MoveNext(CancellationToken.None);
                break;
            case MethodType.DuplexStreaming:
                throw new NotSupportedException("The contract has no duplex stream yet.");
        }
    }
}
