using Google.Protobuf.Reflection;
using Google.Rpc;
using Hangfire;
using Hangfire.AspNetCore;
using Hangfire.Logging;
using Hangfire.PostgreSql;
using Microsoft.Extensions.Options;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.Notifications;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Hub.Clocks.Reports;
using Passerelle.Hub.Employment;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Housing;
using Passerelle.Hub.Housing.Homes;
using Passerelle.Hub.Housing.Searches;
using Passerelle.Hub.Housing.Visits;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Partners.Drops;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Places;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Alarms;
using Passerelle.Hub.Platform.Chains;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;
using Passerelle.Hub.Privacy;
using Passerelle.Hub.Privacy.Accesses;
using Passerelle.Hub.Rights;
using Passerelle.Hub.Rights.Breaches;
using Passerelle.Hub.Rights.Retention;
using Passerelle.Hub.Schooling;

namespace Passerelle.Hub;

/// <summary>The hub, put together: read it as a table of contents.</summary>
public static class HubApp
{
    /// <param name="args">Configuration as --Section:Key=value; wins over environment and file.</param>
    /// <param name="adjust">For tests: the last word before the hub is built.</param>
    public static async Task<WebApplication> BuildAsync(string[] args, CancellationToken ct, Action<WebApplicationBuilder>? adjust = null)
    {
        // appsettings.json stands beside the program, wherever it is started from.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        var development = await DevelopmentDatabase.StartWhenNeededAsync(builder.Configuration, ct);
        var listen = builder.Configuration.GetSection("Listen").Get<ListenOptions>() ?? new ListenOptions();
        builder.WebHost.ConfigureKestrel(kestrel => Listening.Bind(kestrel, listen));
        AddHub(builder.Services, builder.Configuration);
        if (development is not null) builder.Services.AddSingleton(_ => development);
        adjust?.Invoke(builder);
        var app = builder.Build();
        // Asked for once, so that the container stops the database with the hub, and after it.
        if (development is not null) app.Services.GetRequiredService<DevelopmentDatabase>();
        Map(app);
        return app;
    }

    /// <summary>Migrates where that is ours to do, registers the demonstration, and serves.</summary>
    public static async Task StartHubAsync(this WebApplication app, CancellationToken ct)
    {
        // Asked for once: what is wrong with the keys is told now, not by the first call that needs one.
        app.Services.GetRequiredService<MasterKeys>();
        if (app.Services.GetService<DevelopmentDatabase>() is not null || app.Configuration.GetValue<bool>("Demo:Enabled")) await Storage.MigrateAsync(app.Services, ct);
        // And whether they are this database's. Where it is away, or not migrated yet, the node starts all the same and says that it is not ready.
        try { await app.Services.GetRequiredService<HubSecret>().DeriveAsync("start", ct); }
        catch (NpgsqlException) { }

        if (app.Configuration.GetValue<bool>("Demo:Enabled")) await Demonstration.RegisterAsync(app.Services, app.Configuration, ct);
        await app.StartAsync(ct);
    }

    static void AddHub(IServiceCollection services, IConfiguration configuration)
    {
        AddPlatform(services, configuration);
        AddJobs(services, configuration);

        // Privacy
        services.AddSingleton(PersonKey.AtRest);
        services.AddScoped<Vault>();
        services.AddSingleton<GateBook>();
        services.AddScoped<Gate>();
        services.AddScoped<AgreementDesk>();
        services.AddScoped<PersonLookups>();
        services.AddSingleton<KeyRotation>();
        services.AddSingleton(VaultAlarms.Unburied);
        services.AddSingleton<IAccessWriter, AccessWriter>();
        services.AddSingleton<AccessLog>();
        services.AddSingleton<IChain>(AccessEntry.Chain);

        // Partners
        services.AddOptions<LimitOptions>().BindConfiguration("Limits")
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<CallLimits>();
        services.AddSingleton<CallerDirectory>();
        services.AddSingleton<OpenStreams>();
        services.AddSingleton<CredentialDesk>();
        services.AddHostedService<CredentialWatch>();
        services.AddSingleton(SigningKey.AtRest);
        services.AddOptions<LaneOptions>().BindConfiguration("Lanes")
            .PostConfigure(o => o.ProbeSchedule = o.ProbeSchedule is [] ? LaneOptions.DefaultProbeSchedule : o.ProbeSchedule)
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<PushOptions>().BindConfiguration("Push")
            .PostConfigure(o => o.AllowedNetworks = configuration.GetValue<bool>("Demo:Enabled") ? [.. o.AllowedNetworks, .. Demonstration.PartnersNetworks] : o.AllowedNetworks)
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddScoped<PartnerDesk>();
        services.AddSingleton<PushAddresses>();
        services.AddSingleton<PushDirectory>();
        services.AddSingleton<PushCertificate>();
        services.AddSingleton<PushChannels>();
        services.AddOptions<DropOptions>().BindConfiguration("Drops")
            .ValidateDataAnnotations().ValidateOnStart();
        AddDueWork<TakeDrops>(services);

        // Clocks
        services.AddOptions<ResponseOptions>().BindConfiguration("Response")
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ClockPolicies>();
        services.AddScoped<ClockFiles>();
        services.AddScoped<ClockBook>();
        services.AddOptions<NotificationOptions>().BindConfiguration("Notifications")
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<Notifier>();
        services.AddSingleton<NotificationFeed>();
        services.AddSingleton(ClockAlarms.SweepLate);
        services.AddSingleton(ClockAlarms.Unreadable);
        services.AddScoped<ClockReport>();
        services.AddSingleton<PublicFigures>();
        AddDueWork<FireClocks>(services);
        AddDueWork<ForewarnPromises>(services);
        services.AddScoped<PolicyDesk>();
        AddDueWork<ChangePolicies>(services);

        // Exchanges
        services.AddOptions<DeliveryOptions>().BindConfiguration("Delivery")
            .PostConfigure(o => o.RetrySchedule = o.RetrySchedule is [] ? DeliveryOptions.DefaultRetrySchedule : o.RetrySchedule)
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ExchangeClaims>();
        services.AddSingleton<PullInbox>();
        services.AddSingleton<IPartnerTransport, PushTransport>();
        services.AddScoped<ExchangeDesk>();
        services.AddScoped<IDepartures, Departures>().AddScoped<Dispatch>();
        services.AddSingleton<Dispatcher>();
        AddDueWork<DeliverDue>(services);
        services.AddSingleton<LaneChanged>(provider => () => provider.GetRequiredService<Nudge<DeliverDue>>().Now());
        services.AddScoped<ExchangeVerbs>();
        services.AddSingleton<Replay>();
        services.AddSingleton<DrainReport>();
        AddDueWork<AuditExchanges>(services);
        AddDueWork<FollowLapses>(services);

        // Cases
        services.AddScoped<IReopenable, RequestReopening>();

        // Employment
        services.AddScoped<IExchangeKind, ReferralKind>();
        services.AddScoped<ICreation<NewReferral, Contracts.Employment.V1.CreateReferralResponse>, ReferralCreation>();
        services.AddSingleton<PartnerLoads>();
        services.AddScoped<ReferralFollowUp>();
        AddDueWork<ForewarnReferrals>(services);
        services.AddScoped<ILapseFollower>(provider => provider.GetRequiredService<ReferralFollowUp>());
        services.AddScoped<OfferBook>();

        // Housing
        services.AddOptions<FeedOptions>().BindConfiguration("Feeds")
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddScoped<FeedHolds>();
        services.AddScoped<FeedImport>();
        services.AddSingleton<IDropDoor, ListingDrops>();
        services.AddSingleton(FeedAlarms.Quiet);
        services.AddSingleton(FeedAlarms.Held);
        services.AddSingleton<ListingsChanged>(provider => () =>
        {
            provider.GetRequiredService<ChangeSignal>().Pulse();
            provider.GetRequiredService<Nudge<FollowListings<HomeBook>>>().Now();
            provider.GetRequiredService<Nudge<FollowListings<SearchFollower>>>().Now();
        });
        services.AddOptions<HomeOptions>().BindConfiguration("Homes")
            .ValidateDataAnnotations().ValidateOnStart();
        AddListingFollower<HomeBook>(services);
        AddListingFollower<SearchFollower>(services);
        AddDueWork<MatchSearches>(services);
        services.AddScoped<IExchangeKind, VisitRequestKind>();
        services.AddScoped<IExchangeKind, VisitReleaseKind>();
        services.AddScoped<VisitPlanning>();
        services.AddScoped<VisitPromises>();
        services.AddScoped<VisitDesk>();
        services.AddScoped<VisitCreation>();
        services.AddScoped<VisitSheets>();
        services.AddScoped<ILapseFollower, VisitFollowUp>();
        AddDueWork<SettleVisitDays>(services);
        services.AddOptions<VisitOptions>().BindConfiguration("Visits")
            .ValidateDataAnnotations().ValidateOnStart();
        services.AddTravelTimes();

        // Rights
        services.AddScoped<IExchangeKind, RecallKind>();
        services.AddScoped<ConsentGivers>();
        services.AddScoped<Stopping>();
        services.AddScoped<RecallDesk>();
        services.AddSingleton(CertificateKey.AtRest);
        services.AddScoped<Certificates>();
        services.AddScoped<RightsDesk>();
        services.AddScoped<PersonArchive>();
        services.AddScoped<Erasure>();
        services.AddScoped<IPersonalData, CasePersonalData>();
        services.AddScoped<IPersonalData, EmploymentPersonalData>();
        services.AddScoped<IPersonalData, SchoolingPersonalData>();
        services.AddScoped<IPersonalData, HousingPersonalData>();
        services.AddScoped<IPersonalData, RightsPersonalData>();
        services.AddSingleton(EscalateRecalls.Unanswered);
        AddDueWork<EscalateRecalls>(services);
        services.AddScoped<RetentionDesk>();
        AddDueWork<PurgeExpired>(services);
        services.AddSingleton<BreachPersons>();
        services.AddSingleton(Breach.Due);
        services.AddSingleton<IChain>(ConsentEntry.Ledger);

        // Schooling
        services.AddScoped<IExchangeKind, EnrolmentKind>();
    }

    static void AddPlatform(IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton(TimeProvider.System);
#pragma warning disable RS0030 // The one place that hands out randomness; tests put a seeded one in its place.
        services.AddSingleton(Random.Shared);
#pragma warning restore RS0030
        services.AddStorage(configuration.GetConnectionString("Hub")!);
        services.AddOptions<VaultOptions>().BindConfiguration("Vault");
        services.AddSingleton<MasterKeys>();
        services.AddSingleton(HubSecret.AtRest);
        services.AddSingleton<HubSecret>();
        services.AddScoped<RequestLedger>();
        services.AddSingleton(typeof(Gathering<,>));
        services.AddOptions<AnchorOptions>().BindConfiguration("Anchors");
        services.AddScoped<ChainVerifier>();
        services.AddSingleton<Anchorer>();
        services.AddHostedService(provider => provider.GetRequiredService<Anchorer>());
        services.AddScoped<EventFeed>();
        services.AddSingleton<ChangeSignal>();
        services.AddSingleton<WatchLoop>();
        services.AddGrpc(grpc =>
        {
            grpc.Interceptors.Add<ErrorInterceptor>();
            grpc.Interceptors.Add<CallerInterceptor>();
            grpc.Interceptors.Add<AccessInterceptor>();
        }).AddJsonTranscoding(json => json.TypeRegistry = TypeRegistry.FromFiles([ErrorDetailsReflection.Descriptor, .. ContractFiles.All]));
        services.AddOptions<Grpc.AspNetCore.Server.GrpcServiceOptions>().Configure<IOptions<LimitOptions>>((grpc, limits) => grpc.MaxReceiveMessageSize = limits.Value.MaxMessageBytes);
        services.AddGrpcReflection();
        services.AddSingleton<ErrorInterceptor>();
        services.AddSingleton<CallerInterceptor>();
        services.AddSingleton<AccessInterceptor>();
        // The first port answers before the last one listens: ready is when all do.
        services.AddSingleton<StartedHealth>();
        services.AddHealthChecks().AddCheck<StartedHealth>("started", tags: ["ready"]).AddCheck<StorageHealth>("storage", tags: ["ready"]);
        services.AddGrpcHealthChecks(health => health.Services.Map("", check => check.Tags.Contains("ready")));
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(r => r.AddService("passerelle-hub"))
            .WithMetrics(m => m.AddMeter(Telemetry.Name).AddAspNetCoreInstrumentation().AddRuntimeInstrumentation())
            .WithTracing(t => t.AddAspNetCoreInstrumentation().AddNpgsql());
        // The exporter's own variables (OTEL_EXPORTER_OTLP_...) say where to; without them nothing is sent.
        if (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 }) telemetry.UseOtlpExporter();
    }

    static void AddJobs(IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<JobOptions>().BindConfiguration("Jobs");
        services.AddSingleton<ILogProvider>(provider => new AspNetCoreLogProvider(provider.GetRequiredService<ILoggerFactory>()));
        var options = configuration.GetSection("Jobs").Get<JobOptions>() ?? new JobOptions();
        // Ours, in this container: Hangfire's defaults are statics, which two hubs in one process would take from each other.
        services.AddSingleton<JobStorage>(provider => new PostgreSqlStorage(
            new HangfireConnections(provider.GetRequiredService<NpgsqlDataSource>()),
            new PostgreSqlStorageOptions
            {
                SchemaName = "hangfire",
                // What this node enqueues wakes its workers at once; the poll is for what others enqueue and do not get done, which their watchdogs see to as well.
                QueuePollInterval = TimeSpan.FromSeconds(60),
                // A killed worker's job and locks come back within a minute instead of half an hour and ten minutes.
                UseSlidingInvisibilityTimeout = true,
                InvisibilityTimeout = TimeSpan.FromMinutes(1),
                DistributedLockTimeout = TimeSpan.FromMinutes(1),
            }));
        services.AddSingleton<JobActivator>(provider => new AspNetCoreJobActivator(provider.GetRequiredService<IServiceScopeFactory>()));
        services.AddSingleton<Watchman>();
        services.AddHostedService(provider => provider.GetRequiredService<Watchman>());
        services.AddHangfire((provider, hangfire) => hangfire
            .UseLogProvider(provider.GetRequiredService<ILogProvider>())
            .UseSimpleAssemblyNameTypeSerializer()
            .UseRecommendedSerializerSettings());
        if (!options.Server) return;
        services.AddHangfireServer(server =>
        {
            server.WorkerCount = options.Workers;
            server.SchedulePollingInterval = TimeSpan.FromSeconds(15);
            server.ShutdownTimeout = TimeSpan.FromSeconds(15);
        });
    }

    static void AddDueWork<TWork>(IServiceCollection services) where TWork : class, IDueWork
    {
        services.AddSingleton<TWork>();
        services.AddSingleton<Nudge<TWork>>();
        services.AddSingleton<Shift<TWork>>();
        services.AddHostedService<DueWorkKeeper<TWork>>();
    }

    /// <remarks>To be told in time, it is also nudged where ListingsChanged is registered.</remarks>
    static void AddListingFollower<TFollower>(IServiceCollection services) where TFollower : class, IListingFollower
    {
        services.AddScoped<TFollower>();
        AddDueWork<FollowListings<TFollower>>(services);
    }

    static void Map(WebApplication app)
    {
        app.UseProxies(app.Configuration.GetSection("Listen").Get<ListenOptions>() ?? new ListenOptions());
        app.Use(SecurityHeaders.AddAsync);
        app.MapGrpcService<CaseService>();
        app.MapGrpcService<RequestService>();
        app.MapGrpcService<ClockService>();
        app.MapGrpcService<NotificationService>();
        app.MapGrpcService<ClockReportService>();
        app.MapGrpcService<ClockPolicyService>();
        app.MapGrpcService<PolicyChangeService>();
        app.MapGrpcService<PurposeService>();
        app.MapGrpcService<AgreementService>();
        app.MapGrpcService<ConsentService>();
        app.MapGrpcService<RecallService>();
        app.MapGrpcService<PersonRightsService>();
        app.MapGrpcService<BreachService>();
        app.MapGrpcService<DisclosureService>();
        app.MapGrpcService<AccessService>();
        app.MapGrpcService<PartnerService>();
        app.MapGrpcService<ExchangeService>();
        app.MapGrpcService<InboxService>();
        app.MapGrpcService<CvService>();
        app.MapGrpcService<ReferralService>();
        app.MapGrpcService<OfferService>();
        app.MapGrpcService<DocumentService>();
        app.MapGrpcService<EnrolmentService>();
        app.MapGrpcService<FeedService>();
        app.MapGrpcService<ListingService>();
        app.MapGrpcService<HomeService>();
        app.MapGrpcService<PlaceService>();
        app.MapGrpcService<SearchService>();
        app.MapGrpcService<VisitDayService>();
        app.MapGrpcService<VisitRequestService>();
        app.MapGrpcService<OpeningHoursService>();
        app.MapGrpcReflectionService();
        app.MapGrpcHealthChecksService();
        PublicPage.Map(app);
        app.MapHealthChecks("/health/live", new() { Predicate = _ => false });
        app.MapHealthChecks("/health/ready", new() { Predicate = check => check.Tags.Contains("ready") });
        // From this machine only; ids are all it can show.
        app.MapHangfireDashboard(DashboardDoor.Path, new DashboardOptions { Authorization = [new DashboardDoor()] });
    }
}
