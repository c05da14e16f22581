using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.AspNetCore.Server;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Security;

/// <summary>What a partner sees is PostgreSQL's word: no query has to remember to ask, and none can forget.</summary>
public sealed class RowSecurityTests(Postgres postgres)
{
    /// <summary>Tables that name a partner and are still nothing that partners read.</summary>
    static readonly HashSet<string> Hidden = ["agency_feeds", "audit.access_entries", "breaches", "clock_policy_offers", "consent_entries", "consents", "credentials", "disclosures", "policy_changes", "signing_keys"];

    [Fact]
    public async Task Every_table_shows_each_partner_its_own_rows_though_nobody_asks_for_them()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await SixPartners.FillAsync(hub);
        var partners = hub.Services.GetRequiredService<PartnerSource>();
        foreach (var (table, _) in PartnerRows.Visible)
        {
            var all = await RowsAsync(hub.Source.OpenConnectionAsync(), table);
            var seen = new Dictionary<string, HashSet<string>>();
            foreach (var partner in SixPartners.All) seen[partner] = await RowsAsync(partners.OpenAsync(partner, CancellationToken.None), table);
            // Each of two of a kind sees some, and none that anybody else does.
            Assert.True(seen.Values.Count(rows => rows.Count > 0) >= 2, $"Nobody sees anything of {table}: the test says nothing of it.");
            Assert.Equal(seen.Values.Sum(rows => rows.Count), seen.Values.SelectMany(rows => rows).Distinct().Count());
            Assert.Subset(all, seen.Values.SelectMany(rows => rows).ToHashSet());
            if (!await HasPartnerAsync(hub, table)) continue;
            foreach (var partner in SixPartners.All)
                Assert.Equal(await RowsAsync(hub.Source.OpenConnectionAsync(), $"(select * from {table} where partner_id = '{partner}')"), seen[partner]);
        }
    }

    [Fact]
    public async Task Who_was_not_told_who_looks_sees_nothing_at_all()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await SixPartners.FillAsync(hub);
        foreach (var (table, _) in PartnerRows.Visible)
        {
            await using var untold = await hub.Source.OpenConnectionAsync();
            await using var transaction = await untold.BeginTransactionAsync();
            await using (var become = new NpgsqlCommand($"set local role {PartnerRows.Role}", untold)) await become.ExecuteNonQueryAsync();
            await using var count = new NpgsqlCommand($"select count(*) from {table}", untold);
            Assert.Equal(0L, await count.ExecuteScalarAsync());
            Assert.Empty(await RowsAsync(hub.Services.GetRequiredService<PartnerSource>().OpenAsync("", CancellationToken.None), table));
        }
    }

    [Fact]
    public async Task The_role_reads_what_is_named_under_a_rule_and_nothing_else_and_writes_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await using var command = hub.Source.CreateCommand(
            $"""
            select case n.nspname when 'public' then c.relname else n.nspname || '.' || c.relname end, has_table_privilege('{PartnerRows.Role}', c.oid, 'select'), c.relrowsecurity and exists (select from pg_policy p where p.polrelid = c.oid),
                has_table_privilege('{PartnerRows.Role}', c.oid, 'insert, update, delete, truncate, references, trigger') or has_any_column_privilege('{PartnerRows.Role}', c.oid, 'insert, update'),
                exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'partner_id')
            from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname in ('public', 'vault', 'audit', 'hangfire') and c.relkind in ('r', 'p', 'v', 'm') and c.relname <> 'test_time'
            """);
        var (named, found) = (PartnerRows.Visible.Select(v => v.Table).ToHashSet(), new HashSet<string>());
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            var table = reader.GetString(0);
            found.Add(table);
            Assert.True(reader.GetBoolean(1) == named.Contains(table) && reader.GetBoolean(2) == named.Contains(table), $"{table}: what PartnerRows says and what the database does differ");
            Assert.False(reader.GetBoolean(3), $"{table} can be written");
            Assert.True(!reader.GetBoolean(4) || named.Contains(table) || Hidden.Contains(table), $"{table} has a partner: say in PartnerRows what of it is a partner's, or here that nothing is");
        }

        Assert.Subset(found, named.Concat(Hidden).ToHashSet());
        await using var role = hub.Source.CreateCommand($"select rolcanlogin or rolsuper or rolbypassrls or rolcreaterole or rolcreatedb from pg_roles where rolname = '{PartnerRows.Role}'");
        Assert.False((bool)(await role.ExecuteScalarAsync())!);
    }

    [Fact]
    public async Task Many_partners_on_two_connections_never_see_each_others()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await SixPartners.FillAsync(hub);
        await using var partners = new PartnerSource(hub.ConnectionString + ";Maximum Pool Size=2;No Reset On Close=true;Timeout=60", hub.Services.GetRequiredService<DbContextOptions<HubDb>>());
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async worker =>
        {
            var partner = SixPartners.All[worker % SixPartners.All.Length];
            for (var n = 0; n < 200; n++)
            {
                await using var db = partners.CreateContext(partner);
                Assert.Equal([partner], await db.Partners.AsNoTracking().Select(p => p.Id).ToListAsync());
                Assert.All(await db.Events.AsNoTracking().Select(e => e.PartnerId).ToListAsync(), seen => Assert.Equal(partner, seen));
                Assert.Equal([partner], await RowsAsync(partners.OpenAsync(partner, CancellationToken.None), "(select id from partners)", "t.id"));
            }
        }));
    }

    /// <summary>Every filter of every service is taken away at once: between the door and the services the partner turns into somebody who may see everything. What is left is what PostgreSQL shows.</summary>
    [Fact]
    public async Task With_all_filters_of_all_services_removed_every_reading_RPC_still_shows_a_partner_its_own_rows_only()
    {
        var forgetful = new ForgetsWhoCalls();
        await using var hub = await HubHost.StartAsync(postgres, services => services.AddSingleton(forgetful).Configure<GrpcServiceOptions>(grpc => grpc.Interceptors.Add<ForgetsWhoCalls>()));
        var world = await SixPartners.FillAsync(hub);
        forgetful.IsOn = true;
        var looked = new HashSet<string>();
        foreach (var partner in SixPartners.All)
        {
            var scopes = Scopes.Of(await hub.QueryAsync(db => db.Partners.Where(p => p.Id == partner).Select(p => p.Kind).SingleAsync())).ToHashSet();
            foreach (var rpc in AnyRpc.All.Where(r => AccessRules.Of(AnyRpc.PathOf(r))! is { OnlyReads: true } rule && scopes.Contains(rule.Scope) && r.Name != "WatchInbox"))
            {
                var rule = RpcRules.Of(rpc);
                foreach (var other in SixPartners.All.Where(p => p != partner))
                {
                    if (rule.About(world, other) is not { } json) continue;
                    var (answer, shown) = await AskAsync(rpc, hub.As(partner), json);
                    Assert.True(answer is StatusCode.OK or StatusCode.NotFound, $"{rpc.FullName} as {partner} of {other}: {answer}");
                    Assert.DoesNotContain(shown.Except(json.Split('"')), world.SecretsOfOthers(partner).ToHashSet().Contains);
                    if (rule.IsByName) Assert.Equal(StatusCode.NotFound, answer);
                    looked.Add(rpc.ShortName());
                    // Whoever may see everything gets it from the very same call: the filters are gone.
                    if (rule.IsByName && Scopes.Of(null).Contains(AccessRules.ScopeOf(AnyRpc.PathOf(rpc))!)) Assert.Equal(StatusCode.OK, (await AskAsync(rpc, hub.As("crm"), json)).Code);
                }

                // To an internal application GetReferral opens what is sealed: of a candidate, an agency's calls do not even see the key.
                if (rule.IsByName && rpc.Name != "GetReferral" && rule.About(world, partner) is { } own) Assert.Equal(StatusCode.OK, (await AskAsync(rpc, hub.As(partner), own)).Code);
            }
        }

        Assert.Superset(
            new HashSet<string>
            {
                "PartnerService.GetPartner", "PartnerService.ListPartners", "ExchangeService.GetExchange", "ExchangeService.ListExchanges", "ClockService.GetClock", "ClockService.ListClocks",
                "ClockService.ExplainClock", "ClockService.WatchClocks", "ClockReportService.ReportClocks", "ReferralService.GetReferral", "ReferralService.ListReferrals", "OfferService.GetOffer",
                "OfferService.ListOffers", "EnrolmentService.GetEnrolment", "EnrolmentService.ListEnrolments", "ListingService.GetListing", "ListingService.ListListings", "ListingService.WatchListings",
                "FeedService.GetImportReport", "FeedService.ListImportReports", "VisitRequestService.GetVisitRequest", "VisitRequestService.ListVisitRequests", "OpeningHoursService.GetOpeningHours",
            }, looked);
    }

    /// <summary>The same for what does something: the service takes the caller for the other partner, whose row it is; the door does not.</summary>
    [Fact]
    public async Task With_the_caller_mistaken_for_another_partner_no_verb_touches_or_shows_what_is_the_others()
    {
        var forgetful = new ForgetsWhoCalls();
        await using var hub = await HubHost.StartAsync(postgres, services => services.AddSingleton(forgetful).Configure<GrpcServiceOptions>(grpc => grpc.Interceptors.Add<ForgetsWhoCalls>()));
        var world = await SixPartners.FillAsync(hub);
        forgetful.IsOn = true;
        var tried = new HashSet<string>();
        var before = await hub.DumpAsync();
        foreach (var (partner, other) in SixPartners.All.Chunk(2).SelectMany(pair => new[] { (pair[0], pair[1]), (pair[1], pair[0]) }))
        {
            forgetful.TakesFor = other;
            foreach (var rpc in AnyRpc.All.Where(r => !AccessRules.Of(AnyRpc.PathOf(r))!.OnlyReads && RpcRules.Of(r).IsByName))
            {
                if (RpcRules.Of(rpc).About(world, other) is not { } json) continue;
                var (answer, shown) = await AskAsync(rpc, hub.As(partner), json);
                Assert.True(answer is StatusCode.NotFound or StatusCode.PermissionDenied, $"{rpc.FullName} as {partner} of {other}: {answer}");
                Assert.Empty(shown);
                if (answer == StatusCode.NotFound) tried.Add(rpc.ShortName());
            }
        }

        Assert.Equal(before, await hub.DumpAsync());
        Assert.Equal(
            ["DocumentService.DownloadDocument", "EnrolmentService.AnswerEnrolment", "InboxService.AcknowledgeExchange", "InboxService.ExtendExchangeLease", "InboxService.RejectExchange",
                "ListingService.WithdrawListing", "OfferService.WithdrawOffer", "RecallService.AnswerRecall", "ReferralService.AnswerReferral", "VisitRequestService.AnswerVisitRequest"],
            tried.Order());
    }

    static async Task<(StatusCode Code, List<string> Shown)> AskAsync(Google.Protobuf.Reflection.MethodDescriptor rpc, CallInvoker caller, string json)
    {
        try { return (StatusCode.OK, [.. (await rpc.CallAsync(caller, json)).SelectMany(item => item.Strings())]); }
        catch (RpcException e) { return (e.StatusCode, []); }
    }

    static async Task<HashSet<string>> RowsAsync(ValueTask<NpgsqlConnection> opening, string table, string column = "t::text")
    {
        await using var connection = await opening;
        await using var command = new NpgsqlCommand($"select {column} from {table} t", connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new HashSet<string>();
        while (await reader.ReadAsync()) rows.Add(reader.GetString(0));
        return rows;
    }

    static async Task<bool> HasPartnerAsync(HubHost hub, string table)
    {
        await using var command = hub.Source.CreateCommand("select exists (select from information_schema.columns where table_schema = 'public' and table_name = $1 and column_name = 'partner_id')");
        command.Parameters.Add(new() { Value = table });
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>Stands behind the door and in front of the services.</summary>
    sealed class ForgetsWhoCalls : Interceptor
    {
        public bool IsOn { get; set; }

        /// <summary>Null: an internal application, which sees everything.</summary>
        public string? TakesFor { get; set; }

        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Forget(context);
            return continuation(request, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(
            TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Forget(context);
            return continuation(request, responseStream, context);
        }

        void Forget(ServerCallContext context)
        {
            if (IsOn) context.SetCaller(context.Caller() with { PartnerId = TakesFor });
        }
    }
}
