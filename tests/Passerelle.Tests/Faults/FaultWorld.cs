using Grpc.Core;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Partners.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Faults;

/// <summary>A case with adults who may be referred to every employment partner.</summary>
sealed record ReferredHousehold(string Case, IReadOnlyList<string> Persons);

/// <summary>Two hubs on one database, push partners each behind a line of its own, one partner that pulls, and households to refer.</summary>
sealed class FaultWorld : IAsyncDisposable
{
    public const int Cases = 12;
    public const int PersonsPerCase = 3;
    public const int FaultyLanes = 6;

    /// <summary>The product's own lease, sweep and watchdog: they are what is measured. Only what makes a failed try wait is short, so that a schedule ends.</summary>
    static readonly string[] settings =
    [
        "Delivery:AttemptTimeout=00:00:03", "Delivery:PullLease=00:00:10", "Lanes:ProbeSchedule:0=00:00:02", .. Enumerable.Range(0, 60).Select(i => $"Delivery:RetrySchedule:{i}=00:00:03"),
    ];

    readonly Postgres postgres;
    readonly List<IAsyncDisposable> parts = [];

    public FaultWorld(Postgres postgres) => this.postgres = postgres;

    public FaultCluster Cluster { get; private set; } = null!;

    public IReadOnlyList<FaultNode> Nodes { get; private set; } = [];

    public Receipts Receipts { get; private set; } = null!;

    /// <summary>Push, and nothing ever happens to its line.</summary>
    public Lane Calm { get; private set; } = null!;

    /// <summary>Push, each with a line that can be harmed.</summary>
    public IReadOnlyList<Lane> Faulty { get; private set; } = [];

    public Lane Pull { get; private set; } = null!;

    public IReadOnlyList<ReferredHousehold> Households { get; private set; } = [];

    /// <summary>A schedule did not come to rest in it: what follows would be told by that one's remains.</summary>
    public bool IsSpent { get; set; }

    public static async Task<FaultWorld> StartAsync(Postgres postgres)
    {
        var world = new FaultWorld(postgres);
        try { await world.InitializeAsync(); }
        catch { await world.DisposeAsync(); throw; }
        return world;
    }

    async Task InitializeAsync()
    {
        Cluster = Keep(await FaultCluster.StartAsync(postgres.NewFolder()));
        Receipts = Keep(await Receipts.OpenAsync(await postgres.CloneAsync()));
        var partner = Keep(await RecordingPartner.StartAsync(Receipts));
        var calm = Keep(FaultProxy.To(partner.Port));
        Nodes = [.. ((string[])["A", "B"]).Select(name => Keep(new FaultNode(name, Cluster.ConnectionString, postgres.NewFolder(), calm.Port, settings)))];
        // The first migrates and registers the demonstration, the second finds both done.
        foreach (var node in Nodes) await node.StartAsync(TimeSpan.Zero);
        Calm = new Lane("emploi-demo", calm);
        Faulty = [.. Enumerable.Range(1, FaultyLanes).Select(i => new Lane($"agence-{i}", Keep(FaultProxy.To(partner.Port))))];
        foreach (var lane in Faulty) await RegisterAsync(lane);
        Pull = new Lane("interim-demo", null);
        Keep(ReadAt(Nodes[1]));
        Households = await Task.WhenAll(Enumerable.Range(0, Cases).Select(_ => OpenAsync()));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var part in Enumerable.Reverse(parts)) await part.DisposeAsync();
    }

    /// <summary>Restarts the nodes whose clocks are to be different now.</summary>
    public async Task SetClocksAsync(IReadOnlyList<TimeSpan> offsets)
    {
        foreach (var (node, offset) in Nodes.Zip(offsets))
        {
            if (node.ClockOffset == offset) continue;
            await node.Starting;
            await node.KillAsync();
            await node.StartAsync(offset);
        }
    }

    /// <summary>One more reader of the partner that pulls, for as long as it is kept.</summary>
    public PullReader ReadAt(FaultNode node) => new(node.Hub.GrpcAddress, node.Hub.KeyOf(Pull.Partner), Receipts);

    /// <returns>When, by the database's clock.</returns>
    public async Task<DateTimeOffset> SetPausedAsync(Lane lane, bool paused)
    {
        if (paused) return (await AskAnyNodeAsync(async o => (await o.PausePartnerAsync(new() { Name = $"partners/{lane.Partner}", Reason = "Inventory" })).Partner)).PauseTime.ToDateTimeOffset();
        // Before it: what leaves after this moment may leave.
        var before = await Cluster.NowAsync();
        await AskAnyNodeAsync(async o => (await o.ResumePartnerAsync(new() { Name = $"partners/{lane.Partner}" })).Partner);
        return before;
    }

    /// <summary>One may be down until the end; never both. Repeating what is asked here is harmless.</summary>
    async Task<Partner> AskAnyNodeAsync(Func<PartnerService.PartnerServiceClient, Task<Partner>> ask)
    {
        try { return await ask(new(Nodes[0].As("crm-demo"))); }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable) { return await ask(new(Nodes[1].As("crm-demo"))); }
    }

    /// <summary>A partner like the demonstration's, at the end of another line. The hub's command line does the same, one process for each.</summary>
    async Task RegisterAsync(Lane lane)
    {
        await Cluster.QueryAsync(
            """
            insert into partners select (jsonb_populate_record(p, jsonb_build_object('id', $1::text, 'display_name', $1::text, 'push_address', $2::text))).*
            from partners p where p.id = $3 returning id
            """, r => r.GetString(0), lane.Partner, $"http://127.0.0.1:{lane.Proxy!.Port}/", Calm.Partner);
        await Cluster.QueryAsync(
            "insert into lanes select (jsonb_populate_record(l, jsonb_build_object('partner_id', $1::text))).* from lanes l where l.partner_id = $2 returning partner_id",
            r => r.GetString(0), lane.Partner, Calm.Partner);
        await Cluster.QueryAsync(
            """
            insert into agreements select (jsonb_populate_record(a, jsonb_build_object('id', gen_random_uuid(), 'partner_id', $1::text))).* from agreements a
            where a.partner_id = $2 returning partner_id
            """, r => r.GetString(0), lane.Partner, Calm.Partner);
    }

    async Task<ReferredHousehold> OpenAsync()
    {
        var crm = Nodes[0].As("crm-demo");
        var open = new OpenCaseRequest { RequestId = Household.NewId(), Needs = { Need.Employment } };
        for (var i = 0; i < PersonsPerCase; i++) open.Members.Add(Household.AnAdult("UN"));
        var opened = (await new CaseService.CaseServiceClient(crm).OpenCaseAsync(open)).Case;
        foreach (var person in opened.Members)
        {
            await new ConsentService.ConsentServiceClient(crm).RecordConsentAsync(new()
            {
                RequestId = Household.NewId(), Consent = new() { Person = person, Purpose = Purpose.EmploymentReferral, TextVersion = "2026-09", Method = Consent.Types.Method.Signed },
            });
            await new CvService.CvServiceClient(crm).AttachCvAsync(new() { RequestId = Household.NewId(), Person = person, JsonResume = """{ "basics": { "name": "Exemple" } }""" });
        }

        return new ReferredHousehold(opened.Name, [.. opened.Members]);
    }

    T Keep<T>(T part) where T : IAsyncDisposable
    {
        parts.Add(part);
        return part;
    }
}

/// <summary>The way to one partner; without a proxy the partner pulls.</summary>
sealed record Lane(string Partner, FaultProxy? Proxy)
{
    public override string ToString() => Partner;
}
