using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Passerelle.Benchmarks.Harness;
using Passerelle.Client;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Privacy;
using Purpose = Passerelle.Contracts.Privacy.V1.Purpose;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>What the exchange benchmarks play on: the hub, partners that take what they get, and persons whose CVs may be sent to all of them.</summary>
sealed class Stage : IAsyncDisposable
{
    /// <summary>Partners that the load is sent to: banc-01 to banc-50.</summary>
    public const int Partners = 50;

    /// <summary>A generator on one connection would measure the connection.</summary>
    const int Connections = 4;

    const int SetUpInFlight = 16;

    /// <summary>The hub as it is, everything on; what it limits is said, not left out.</summary>
    static readonly string[] HubSettings = ["Lanes:MaxPerSecond=100", "Lanes:MaxInFlight=16"];

    readonly PasserelleClient[] clients;

    Stage(Sandbox sandbox, Hall hall, PasserelleClient[] clients) => (Sandbox, Hall, this.clients) = (sandbox, hall, clients);

    public Sandbox Sandbox { get; }

    public Hall Hall { get; }

    /// <summary>As the caller that may create referrals; each on its own connection.</summary>
    public IReadOnlyList<PasserelleClient> Clients => clients;

    /// <summary>Resource names.</summary>
    public string[] Persons { get; private set; } = [];

    /// <param name="moreDoors">Partners beyond those of the load, from banc-51 on.</param>
    /// <param name="commitTimes">Have PostgreSQL note when each transaction was committed.</param>
    /// <param name="statements">Have PostgreSQL count statements by their text (pg_stat_statements): what it costs is part of the figures.</param>
    /// <param name="program">Instead of the hub, see Sandbox.</param>
    public static async Task<Stage> StartAsync(BenchOptions options, CancellationToken ct, int moreDoors = 0, bool commitTimes = false, bool statements = false, params string[] program)
    {
        // With this prefix ClaimLog knows lines by their backend.
        var sandbox = await Sandbox.StartAsync(ct, HubSettings, ["log_line_prefix=%m [%p] ", $"track_commit_timestamp={(commitTimes ? "on" : "off")}", .. statements ? ["shared_preload_libraries=pg_stat_statements"] : (string[])[]], program);
        Hall? hall = null;
        try
        {
            hall = await Hall.StartAsync(sandbox.Folder, Partners + moreDoors, ct);
            var stage = new Stage(sandbox, hall, [.. Enumerable.Range(0, Connections).Select(_ => sandbox.ConnectAs("crm-demo"))]);
            if (statements) await sandbox.ExecuteAsync("create extension pg_stat_statements", ct);
            await stage.RegisterPartnersAsync(ct);
            Progress.Say($"  {options.Persons} persons");
            await stage.OpenCasesAsync(options, ct);
            await stage.TidyAsync(ct);
            return stage;
        }
        catch
        {
            if (hall is not null) await hall.DisposeAsync();
            await sandbox.DisposeAsync();
            throw;
        }
    }

    public static string PartnerId(int index) => $"banc-{index + 1:00}";

    /// <summary>The hub again, as it was.</summary>
    public Task StartHubAsync(CancellationToken ct) => Sandbox.StartHubAsync(HubSettings, ct);

    public const string GivenName = "Camille";

    public static string FamilyName(int person) => $"Essai {person}";

    public static string Email(int person) => $"essai-{person}@exemple.invalid";

    /// <summary>As the hub's own code sees the database.</summary>
    public HubDb OpenDb()
    {
        var options = new DbContextOptionsBuilder<HubDb>();
        Storage.Configure(options, Sandbox.Source);
        return new HubDb(options.Options);
    }

    /// <summary>Now, and not by autovacuum or a checkpoint while it is measured.</summary>
    public async Task TidyAsync(CancellationToken ct)
    {
        await Sandbox.ExecuteAsync("vacuum analyze", ct);
        await Sandbox.ExecuteAsync("checkpoint", ct);
    }

    /// <summary>Holds back what is for some partners, or lets it go.</summary>
    public Task PauseAsync(bool paused, IEnumerable<int> partners, CancellationToken ct) => Sandbox.ExecuteAsync(
        "update lanes set pause_time = case when $1 then hub_now() end, pause_reason = case when $1 then 'benchmark' end where partner_id = any($2)",
        ct, paused, partners.Select(PartnerId).ToArray());

    /// <summary>For whoever reads the figures.</summary>
    public IReadOnlyDictionary<string, string> Describe(params (string Name, double Value)[] load)
    {
        var settings = HubSettings.Select(s => s.Split('=')).ToDictionary(s => s[0], s => s[1]);
        foreach (var (name, value) in (IEnumerable<(string Name, double Value)>)[("partners", Partners), ("persons", Persons.Length), .. load])
            settings[name] = value.ToString(CultureInfo.InvariantCulture);
        return settings;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in clients) client.Dispose();
        // First who sends, then who receives.
        await Sandbox.StopHubAsync();
        await Hall.DisposeAsync();
        await Sandbox.DisposeAsync();
    }

    async Task RegisterPartnersAsync(CancellationToken ct)
    {
        await using var db = OpenDb();
        var now = await db.NowAsync(ct);
        for (var i = 0; i < Hall.Addresses.Count; i++)
        {
            db.Partners.Add(Partner.Register(PartnerId(i), $"Banc {i + 1}", PartnerKind.Employment, Hall.Addresses[i], now));
            db.Agreements.Add(Agreement.Sign(PartnerId(i), AgreementRole.Controller, [Hub.Privacy.Purpose.EmploymentReferral], Enum.GetValues<DataCategory>(), "BANC", now, now.AddYears(1), now));
        }

        await db.SaveChangesAsync(ct);
    }

    /// <summary>One adult each, with a CV, who lets every employment partner see it.</summary>
    async Task OpenCasesAsync(BenchOptions options, CancellationToken ct)
    {
        var persons = new string[options.Persons];
        await Parallel.ForAsync(0, persons.Length, new ParallelOptions { MaxDegreeOfParallelism = SetUpInFlight, CancellationToken = ct }, async (i, stop) =>
        {
            var hub = clients[i % clients.Length];
            var household = new OpenCaseRequest { RequestId = hub.NewRequestId(), Needs = { Need.Employment } };
            household.Members.Add(new Contracts.Cases.V1.Person { Role = Contracts.Cases.V1.Person.Types.Role.Adult, GivenName = GivenName, FamilyName = FamilyName(i), Email = Email(i) });
            var person = (await hub.Cases.OpenCaseAsync(household, cancellationToken: stop)).Case.Members[0];
            await hub.Cvs.AttachCvAsync(new() { RequestId = hub.NewRequestId(), Person = person, JsonResume = GeneratedCv.Write(options.Seed, i) }, cancellationToken: stop);
            var consent = new Contracts.Privacy.V1.Consent { Person = person, Purpose = Purpose.EmploymentReferral, TextVersion = "banc", Method = Contracts.Privacy.V1.Consent.Types.Method.Online };
            await hub.Consents.RecordConsentAsync(new() { RequestId = hub.NewRequestId(), Consent = consent }, cancellationToken: stop);
            persons[i] = person;
        });
        Persons = persons;
    }
}
