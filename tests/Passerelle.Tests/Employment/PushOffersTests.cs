using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Hub.Employment;
using Passerelle.Tests.Support;
using Offer = Passerelle.Contracts.Employment.V1.Offer;
using static Passerelle.Tests.Employment.JobOffers;

namespace Passerelle.Tests.Employment;

public sealed class PushOffersTests(Postgres postgres)
{
    [Fact]
    public async Task Good_offers_are_stored_and_the_others_are_reported()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.UpsertAsync(AnOffer("CONNUE"));
        await hub.UpsertAsync(AnOffer("CHANGEE"));
        var gone = await hub.UpsertAsync(AnOffer("RETIREE"));
        await hub.Offers("emploi").WithdrawOfferAsync(new() { Name = gone.Name });
        await hub.UpsertAsync(AnOffer("ABSENTE"));
        var wrong = AnOffer(new string('r', 150));
        (wrong.CommuneCode, wrong.RomeCode) = ("LISIEUX", "Z");

        var response = await hub.PushAsync(AnOffer("CONNUE"), AnOffer("NEUVE"), wrong, AnOffer("CHANGEE", "Autre titre"), AnOffer("RETIREE"));

        Assert.Equal((5, 1, 2, 1, 1), (response.ReceivedCount, response.NewCount, response.ChangedCount, response.UnchangedCount, response.RejectedCount));
        Assert.Equal([(2, "reference"), (2, "rome_code"), (2, "commune_code")], response.Rejected.Select(r => (r.Index, r.Field)));
        Assert.All(response.Rejected, r => Assert.Equal(new string('r', 100), r.Reference));
        Assert.DoesNotContain("LISIEUX", response.ToString(), StringComparison.Ordinal);
        var open = (await hub.Offers("emploi").ListOffersAsync(new())).Offers.ToDictionary(o => o.Reference, o => o.Title);
        Assert.Equal(["ABSENTE", "CHANGEE", "CONNUE", "NEUVE", "RETIREE"], open.Keys.Order());
        Assert.Equal("Autre titre", open["CHANGEE"]);
    }

    [Fact]
    public async Task A_reference_that_comes_twice_counts_once()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var invalid = AnOffer("B");
        invalid.CommuneCode = "";

        var response = await hub.PushAsync(AnOffer("A", "Première"), AnOffer("A", "Seconde"), invalid, AnOffer("B", "Valable"));

        Assert.Equal((4, 2, 2), (response.ReceivedCount, response.NewCount, response.RejectedCount));
        Assert.Equal([(1, "A", "reference"), (2, "B", "commune_code")], response.Rejected.Select(r => (r.Index, r.Reference, r.Field)));
        Assert.Equal(["Première", "Valable"], await hub.QueryAsync(db => db.Offers.OrderBy(o => o.Reference).Select(o => o.Title).ToListAsync()));
    }

    [Fact]
    public async Task An_equal_stream_returns_the_same_response_and_an_unequal_one_is_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var requestId = Household.NewId();
        var first = await hub.PushAsync(requestId, [AnOffer("A"), AnOffer("B")]);

        var repeats = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => hub.PushAsync(requestId, [AnOffer("A"), AnOffer("B")])));

        Assert.All(repeats, repeat => Assert.Equal(first, repeat));
        foreach (var other in (Offer[][])[[AnOffer("A")], [AnOffer("B"), AnOffer("A")], [AnOffer("A"), AnOffer("B"), AnOffer("")], []])
            await HubError.OfAsync(ErrorReason.RequestIdReused, StatusCode.AlreadyExists, () => hub.PushAsync(requestId, other));
        // A rejected offer is part of the stream: to mend it is to send another one.
        await HubError.OfAsync(ErrorReason.RequestIdReused, StatusCode.AlreadyExists, () => hub.PushAsync(requestId, [AnOffer("A"), AnOffer("B"), AnOffer("C")]));
        Assert.Equal(2, await hub.QueryAsync(db => db.Offers.CountAsync()));
    }

    [Fact]
    public async Task A_stream_begins_with_its_header_and_goes_on_with_offers()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var header = new PushOffersRequest { Header = new() { RequestId = Household.NewId() } };
        var offer = new PushOffersRequest { Offer = AnOffer("A") };
        foreach (var messages in (PushOffersRequest[][])[[], [offer], [offer, header], [header, offer, header], [header, new()], [new()]])
            await HubError.OfAsync(ErrorReason.StreamMalformed, StatusCode.InvalidArgument, () => hub.SendAsync(messages));
        var error = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.PushAsync("x", [AnOffer("A")]));
        Assert.Equal(["header.request_id"], error.Fields);
        Assert.Equal(0, (await hub.PushAsync([])).ReceivedCount);
        Assert.Equal(0, await hub.QueryAsync(db => db.Offers.CountAsync()));
    }

    [Fact]
    public async Task A_stream_that_breaks_stores_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        using (var call = hub.Offers("emploi").PushOffers())
        {
            await call.RequestStream.WriteAsync(new() { Header = new() { RequestId = Household.NewId() } });
            await call.RequestStream.WriteAsync(new() { Offer = AnOffer("A") });
        }

        // The next stream of the partner waits for no lock of the broken one.
        Assert.Equal(1, (await hub.PushAsync(AnOffer("B"))).NewCount);
        Assert.Equal(["B"], await hub.QueryAsync(db => db.Offers.Select(o => o.Reference).ToListAsync()));
    }

    [Fact]
    public async Task Ten_thousand_offers_are_a_stream_and_one_more_is_too_many()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var many = Enumerable.Range(0, PushedOffers.MaxOffers).Select(n => AnOffer($"REF-{n}")).ToList();

        Assert.Equal(PushedOffers.MaxOffers, (await hub.PushAsync(many)).NewCount);
        many[4711].Title = "Changé";
        var again = await hub.PushAsync(many);
        Assert.Equal((1, PushedOffers.MaxOffers - 1), (again.ChangedCount, again.UnchangedCount));
        var error = await HubError.OfAsync(ErrorReason.TooLarge, StatusCode.ResourceExhausted, () => hub.PushAsync([.. many, AnOffer("DE-TROP")]));
        Assert.Equal("10000", error.Metadata["limit"]);
    }

    [Fact]
    public async Task A_stream_has_64_MiB_at_most_and_two_hundred_faults_are_told()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var huge = AnOffer("A");
        huge.Description = new string('x', 3 * 1024 * 1024);

        var error = await HubError.OfAsync(ErrorReason.TooLarge, StatusCode.ResourceExhausted, () => hub.PushAsync(Enumerable.Repeat(huge, 22)));
        Assert.Equal("67108864", error.Metadata["limit"]);

        var response = await hub.PushAsync(Enumerable.Range(0, 150).Select(n => new Offer { Reference = $"R{n}" }));
        Assert.Equal((150, 150, 200), (response.ReceivedCount, response.RejectedCount, response.Rejected.Count));
    }

    [Fact]
    public async Task Streams_of_one_partner_at_once_come_one_after_the_other()
    {
        await using var hub = await HubHost.StartAsync(postgres);

        var responses = await Task.WhenAll(Enumerable.Range(0, 6).Select(n => hub.PushAsync(Enumerable.Range(0, 40).Select(r => AnOffer($"REF-{(r * 7 + n) % 40}", $"Titre {n}")))));

        Assert.Equal(40, responses.Sum(r => r.NewCount));
        Assert.Equal(5 * 40, responses.Sum(r => r.ChangedCount));
        Assert.Single((await hub.Offers("crm").ListOffersAsync(new())).Offers.Select(o => o.Title).Distinct());
    }
}
