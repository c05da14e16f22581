using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Security;

/// <summary>Every RPC by every kind of caller, on what is another's and on what does not exist: nobody can tell the two apart. The RPCs come from the descriptors, so a new one takes part by itself.</summary>
public sealed class AccessMatrixTests(Postgres postgres)
{
    const string UnknownKey = "psr_AAAAAAAAAAAAAAAAAAAAAA_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    [Fact]
    public void Every_RPC_has_a_rule_and_every_rule_an_RPC() => Assert.Equal(AnyRpc.All.Select(AnyRpc.ShortName).Order(StringComparer.Ordinal), RpcRules.Names.Order(StringComparer.Ordinal));

    [Fact]
    public async Task What_is_anothers_and_what_does_not_exist_get_the_same_answer_from_every_RPC_and_nothing_leaks()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var world = await SixPartners.FillAsync(hub);
        await hub.Time.FreezeAsync(TimeProvider.System.GetUtcNow());
        var before = await hub.DumpAsync();
        var compared = 0;
        foreach (var (caller, invoker, partner) in Callers(hub))
        {
            foreach (var rpc in AnyRpc.All.Where(r => RpcRules.Of(r).NamesSomething))
            {
                var rule = RpcRules.Of(rpc);
                foreach (var other in SixPartners.All.Where(p => p != partner))
                {
                    if (rule.About(world, other) is not { } theirs) continue;
                    var (asked, nothing) = (await AskAsync(rpc, invoker, theirs), rule.AboutNothing());
                    var answer = await AskAsync(rpc, invoker, nothing);
                    Assert.True(asked.Without(theirs) == answer.Without(nothing), $"{rpc.ShortName()} as {caller}, on {theirs}:\n{asked}\non what does not exist:\n{answer}");
                    Assert.DoesNotContain(asked.Shown.Except(theirs.Split('"')), world.SecretsOfOthers(partner ?? "").ToHashSet().Contains);
                    compared++;
                }
            }
        }

        Assert.True(compared > 1_500, $"Only {compared} pairs were compared.");
        Assert.Equal(before, await hub.DumpAsync());
    }

    [Fact]
    public async Task What_names_nothing_shows_a_partner_nothing_of_another()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var world = await SixPartners.FillAsync(hub);
        foreach (var (caller, invoker, partner) in Callers(hub))
            foreach (var rpc in AnyRpc.All.Where(r => !RpcRules.Of(r).NamesSomething))
            {
                var answer = await AskAsync(rpc, invoker, RpcRules.Of(rpc).AboutNothing());
                if (partner is null || !Holds(partner, rpc)) Assert.True(answer.Code is StatusCode.Unauthenticated or StatusCode.PermissionDenied, $"{rpc.ShortName()} as {caller}: {answer}");
                Assert.DoesNotContain(answer.Shown, world.SecretsOfOthers(partner ?? "").ToHashSet().Contains);
            }
    }

    /// <summary>Else the two tests above would say nothing: what is one's own is there, and looks different from nothing.</summary>
    [Fact]
    public async Task What_is_ones_own_is_there()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var world = await SixPartners.FillAsync(hub);
        foreach (var partner in SixPartners.All)
            foreach (var rpc in AnyRpc.All.Where(r => Holds(partner, r) && RpcRules.Of(r).NamesSomething && AccessRules.Of(AnyRpc.PathOf(r))!.OnlyReads))
            {
                if (RpcRules.Of(rpc).About(world, partner) is not { } own) continue;
                var answer = await AskAsync(rpc, hub.As(partner), own);
                Assert.True(answer.Code == StatusCode.OK, $"{rpc.ShortName()} as {partner} on its own {own}: {answer}");
                // Watches may begin with a checkpoint, while an older transaction of another test's is still running.
                // An agency has listings and no exchanges.
                var hasNone = rpc.Service.Name is "ExchangeService" or "ClockService" or "ClockReportService" && world.Find(partner, "exchanges") is null;
                Assert.True(rpc.IsServerStreaming || hasNone || answer.Shown.Any(world.SecretsOf(partner).Contains), $"{rpc.ShortName()} as {partner} shows nothing of its own {own}");
            }
    }

    static IEnumerable<(string Name, CallInvoker Invoker, string? Partner)> Callers(HubHost hub) =>
    [
        .. SixPartners.All.Select(p => (p, hub.As(p), (string?)p)),
        ("nobody", hub.As(null), null),
        ("a wrong key", hub.WithKey(UnknownKey), null),
    ];

    static bool Holds(string partner, MethodDescriptor rpc) => Scopes.Of(partner switch
    {
        "emploi" or "interim" => PartnerKind.Employment,
        "agence" or "agence-deux" => PartnerKind.Housing,
        "ecole" or "ecole-deux" => PartnerKind.Schooling,
        _ => throw new ArgumentOutOfRangeException(nameof(partner)),
    }).Contains(AccessRules.ScopeOf(AnyRpc.PathOf(rpc))!);

    static async Task<Answer> AskAsync(MethodDescriptor rpc, CallInvoker caller, string json)
    {
        try
        {
            var items = await rpc.CallAsync(caller, json);
            // Where a feed ends is a matter of moments, not of who asks.
            foreach (var item in items) item.Descriptor.FindFieldByName("cursor")?.Accessor.Clear(item);
            return new Answer(StatusCode.OK, string.Join('\n', items.Select(item => JsonFormatter.Default.Format(item))), [.. items.SelectMany(i => i.Strings())]);
        }
        catch (RpcException e)
        {
            var error = HubError.Of(e);
            return new Answer(e.StatusCode, $"{error.Reason} {e.Status.Detail} {string.Join(' ', error.Metadata.Select(m => $"{m.Key}={m.Value}"))} {string.Join(' ', error.Fields)} {error.RetryDelay}", []);
        }
    }

    sealed record Answer(StatusCode Code, string Text, IReadOnlyList<string> Shown)
    {
        /// <summary>Whatever of the request is repeated is not part of the answer.</summary>
        public string Without(string request) => request.Split('"').Where(word => word.Contains('/', StringComparison.Ordinal)).Aggregate($"{Code} {Text}", (text, word) => text.Replace(word, "NAME", StringComparison.Ordinal));
    }
}
