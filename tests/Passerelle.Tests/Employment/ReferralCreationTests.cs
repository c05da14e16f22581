using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Hub.Employment;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Employment;

/// <summary>Referrals that are asked for at the same moment are written together, and each stands for itself all the same.</summary>
public sealed class ReferralCreationTests(Postgres postgres)
{
    const int Many = 24;

    [Fact]
    public async Task Many_that_are_asked_for_at_once_are_written_in_few_transactions()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidates = new List<Candidate>();
        for (var n = 0; n < Many; n++) candidates.Add(await Candidate.ReadyAsync(hub));

        var made = await Task.WhenAll(candidates.Select(c => c.ReferAsync()));

        Assert.Equal(Many, made.Select(m => m.Exchange).Distinct().Count());
        Assert.Equal(candidates.Select(c => c.Person), made.Select(m => m.Person));
        await using var transactions = hub.Source.CreateCommand("select count(distinct xmin::text) from referrals");
        Assert.InRange((long)(await transactions.ExecuteScalarAsync(TestContext.Current.CancellationToken))!, 1, Many / 2);
    }

    /// <summary>The plan is made when little is queued, and is still in use when much is.</summary>
    [Fact]
    public async Task What_must_be_known_of_each_is_looked_for_by_index()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await (await Candidate.ReadyAsync(hub)).ReferAsync();
        string[] once =
        [
            """
            insert into exchanges overriding user value
            select (jsonb_populate_record(e, jsonb_build_object(
                'id', gen_random_uuid(), 'subject', 'referrals/' || gen_random_uuid(), 'state', 'withdrawn', 'due_time', null, 'end_time', e.create_time, 'end_reason', 'MADE_UP'))).*
            from exchanges e cross join generate_series(1, 5000)
            """,
            "vacuum analyze",
        ];
        foreach (var sql in once) await hub.ExecuteAsync(sql);

        await using var scope = hub.Services.CreateAsyncScope();
        var question = ActivatorUtilities.CreateInstance<ReferralCreation>(scope.ServiceProvider).Question([new NewReferral(Guid.Empty, "emploi", "")]).CommandText;
        await using var connection = await hub.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        foreach (var sql in (string[])["set plan_cache_mode = force_generic_plan", $"prepare question (uuid[], text[], text[], text) as {question}"])
            await using (var command = new NpgsqlCommand(sql, connection)) await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        await using var explain = new NpgsqlCommand("explain execute question (null, null, null, null)", connection);
        await using var reader = await explain.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var plan = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken)) plan.Add(reader.GetString(0));

        Assert.DoesNotContain(plan, line => line.Contains("hashed", StringComparison.Ordinal) || line.Contains("Seq Scan on exchanges", StringComparison.Ordinal));
        Assert.Contains(plan, line => line.Contains("ix_exchanges_partner_id_topic", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_is_refused_refuses_none_of_the_others()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidates = new List<Candidate>();
        for (var n = 0; n < Many; n++) candidates.Add(n % 3 == 0 ? await Candidate.NewAsync(hub) : await Candidate.ReadyAsync(hub));

        var outcomes = await Task.WhenAll(candidates.Select(async c =>
        {
            try { return (await c.ReferAsync()).Person; }
            catch (RpcException e) { return e.StatusCode.ToString(); }
        }));

        Assert.Equal(candidates.Select((c, n) => n % 3 == 0 ? nameof(StatusCode.FailedPrecondition) : c.Person), outcomes);
        Assert.Equal(Many - (Many / 3), await hub.QueryAsync(db => db.Referrals.CountAsync()));
        // Who was refused leaves no mark: with a CV and a consent, the same call is made.
        Assert.Equal(Many - (Many / 3), await hub.QueryAsync(db => db.Set<RequestIdRow>().CountAsync(r => r.Method.EndsWith("CreateReferral"))));
    }

    [Fact]
    public async Task Of_two_of_one_person_that_come_together_the_later_takes_the_place_of_the_earlier()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var candidate = await Candidate.ReadyAsync(hub);
        var person = Guid.Parse(candidate.Person["persons/".Length..]);
        await using (var scope = hub.Services.CreateAsyncScope())
        {
            var creation = scope.ServiceProvider.GetRequiredService<ICreation<NewReferral, CreateReferralResponse>>();
            var replies = await scope.ServiceProvider.GetRequiredService<RequestLedger>().OnceAsync(
                [(Mark(), new NewReferral(person, Candidate.Push, "")), (Mark(), new NewReferral(person, Candidate.Push, ""))], creation, TestContext.Current.CancellationToken);
            Assert.All(replies, r => Assert.IsType<Reply<CreateReferralResponse>.Given>(r));
        }

        var exchanges = await hub.QueryAsync(db => db.Exchanges.OrderBy(e => e.Sequence).ToListAsync());
        Assert.Equal([(ExchangeState.Withdrawn, Exchange.Superseded), (ExchangeState.Queued, null)], exchanges.Select(e => (e.State, e.EndReason)));
        Assert.Equal(exchanges[1].Id, exchanges[0].SupersededBy);

        static CallMark Mark() => new("crm", Guid.Parse(Household.NewId()), "/passerelle.employment.v1.ReferralService/CreateReferral", [1]);
    }

    [Fact]
    public async Task Equal_ones_that_come_together_are_made_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var request = (await Candidate.ReadyAsync(hub)).Referring();

        var made = await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => hub.Referrals().CreateReferralAsync(request).ResponseAsync));

        Assert.Single(made.Distinct());
        Assert.Equal(1, await hub.QueryAsync(db => db.Exchanges.CountAsync()));
    }
}
