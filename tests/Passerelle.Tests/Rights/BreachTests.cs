using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Platform.Alarms;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Exchanges;
using Passerelle.Tests.Support;
using Outcome = Passerelle.Contracts.Privacy.V1.Breach.Types.Outcome;

namespace Passerelle.Tests.Rights;

/// <summary>Whom something that leaked touches, and until when the authority must know.</summary>
public sealed class BreachTests(Postgres postgres)
{
    static readonly DateTimeOffset Start = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task A_partner_that_leaked_touches_everybody_whose_data_it_had_at_some_moment_of_the_span()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var (before, letGo, after) = (await SentAsync(hub), await SentAsync(hub), (Candidate?)null);
        var elsewhere = await Candidate.ReadyAsync(hub);
        await elsewhere.ReferAsync(Candidate.Pull);
        await Referring.ItemsAsync(hub);
        // One that it has let go before the span begins.
        await hub.Consents().WithdrawConsentAsync(new() { Name = (await hub.Consents().ListConsentsAsync(new() { Person = letGo.Person })).Consents[0].Name });
        await hub.RunAsync<DeliverDue>();
        var notice = hub.Partner.Received.Last().Payload.Unpack<RecallNotice>().Name;
        await new RecallService.RecallServiceClient(hub.As("emploi")).AnswerRecallAsync(new() { RequestId = Household.NewId(), Name = notice, Outcome = RecallOutcome.Done });
        await hub.Time.FreezeAsync(Start.AddDays(10));
        after = await SentAsync(hub);

        var breach = await FileAsync(hub, new() { Partner = "partners/emploi", StartTime = At(1), EndTime = At(9) });
        Assert.Equal([before.Person], await PersonsAsync(hub, breach));
        Assert.Equal(new[] { before.Person, after.Person }.Order(), await PersonsAsync(hub, await FileAsync(hub, new() { Partner = "partners/emploi", StartTime = At(1), EndTime = At(11) })));
        Assert.Equal(new[] { before.Person, letGo.Person }.Order(), await PersonsAsync(hub, await FileAsync(hub, new() { Partner = "partners/emploi", StartTime = At(-1), EndTime = At(1) })));
        Assert.Equal(1, (await Breaches(hub).GetBreachAsync(new() { Name = breach.Name })).PersonCount);
        Assert.Equal(["Identity", "Contact", "Career", "Statement"], (await Breaches(hub).ListBreachPersonsAsync(new() { Name = breach.Name })).Persons[0].Data.Select(d => d.ToString()));
    }

    [Fact]
    public async Task A_key_that_leaked_touches_those_who_were_read_with_it_and_a_master_key_everybody()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var (read, unread) = (await Household.OpenAsync(hub), await Household.OpenAsync(hub));
        await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = read.Case });
        string[] members = [read.FirstAdult, read.SecondAdult, read.Child];
        Assert.Equal(members.Order(), await PersonsAsync(hub, await FileAsync(hub, new() { Caller = "crm", StartTime = At(-1), EndTime = At(1) })));
        Assert.Empty(await PersonsAsync(hub, await FileAsync(hub, new() { Caller = "crm", StartTime = At(-2), EndTime = At(-1) })));
        var master = await hub.QueryAsync(db => db.Database.SqlQuery<string>($"select master_id as \"Value\" from vault.person_keys limit 1").SingleAsync());
        Assert.Equal(6, (await PersonsAsync(hub, await FileAsync(hub, new() { MasterKey = master, StartTime = At(-1), EndTime = At(1) }))).Count());
        Assert.NotEqual(read.Case, unread.Case);
    }

    [Fact]
    public async Task The_authority_must_know_within_72_hours_and_an_alarm_says_so_a_day_before()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.Contains("breach_due", StringComparison.Ordinal);
        await hub.Time.FreezeAsync(Start);
        var breach = await FileAsync(hub, new() { Partner = "partners/emploi", StartTime = At(-2), EndTime = At(-1), FindTime = Timestamp.FromDateTimeOffset(Start.AddHours(-2)) });
        Assert.Equal(Start.AddHours(70), breach.DueTime.ToDateTimeOffset());
        await hub.Time.FreezeAsync(Start.AddHours(46));
        Assert.False(await IsAlarmedAsync(hub));
        await hub.Time.FreezeAsync(Start.AddHours(46).AddSeconds(1));
        Assert.True(await IsAlarmedAsync(hub));
        var closed = (await Breaches(hub).CloseBreachAsync(new() { Name = breach.Name, Outcome = Outcome.Notified })).Breach;
        Assert.Equal(closed, (await Breaches(hub).CloseBreachAsync(new() { Name = breach.Name, Outcome = Outcome.Notified })).Breach);
        await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => Breaches(hub).CloseBreachAsync(new() { Name = breach.Name, Outcome = Outcome.Documented }).ResponseAsync);
        Assert.False(await IsAlarmedAsync(hub));
        Assert.Equal(breach.Name, Assert.Single((await Breaches(hub).ListBreachesAsync(new())).Breaches).Name);
    }

    [Fact]
    public async Task What_a_breach_cannot_be_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await RefusedAsync(new(), "breach.source", "breach.start_time", "breach.end_time");
        await RefusedAsync(new() { Partner = "emploi", StartTime = At(1), EndTime = At(1) }, "breach.partner", "breach.end_time");
        await RefusedAsync(new() { Caller = "crm", StartTime = At(0), EndTime = At(1), FindTime = new() { Seconds = 32503680000 } }, "breach.find_time");
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => FileAsync(hub, new() { Partner = "partners/nobody", StartTime = At(0), EndTime = At(1) }));

        async Task RefusedAsync(Breach breach, params string[] fields) =>
            Assert.Equal(fields, (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => FileAsync(hub, breach))).Fields);
    }

    static async Task<Candidate> SentAsync(HubHost hub)
    {
        var candidate = await Candidate.ReadyAsync(hub);
        await candidate.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        return candidate;
    }

    static async Task<bool> IsAlarmedAsync(HubHost hub)
    {
        var watchman = hub.Services.GetRequiredService<Watchman>();
        for (var i = 0; i < 2; i++) await watchman.LookAsync(TestContext.Current.CancellationToken);
        return await hub.QueryAsync(db => db.Alarms.AnyAsync(a => a.Name == "breach_due" && a.ClearTime == null));
    }

    static Timestamp At(int days) => Timestamp.FromDateTimeOffset(Start.AddDays(days));

    static BreachService.BreachServiceClient Breaches(HubHost hub) => new(hub.As("crm"));

    static async Task<Breach> FileAsync(HubHost hub, Breach breach) => (await Breaches(hub).FileBreachAsync(new() { RequestId = Household.NewId(), Breach = breach })).Breach;

    static async Task<IEnumerable<string>> PersonsAsync(HubHost hub, Breach breach) => (await Breaches(hub).ListBreachPersonsAsync(new() { Name = breach.Name })).Persons.Select(p => p.Person).Order();
}
