using System.Diagnostics;
using System.Globalization;
using Passerelle.Benchmarks.Harness;
using Passerelle.Client;
using Passerelle.Contracts.Cases.V1;

namespace Passerelle.Benchmarks.Privacy;

/// <summary>`register.p99`: "who got what about this person" (ListDisclosures, a page of 200) beside so many disclosures of others; `register.recipients.p99`: "who knows this person" (ReportRecipients).
/// Each person that is asked about has 50 disclosures, and the page must hold them all.</summary>
static class Register
{
    const int Asked = 1000;
    const int OfEach = 50;
    const int Calls = 2000;
    const int InFlight = 8;

    public static async Task<Measurement> MeasureAsync(BenchOptions options, CancellationToken ct)
    {
        await using var sandbox = await Sandbox.StartAsync(ct, [], ["max_wal_size=8GB"]);
        using var hub = sandbox.ConnectAs("crm-demo");
        var persons = await OpenAsync(hub, ct);
        var began = Stopwatch.GetTimestamp();
        // Of 200,000 persons to 200 partners over three years, in the order of time as the hub writes them; every so many rows is of one of those that are asked about.
        await sandbox.ExecuteAsync(
            $"""
            create temporary table asked as select p.id, row_number() over (order by p.id) - 1 as n from persons p;
            set max_parallel_workers_per_gather = 0;
            insert into disclosures (id, person_id, partner_id, category, data, purpose, ground, exchange_id, channel, time)
            select (lpad(to_hex((extract(epoch from t.at) * 1000)::bigint), 12, '0') || '7' || substr(md5(i::text), 1, 3) || '8' || substr(md5(i::text), 4, 15))::uuid,
                coalesce(a.id, md5('person' || (i::bigint * 7919 % 200000))::uuid), 'partenaire-' || i % 200, 'enrolment_file', 'identity,contact,schooling', 'school_enrolment', 'public_task',
                md5('exchange' || i)::uuid, 'push', t.at
            from generate_series(1, {options.Disclosures}) i
            cross join lateral (select timestamptz '2024-01-01' + make_interval(secs => i * 94608000.0 / {options.Disclosures})) t (at)
            left join asked a on i % ({options.Disclosures} / ({Asked} * {OfEach})) = 0 and a.n = (i / ({options.Disclosures} / ({Asked} * {OfEach}))) % {Asked}
            """, ct);
        await sandbox.ExecuteAsync("vacuum analyze disclosures", ct);
        await sandbox.ExecuteAsync("checkpoint", ct);
        Progress.Say(FormattableString.Invariant($"  {options.Disclosures} disclosures in {Stopwatch.GetElapsedTime(began).TotalSeconds:0} s"));
        var (register, recipients) = (new List<double>(), new List<double>());
        var random = new Random(options.Seed);
        for (var run = 0; run <= options.Runs; run++)
        {
            var first = await P99Async(persons, random, async (person, stop) => Check((await hub.Disclosures.ListDisclosuresAsync(new() { Person = person, PageSize = 200 }, cancellationToken: stop)).Disclosures.Count), ct);
            var second = await P99Async(persons, random, async (person, stop) => Check((await hub.Disclosures.ReportRecipientsAsync(new() { Person = person }, cancellationToken: stop)).Recipients.Count > 0 ? OfEach : 0), ct);
            Progress.Say(FormattableString.Invariant($"  {(run == 0 ? "warm-up" : $"run {run}")}: p99 {first:0.0} ms, {second:0.0} ms"));
            if (run == 0) continue;
            register.Add(first);
            recipients.Add(second);
        }

        return new Measurement(
            [
                new Figure("register.p99", "ms", register, []) { Target = new(AtMost: 100), Counted = $"ListDisclosures of a page of 200, whole calls, {InFlight} in flight; {OfEach} disclosures each." },
                new Figure("register.recipients.p99", "ms", recipients, []) { Counted = "ReportRecipients of the same persons." },
            ],
            sandbox.Machine,
            new Dictionary<string, string> { ["disclosures"] = options.Disclosures.ToString(CultureInfo.InvariantCulture), ["calls"] = Calls.ToString(CultureInfo.InvariantCulture) });
    }

    static void Check(int found)
    {
        if (found < OfEach) throw new InvalidOperationException($"{found} disclosures were found where {OfEach} are.");
    }

    static async Task<double> P99Async(string[] persons, Random random, Func<string, CancellationToken, Task> ask, CancellationToken ct)
    {
        var order = Enumerable.Range(0, Calls).Select(_ => persons[random.Next(persons.Length)]).ToArray();
        var took = new double[Calls];
        await Parallel.ForAsync(0, Calls, new ParallelOptions { MaxDegreeOfParallelism = InFlight, CancellationToken = ct }, async (i, stop) =>
        {
            var began = Stopwatch.GetTimestamp();
            await ask(order[i], stop);
            took[i] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        });
        Array.Sort(took);
        return took[(int)(Calls * 0.99)];
    }

    static async Task<string[]> OpenAsync(PasserelleClient hub, CancellationToken ct)
    {
        var persons = new string[Asked];
        await Parallel.ForAsync(0, Asked, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = ct }, async (i, stop) =>
        {
            var household = new OpenCaseRequest { RequestId = hub.NewRequestId(), Members = { new Person { Role = Person.Types.Role.Adult, GivenName = "Camille", FamilyName = $"Essai {i}" } } };
            persons[i] = (await hub.Cases.OpenCaseAsync(household, cancellationToken: stop)).Case.Members[0];
        });
        return persons;
    }
}
