using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Privacy;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Privacy;

/// <summary>Finding a person by a contact that is nowhere to be read.</summary>
public sealed class PersonLookupsTests(Postgres postgres)
{
    [Fact]
    public async Task A_person_is_found_by_a_whole_address_or_number_however_it_is_written()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var first = await Household.OpenAsync(hub);
        var second = await Household.OpenAsync(hub);

        Assert.Equal([(second.FirstAdult, second.Case), (first.FirstAdult, first.Case)], await FindAsync(hub, new() { Email = " Marqueur-UN@Exemple.invalid" }));
        var all = (await FindAsync(hub, new() { Phone = "02.31.00.00.00" })).ToList();
        Assert.Equal(new[] { first.FirstAdult, first.SecondAdult, second.FirstAdult, second.SecondAdult }.Order(StringComparer.Ordinal), all.Select(m => m.Person).Order(StringComparer.Ordinal));
        FindPersonsRequest[] others =
            [new() { Email = "marqueur-un@exemple" }, new() { Email = "marqueur" }, new() { Email = "+33231000000" }, new() { Phone = "02 31 00 00 01" }, new() { Phone = "marqueur-un@exemple.invalid" }];
        foreach (var nothing in others)
            Assert.Empty(await FindAsync(hub, nothing));
    }

    [Fact]
    public async Task An_erased_person_is_not_found_any_more_and_others_are()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        await hub.DestroyAsync(household.FirstAdult);
        Assert.Empty(await FindAsync(hub, new() { Email = "marqueur-un@exemple.invalid" }));
        Assert.Equal([(household.SecondAdult, household.Case)], await FindAsync(hub, new() { Phone = "+33231000000" }));
    }

    [Fact]
    public async Task A_token_says_nothing_and_differs_from_hub_to_hub()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await using var other = await HubHost.StartAsync(postgres);
        await Household.OpenAsync(hub);
        await Household.OpenAsync(other);

        var tokens = await TokensAsync(hub);

        Assert.Equal(4, tokens.Count);
        Assert.All(tokens, t => Assert.Equal(2 * PersonLookups.TokenSize, t.Length));
        // Both adults have the same number, and addresses of their own.
        Assert.Equal(3, tokens.Distinct().Count());
        Assert.Empty(tokens.Intersect(await TokensAsync(other)));
    }

    [Fact]
    public async Task Equal_texts_have_different_tokens_in_different_fields()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var request = new OpenCaseRequest { RequestId = Household.NewId(), Members = { Household.AnAdult("UN"), Household.AnAdult("DEUX") } };
        await new CaseService.CaseServiceClient(hub.As("crm")).OpenCaseAsync(request);
        // As though somebody's address were digits: written past the checks of the call.
        var id = TestKeys.IdOf((await FindAsync(hub, new() { Email = "marqueur-un@exemple.invalid" })).Single().Person);
        await hub.ExecuteAsync($"delete from vault.person_lookups where person_id = '{id}'");
        await hub.WithAsync<IServiceProvider, int>(async services =>
        {
            await services.GetRequiredService<PersonLookups>().WriteAsync(id, "33231000000", "33231000000", TestContext.Current.CancellationToken);
            return await services.GetRequiredService<Hub.Persistence.HubDb>().SaveChangesAsync();
        });
        var lookups = await hub.QueryAsync(db => db.PersonLookups.Where(l => l.PersonId == id).ToListAsync());
        Assert.Equal(2, lookups.Select(l => Convert.ToHexString(l.Token)).Distinct().Count());
    }

    [Fact]
    public async Task One_contact_is_asked_for_and_only_by_the_service_itself()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        foreach (var request in (FindPersonsRequest[])[new(), new() { Email = "" }, new() { Phone = " " }, new() { Email = new string('a', 255) }, new() { Phone = new string('0', 31) }])
            await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => FindAsync(hub, request));
        foreach (var partner in (string[])["emploi", "agence", "ecole"])
            await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, async () => await new CaseService.CaseServiceClient(hub.As(partner)).FindPersonsAsync(new() { Email = "a@exemple.invalid" }));
    }

    /// <summary>A writer that was quicker is waited for, and what it has written goes too; one that is slower has nothing to refer to.</summary>
    [Fact]
    public async Task Nothing_leads_to_a_person_whose_key_is_destroyed_at_the_same_moment()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var household = await Household.OpenAsync(hub);
        var id = TestKeys.IdOf(household.Child);
        await using var connection = await hub.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        var insert = $"insert into vault.person_lookups (person_id, field, token) values ('{id}', 'email', '\\x{new string('0', 32)}')";
        await using (var write = new Npgsql.NpgsqlCommand(insert, connection, transaction))
            await write.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        var destroying = hub.DestroyAsync(household.Child);
        await Eventually.BecomesTrueAsync(async () => await WaitsAsync(hub), () => "The destruction does not wait for the writer.");
        await transaction.CommitAsync(TestContext.Current.CancellationToken);

        Assert.True(await destroying);
        Assert.False(await hub.QueryAsync(db => db.PersonLookups.AnyAsync(l => l.PersonId == id)));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => hub.ExecuteAsync(insert));
    }

    [Theory]
    [InlineData(LookupField.Email, " Élodie@Exemple.FR ", "élodie@exemple.fr")]
    [InlineData(LookupField.Email, "E\u0301lodie@exemple.fr", "élodie@exemple.fr")]
    [InlineData(LookupField.Email, "   ", null)]
    [InlineData(LookupField.Phone, "02 31 00 00 00", "33231000000")]
    [InlineData(LookupField.Phone, "02.31.00.00.00", "33231000000")]
    [InlineData(LookupField.Phone, "+33 2 31 00 00 00", "33231000000")]
    [InlineData(LookupField.Phone, "+33 (0)2 31 00 00 00", "33231000000")]
    [InlineData(LookupField.Phone, "0033 2-31-00-00-00", "33231000000")]
    [InlineData(LookupField.Phone, "+33 02 31 00 00 00", "33231000000")]
    [InlineData(LookupField.Phone, "02\u00a031\u202f00 00 00", "33231000000")]
    [InlineData(LookupField.Phone, "０２３１００００００", "33231000000")]
    [InlineData(LookupField.Phone, "+44 20 7946 0000", "442079460000")]
    [InlineData(LookupField.Phone, "0044 20 7946 0000", "442079460000")]
    [InlineData(LookupField.Phone, "3639", null)]
    [InlineData(LookupField.Phone, "", null)]
    [InlineData(LookupField.Phone, "02 31 00 00 00 poste 4", null)]
    [InlineData(LookupField.Phone, "02 31 +00 00 00", null)]
    [InlineData(LookupField.Phone, "+1234567890123456", null)]
    public void Ways_of_writing_come_down_to_one(LookupField field, string written, string? plain) => Assert.Equal(plain, Contacts.Normalize(field, written));

    static async Task<IEnumerable<(string Person, string Case)>> FindAsync(HubHost hub, FindPersonsRequest request) =>
        (await new CaseService.CaseServiceClient(hub.As("crm")).FindPersonsAsync(request)).Matches.Select(m => (m.Person, m.Case));

    static async Task<List<string>> TokensAsync(HubHost hub) => [.. (await hub.QueryAsync(db => db.PersonLookups.ToListAsync())).Select(l => Convert.ToHexString(l.Token))];

    static async Task<bool> WaitsAsync(HubHost hub)
    {
        await using var command = hub.Source.CreateCommand(
            "select exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%person_keys%')");
        return (bool)(await command.ExecuteScalarAsync())!;
    }
}
