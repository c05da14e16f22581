using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Tests.Support;
using static Passerelle.Tests.Employment.JobOffers;

namespace Passerelle.Tests.Employment;

public sealed class OfferTests(Postgres postgres)
{
    [Fact]
    public async Task An_offer_is_given_back_as_it_was_sent()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        foreach (var sent in (Offer[])[AnOffer("MINCE"), AWholeOffer("ENTIERE")])
        {
            var stored = await hub.UpsertAsync(sent);

            Assert.Equal(stored, (await hub.Offers("crm").GetOfferAsync(new() { Name = stored.Name })).Offer);
            Assert.Equal(("partners/emploi", Offer.Types.State.Open, stored.CreateTime), (stored.Partner, stored.State, stored.UpdateTime));
            (stored.Name, stored.Partner, stored.State, stored.CreateTime, stored.UpdateTime) = ("", "", 0, null, null);
            Assert.Equal(sent, stored);
        }
    }

    [Fact]
    public async Task An_offer_of_a_known_reference_replaces_it_and_keeps_its_name()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var first = await hub.UpsertAsync(AnOffer("A"));
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(1));

        Assert.Equal(first, await hub.UpsertAsync(AnOffer("A")));
        var changed = await hub.UpsertAsync(AnOffer("A", "Chaudronnier"));

        Assert.Equal((first.Name, first.CreateTime, "Chaudronnier"), (changed.Name, changed.CreateTime, changed.Title));
        Assert.True(changed.UpdateTime > first.UpdateTime);
        // Another partner's reference of the same text is another offer.
        Assert.NotEqual(first.Name, (await hub.UpsertAsync(AnOffer("A"), "interim")).Name);
    }

    [Fact]
    public async Task An_equal_repeat_returns_the_first_response_and_an_unequal_one_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var request = new UpsertOfferRequest { RequestId = Household.NewId(), Offer = AnOffer("A") };

        var responses = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => hub.Offers("emploi").UpsertOfferAsync(request).ResponseAsync));

        Assert.Single(responses.Distinct());
        request.Offer.Title = "Autre";
        await HubError.OfAsync(ErrorReason.RequestIdReused, StatusCode.AlreadyExists, () => hub.Offers("emploi").UpsertOfferAsync(request).ResponseAsync);
    }

    [Fact]
    public async Task Eight_writers_of_one_reference_make_one_offer()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var stored = await Task.WhenAll(Enumerable.Range(0, 8).Select(n => hub.UpsertAsync(AnOffer("A", $"Titre {n}"))));
        Assert.Single(stored.Select(o => o.Name).Distinct());
    }

    [Fact]
    public async Task A_withdrawn_offer_is_no_longer_listed_and_opens_again_when_it_is_sent_again()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var offer = await hub.UpsertAsync(AnOffer("A"));

        var withdrawn = (await hub.Offers("emploi").WithdrawOfferAsync(new() { Name = offer.Name })).Offer;

        Assert.Equal(Offer.Types.State.Withdrawn, withdrawn.State);
        Assert.Equal(withdrawn, (await hub.Offers("emploi").WithdrawOfferAsync(new() { Name = offer.Name })).Offer);
        Assert.Empty((await hub.Offers("crm").ListOffersAsync(new())).Offers);
        Assert.Equal(Offer.Types.State.Withdrawn, (await hub.Offers("crm").GetOfferAsync(new() { Name = offer.Name })).Offer.State);
        Assert.Equal((offer.Name, Offer.Types.State.Open), (await hub.UpsertAsync(AnOffer("A"))) is var again ? (again.Name, again.State) : default);
    }

    [Fact]
    public async Task A_partner_sees_and_withdraws_its_own_offers_only()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var offer = await hub.UpsertAsync(AnOffer("A"));

        Assert.Empty((await hub.Offers("interim").ListOffersAsync(new())).Offers);
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.Offers("interim").GetOfferAsync(new() { Name = offer.Name }).ResponseAsync);
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.Offers("interim").WithdrawOfferAsync(new() { Name = offer.Name }).ResponseAsync);
        await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => hub.UpsertAsync(AnOffer("A"), "crm"));
        await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => hub.Offers("agence").ListOffersAsync(new()).ResponseAsync);
        Assert.Single((await hub.Offers("emploi").ListOffersAsync(new())).Offers);
    }

    [Fact]
    public async Task Offers_are_listed_by_commune_newest_change_first_and_a_change_between_two_pages_repeats_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        foreach (var reference in (string[])["A", "B", "C", "D"])
        {
            await hub.UpsertAsync(AnOffer(reference));
            await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(1));
        }

        var elsewhere = AnOffer("E");
        elsewhere.CommuneCode = "2A004";
        await hub.UpsertAsync(elsewhere);
        await hub.UpsertAsync(AnOffer("A", "Changé"));

        var first = await hub.Offers("crm").ListOffersAsync(new() { CommuneCode = Caen, PageSize = 2 });
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(1));
        await hub.UpsertAsync(AnOffer("D", "Changé"));
        var second = await hub.Offers("crm").ListOffersAsync(new() { CommuneCode = Caen, PageSize = 2, PageToken = first.NextPageToken });

        Assert.Equal(["A", "D", "C", "B"], first.Offers.Concat(second.Offers).Select(o => o.Reference));
        Assert.Equal("E", Assert.Single((await hub.Offers("crm").ListOffersAsync(new() { CommuneCode = "2A004" })).Offers).Reference);
        var error = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Offers("crm").ListOffersAsync(new() { CommuneCode = "Caen", PageSize = -1 }).ResponseAsync);
        Assert.Equal(["commune_code", "page_size"], error.Fields);
    }

    [Fact]
    public async Task Everything_that_is_wrong_with_an_offer_is_said_at_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var broken = new Offer
        {
            Name = "offers/x", Partner = "partners/x", State = Offer.Types.State.Open, CreateTime = new Timestamp(), UpdateTime = new Timestamp(),
            Reference = new string('r', 101), Description = "a\0b", Employer = new string('e', 201), RomeCode = "Z1234", CommuneCode = "14 118", WeeklyHours = 61,
            SalaryMin = new() { CurrencyCode = "USD", Units = -1 }, StartDate = new() { Year = 2027, Month = 2, Day = 30 }, ApplyUri = "http://exemple.org",
        };

        var error = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.Offers("emploi").UpsertOfferAsync(new() { Offer = broken }).ResponseAsync);

        Assert.Equal(
            [
                "request_id", "offer.name", "offer.partner", "offer.state", "offer.create_time", "offer.update_time", "offer.reference", "offer.title", "offer.description", "offer.employer",
                "offer.rome_code", "offer.contract", "offer.commune_code", "offer.salary_min.currency_code", "offer.salary_min", "offer.salary_max", "offer.weekly_hours", "offer.start_date",
                "offer.apply_uri",
            ],
            error.Fields);
        Assert.Equal(["offer"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.UpsertAsync(null!))).Fields);
    }
}
