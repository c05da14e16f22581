using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using ExchangeState = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;
using SettleVisitDays = Passerelle.Hub.Housing.Visits.SettleVisitDays;

namespace Passerelle.Tests.Housing.Visits;

/// <summary>What a person's word does to a day of visits: consents withdrawn, data restricted, the person erased.</summary>
public sealed class VisitRightsTests(Postgres postgres)
{
    [Fact]
    public async Task Without_consent_no_day_is_made_and_nothing_leaves()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);
        var day = await tour.CreateAsync();
        await hub.WithdrawAsync(tour.Consent);

        await hub.RunAsync<DeliverDue>();

        Assert.Empty(hub.Partner.Received);
        Assert.Equal((ExchangeState.Withdrawn, "CONSENT_MISSING"), ((await hub.ExchangeOfAsync(day.Visits[0])).State, (await hub.ExchangeOfAsync(day.Visits[0])).EndReason));
        await hub.RunAsync<SettleVisitDays>();
        Assert.Equal("Released: Released, Released, Released", await hub.StandingAsync(day));
        await hub.RunAsync<DeliverDue>();
        Assert.Empty(hub.Partner.Received);
        var error = await HubError.OfAsync(ErrorReason.ConsentMissing, StatusCode.FailedPrecondition, () => tour.CreateAsync());
        Assert.Equal((tour.Household.FirstAdult, "housing_visit", "partners/immo-1"), (error.Metadata["person"], error.Metadata["purpose"], error.Metadata["partner"]));
    }

    [Fact]
    public async Task A_consent_that_is_withdrawn_for_one_agency_takes_its_visit_and_no_other()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, agencies: 2);
        var own = await Tour.ConsentAsync(hub, tour.Household.FirstAdult, "partners/immo-2");
        await Tour.ConsentAsync(hub, tour.Household.FirstAdult, "partners/immo-1");
        await hub.WithdrawAsync(tour.Consent);
        var day = await tour.ConfirmedAsync();
        Assert.Equal("Confirmed: Confirmed, Confirmed", await hub.StandingAsync(day));

        await hub.WithdrawAsync(own);
        await hub.RunAsync<SettleVisitDays>();
        await hub.RunAsync<DeliverDue>();

        Assert.Equal("Confirmed: Confirmed, Released", await hub.StandingAsync(day));
        Assert.Equal("CONSENT_MISSING", (await tour.VisitAsync(day, 2)).ReleaseReason);
        // The agency is told that nobody comes, and to let go of what it got; why is not its to know.
        Assert.Equal(["visit_request", "visit_request", "recall", "visit_release"], hub.Partner.Received.Where(e => e.Kind == "recall" || e.Subject == tour.LastTo(2).Subject).Select(e => e.Kind));
        Assert.Equal("", (await hub.VisitRequests("immo-2").GetVisitRequestAsync(new() { Name = tour.LastTo(2).Subject })).VisitRequest.ReleaseReason);
        Assert.Equal(0, tour.CountTo(1, "visit_release"));
    }

    [Fact]
    public async Task Whose_data_is_restricted_has_slots_held_and_nothing_confirmed_until_that_is_lifted()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, agencies: 2);
        var day = await tour.AskedAsync();
        await Rights(hub).RestrictPersonAsync(new() { Name = tour.Household.FirstAdult });
        await hub.AnswerVisitAsync((await tour.OwnAsync(day, 1)).Accepted());
        await hub.AnswerVisitAsync((await tour.OwnAsync(day, 2)).Proposed((7, 1)));
        await hub.RunAsync<SettleVisitDays>();
        Assert.Equal(["asking", "accepted", "proposed"], await StatesAsync(hub));
        await Rights(hub).LiftRestrictionAsync(new() { Name = tour.Household.FirstAdult });
        await Rights(hub).RestrictPersonAsync(new() { Name = tour.Household.FirstAdult });

        await hub.AnswerVisitAsync((await tour.OwnAsync(day, 2)).Refused());
        await hub.RunAsync<DeliverDue>();

        Assert.Equal(["held", "accepted", "refused"], await StatesAsync(hub));
        Assert.Equal(2, hub.Partner.Received.Count);
        await Rights(hub).LiftRestrictionAsync(new() { Name = tour.Household.FirstAdult });
        await hub.RunAsync<SettleVisitDays>();
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(("Confirmed: Confirmed, Refused", 3), (await hub.StandingAsync(day), hub.Partner.Received.Count));
    }

    [Fact]
    public async Task Who_moves_a_confirmed_visit_of_a_restricted_person_leaves_the_others_held()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, agencies: 2);
        var day = await tour.ConfirmedAsync();
        await Rights(hub).RestrictPersonAsync(new() { Name = tour.Household.FirstAdult });
        await hub.AnswerVisitAsync((await tour.OwnAsync(day, 2)).Proposed((7, 1)));
        Assert.Equal(["asking", "accepted", "proposed"], await StatesAsync(hub));
        await Rights(hub).LiftRestrictionAsync(new() { Name = tour.Household.FirstAdult });

        await hub.RunAsync<SettleVisitDays>();
        await hub.RunAsync<DeliverDue>();

        Assert.Equal("Confirmed: Confirmed, Confirmed", await hub.StandingAsync(day));
        Assert.Equal((2, 3), (tour.CountTo(1, "visit_request"), tour.CountTo(2, "visit_request")));
    }

    [Fact]
    public async Task A_person_who_is_erased_comes_to_no_visit_and_every_agency_is_told()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, agencies: 2);
        var day = await tour.ConfirmedAsync();
        await Rights(hub).ErasePersonAsync(new() { Name = tour.Household.FirstAdult });

        await hub.RunAsync<SettleVisitDays>();
        await hub.RunAsync<SettleVisitDays>();
        await hub.RunAsync<DeliverDue>();

        Assert.Equal("Released: Released, Released", await hub.StandingAsync(day));
        var shown = await hub.VisitDays().GetVisitDayAsync(new() { Name = day.Name });
        Assert.Equal("PERSON_ERASED", shown.Day.ReleaseReason);
        Assert.Null(shown.Base);
        Assert.Empty(shown.AnswerMessages);
        Assert.Equal((1, 1), (tour.CountTo(1, "visit_release"), tour.CountTo(2, "visit_release")));
        Assert.Equal(2, hub.Partner.Received.Count(e => e.Kind == "recall"));
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.VisitDays().GetVisitDaySheetAsync(new() { Name = day.Name }).ResponseAsync);
    }

    [Fact]
    public async Task Persons_get_their_days_of_visits_in_their_archive()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, agencies: 1);
        await tour.ConfirmedAsync();
        var personId = Guid.Parse(tour.Household.FirstAdult["persons/".Length..]);
        var (whole, portable) = await hub.WithAsync<IServiceProvider, (string, string)>(async services =>
        {
            var ct = TestContext.Current.CancellationToken;
            var vault = (Passerelle.Hub.Privacy.Vault)services.GetService(typeof(Passerelle.Hub.Privacy.Vault))!;
            var data = new Passerelle.Hub.Housing.HousingPersonalData((Passerelle.Hub.Persistence.HubDb)services.GetService(typeof(Passerelle.Hub.Persistence.HubDb))!);
            var cipher = await vault.OpenAsync(personId, ct);
            return ((await data.ExportAsync(personId, cipher, portable: false, ct))!.Data.ToJsonString(), (await data.ExportAsync(personId, cipher, portable: true, ct))!.Data.ToJsonString());
        });
        Assert.Contains(Marker.Of("HOTEL"), whole, StringComparison.Ordinal);
        Assert.Contains(Marker.Of("ACCUEIL"), whole, StringComparison.Ordinal);
        Assert.Contains("\"etat\":\"confirmed\"", whole, StringComparison.Ordinal);
        Assert.DoesNotContain(Marker.Of("ACCUEIL"), portable, StringComparison.Ordinal);
    }

    static PersonRightsService.PersonRightsServiceClient Rights(HubHost hub) => new(hub.As("crm"));

    /// <summary>Of the only day: its state, and those of its visits by agency. As rows: of whom is restricted nothing is read.</summary>
    static Task<List<string>> StatesAsync(HubHost hub) => hub.QueryAsync(async db =>
        (List<string>)[Of((await db.VisitDays.SingleAsync()).State), .. (await db.VisitRequests.OrderBy(v => v.PartnerId).ToListAsync()).Select(v => Of(v.State))]);

    static string Of<T>(T state) where T : struct, Enum => Passerelle.Hub.Persistence.EnumText<T>.Of(state);
}
