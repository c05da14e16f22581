using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Places;
using Passerelle.Tests.Support;
using ClockState = Passerelle.Contracts.Clocks.V1.Clock.Types.State;
using ExchangeState = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;
using SettleVisitDays = Passerelle.Hub.Housing.Visits.SettleVisitDays;
using VisitDayDecision = Passerelle.Hub.Housing.Visits.VisitDayDecision;

namespace Passerelle.Tests.Housing.Visits;

/// <summary>A day of visits from the first question to the last word, as the household's advisor and the agencies see it.</summary>
public sealed class VisitDayTests(Postgres postgres)
{
    [Fact]
    public async Task Each_agency_is_asked_for_a_slot_and_told_no_name()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);

        var day = await tour.AskedAsync();

        Assert.Equal((VisitDay.Types.State.Asking, 1, 5, 1), (day.State, day.Revision, day.Date.Day, day.MinimumVisits));
        Assert.Equal("Asking: Asked, Asked, Asked", await hub.StandingAsync(day));
        var file = tour.LastTo(1).Payload.Unpack<VisitRequestFile>();
        var visit = await tour.VisitAsync(day, 1);
        Assert.Equal((visit.Name, tour.Listings[0], "agence-1", "T1", 2, 1), (file.VisitRequest, file.Listing, file.Agency, file.TechnicalId, file.AdultCount, file.ChildCount));
        Assert.Equal((visit.AskedSlots, TimeSpan.FromMinutes(30)), (file.AskedSlots, file.Length.ToTimeSpan()));
        Assert.Null(file.Confirmed);
        Assert.DoesNotContain(hub.Partner.Received, e => Marker.IsIn(e.ToString()));
        // Whoever was asked has 48 hours, and the register says so: of what kind, nothing.
        Assert.Equal(Tour.Now.AddHours(48), (await hub.ExchangeOfAsync(visit)).Window.DueTime.ToDateTimeOffset());
        Assert.All(await hub.QueryAsync(db => db.Disclosures.ToListAsync()), d => Assert.Equal(("visit_request", ""), (d.Category, d.Data)));
        // Where the household starts from, and a visit's whole story, is the service's to know.
        var whole = await hub.VisitDays().GetVisitDayAsync(new() { Name = day.Name });
        Assert.Equal((Marker.Of("HOTEL"), 49.18), (whole.Base.Address, whole.Base.Point.Latitude));
        Assert.Equal(day, Assert.Single((await hub.VisitDays().ListVisitDaysAsync(new() { Case = tour.Household.Case, State = day.State })).Days));
        var own = (await hub.VisitRequests("immo-1").GetVisitRequestAsync(new() { Name = visit.Name })).VisitRequest;
        Assert.Equal((visit.Name, ""), (own.Name, own.Day));
        Assert.Equal(own, Assert.Single((await hub.VisitRequests("immo-1").ListVisitRequestsAsync(new())).VisitRequests));
    }

    [Fact]
    public async Task When_the_last_agency_accepts_the_whole_day_is_confirmed_and_the_household_has_its_answer()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);
        var request = await tour.Household.FileRequestAsync(hub);
        var day = await tour.AskedAsync();
        await hub.AnswerVisitAsync(day.Visits[0].Accepted());
        await hub.AnswerVisitAsync(day.Visits[1].Accepted());
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(3, hub.Partner.Received.Count);
        Assert.Equal(Request.Types.State.Open, (await Requests(hub).GetRequestAsync(new() { Name = request.Name })).Request.State);

        var last = await hub.AnswerVisitAsync(day.Visits[2].Accepted());

        Assert.Equal(VisitRequest.Types.State.Confirmed, last.State);
        Assert.Equal("Confirmed: Confirmed, Confirmed, Confirmed", await hub.StandingAsync(day));
        Assert.Equal(["visit_day.created", "visit_day.held", "visit_day.confirmed"], await hub.ToldAsync(day));
        var answered = await Requests(hub).GetRequestAsync(new() { Name = request.Name });
        Assert.Equal((Request.Types.State.Answered, AnswerKind.AppointmentConfirmed, ClockState.Met), (answered.Request.State, answered.Request.AnswerKind, answered.Request.Promise.State));
        Assert.StartsWith("Vos 3 visites du vendredi 5 mars 2027 sont confirmées : la première est à 9 h ", answered.AnswerText, StringComparison.Ordinal);
        await hub.RunAsync<DeliverDue>();
        var visit = await tour.VisitAsync(day, 2);
        var file = tour.LastTo(2).Payload.Unpack<VisitRequestFile>();
        Assert.Equal((Marker.Of("PRENOM-UN"), Marker.Of("NOM-UN"), "marqueur-un@exemple.invalid", visit.Slot), (file.GivenName, file.FamilyName, file.Email, file.Confirmed));
        Assert.Equal(3, await hub.QueryAsync(db => db.Disclosures.CountAsync(d => d.Data == "identity,contact")));
        Assert.Equal(Marker.Of("ACCUEIL"), (await hub.VisitDays().GetVisitDayAsync(new() { Name = day.Name })).AnswerMessages.Single(m => m.VisitRequest == visit.Name).Message);

        await hub.AnswerVisitAsync(visit.Noted());

        Assert.Equal((ExchangeState.Answered, "noted"), ((await hub.ExchangeOfAsync(visit)).State, (await hub.ExchangeOfAsync(visit)).AnswerCode));
        await ConflictAsync(() => hub.AnswerVisitAsync(visit.Noted()));
        await ConflictAsync(() => hub.AnswerVisitAsync(visit.Accepted()));
    }

    [Fact]
    public async Task Who_refuses_is_left_out_and_with_too_few_the_whole_day_is_released_and_told()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);
        var promise = (await tour.Household.FileRequestAsync(hub)).Promise;
        var day = await tour.AskedAsync(minimum: 2);
        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 1)).Accepted());
        var refused = await hub.AnswerVisitAsync((await tour.VisitAsync(day, 2)).Refused());
        Assert.Equal(VisitRefusalReason.Sold, refused.RefusalReason);
        Assert.Equal("Asking: Accepted, Refused, Asked", await hub.StandingAsync(day));

        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 3)).Refused(VisitRefusalReason.NoTime));

        Assert.Equal("Released: Released, Refused, Refused", await hub.StandingAsync(day));
        Assert.Equal("TOO_FEW_VISITS", (await hub.GetDayAsync(day.Name)).ReleaseReason);
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(1, hub.Partner.Received.Count(e => e.Kind == "visit_release"));
        var visit = await tour.VisitAsync(day, 1);
        var notice = tour.LastTo(1).Payload.Unpack<VisitReleaseNotice>();
        Assert.Equal((visit.Name, visit.Slot, "T1"), (notice.VisitRequest, notice.Slot, notice.TechnicalId));
        Assert.Equal("stranded", await hub.QueryAsync(db => db.Notices.Where(n => "clocks/" + n.ClockId.ToString() == promise.Name).Select(n => n.Rungs).SingleAsync()));
        await hub.AnswerVisitAsync(visit.Noted());
        Assert.Equal(ExchangeState.Answered, (await hub.GetExchangeAsync(visit.ReleaseExchange)).State);
        await ConflictAsync(() => hub.AnswerVisitAsync(visit.Refused()));
    }

    [Fact]
    public async Task What_an_agency_proposes_is_taken_where_it_fits()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);
        var day = await tour.AskedAsync();
        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 1)).Accepted());
        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 2)).Accepted());

        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 3)).Proposed((6, 2), (8, 1)));

        Assert.Equal("Confirmed: Confirmed, Confirmed, Confirmed", await hub.StandingAsync(day));
        var slot = (await tour.VisitAsync(day, 3)).Slot;
        Assert.InRange(slot.StartTime.ToDateTimeOffset(), Tour.Start.AddHours(6), Tour.Start.AddHours(8.5));
        Assert.Equal(TimeSpan.FromMinutes(30), slot.EndTime.ToDateTimeOffset() - slot.StartTime.ToDateTimeOffset());
        Assert.Equal(["visit_day.created", "visit_day.replanned 2", "visit_day.held", "visit_day.confirmed"], await hub.ToldAsync(day));
    }

    [Fact]
    public async Task Each_agency_has_a_choice_and_who_takes_what_another_has_taken_is_asked_again()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, agencies: 2);
        var day = await tour.AskedAsync();
        var (first, second) = (await tour.VisitAsync(day, 1), await tour.VisitAsync(day, 2));
        Assert.All((VisitRequest[])[first, second], v => Assert.Equal(3, v.AskedSlots.Distinct().Count()));
        var wanted = first.AskedSlots.Skip(1).First(s => second.AskedSlots.Skip(1).Any(o => Overlap(s, o))).StartTime;
        var taken = first.Accepted();
        taken.Accepted.StartTime = wanted;
        Assert.Equal(wanted, (await hub.AnswerVisitAsync(taken)).Slot.StartTime);

        var also = second.Accepted();
        also.Accepted.StartTime = second.AskedSlots.Skip(1).First(o => Overlap(first.AskedSlots.Single(s => s.StartTime.Equals(wanted)), o)).StartTime;
        var answered = await hub.AnswerVisitAsync(also);

        Assert.Equal((VisitRequest.Types.State.Asked, 2), (answered.State, answered.Round));
        Assert.Equal("Asking: Accepted, Asked", await hub.StandingAsync(day));
        await hub.RunAsync<DeliverDue>();
        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 2)).Accepted());
        Assert.Equal("Confirmed: Confirmed, Confirmed", await hub.StandingAsync(day));
    }

    [Fact]
    public async Task Who_proposes_what_is_held_by_another_is_asked_again_and_then_let_be()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, agencies: 2);
        var day = await tour.AskedAsync();
        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 1)).Accepted());
        var held = (await tour.VisitAsync(day, 1)).Slot.StartTime.ToDateTimeOffset();
        var hours = (held - Tour.Start).TotalHours;
        for (var round = 1; round < VisitDayDecision.MaxRounds; round++)
        {
            var before = await tour.VisitAsync(day, 2);
            await hub.AnswerVisitAsync(before.Proposed((hours, 0.5)));
            await hub.RunAsync<DeliverDue>();
            var again = await tour.VisitAsync(day, 2);
            Assert.Equal((VisitRequest.Types.State.Asked, round + 1), (again.State, again.Round));
            Assert.NotEqual(before.Exchange, again.Exchange);
            Assert.Equal(again.AskedSlots, tour.LastTo(2).Payload.Unpack<VisitRequestFile>().AskedSlots);
        }

        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 2)).Proposed((hours, 0.5)));

        Assert.Equal("Confirmed: Confirmed, Released", await hub.StandingAsync(day));
        Assert.Equal("DOES_NOT_FIT", (await tour.VisitAsync(day, 2)).ReleaseReason);
        await hub.RunAsync<DeliverDue>();
        Assert.Equal((1, 0), (tour.CountTo(2, "visit_release"), tour.CountTo(1, "visit_release")));
    }

    [Fact]
    public async Task Who_moves_or_cancels_after_the_confirmation_leaves_the_others_held()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);
        var day = await tour.ConfirmedAsync();
        Assert.Equal(6, hub.Partner.Received.Count);
        var others = (await tour.VisitAsync(day, 1), await tour.VisitAsync(day, 2));

        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 3)).Proposed((8, 1)));
        await hub.RunAsync<DeliverDue>();

        // Moved within the day: only its own agency is told anew.
        Assert.Equal("Confirmed: Confirmed, Confirmed, Confirmed", await hub.StandingAsync(day));
        Assert.Equal(others, (await tour.VisitAsync(day, 1), await tour.VisitAsync(day, 2)));
        Assert.Equal(7, hub.Partner.Received.Count);
        Assert.Equal((await tour.VisitAsync(day, 3)).Slot, tour.LastTo(3).Payload.Unpack<VisitRequestFile>().Confirmed);
        var moved = (await hub.GetDayAsync(day.Name)).Revision;
        Assert.True(moved > day.Revision);

        // To where another one is: it is asked for another slot, and the others wait with it, held.
        var hours = (others.Item1.Slot.StartTime.ToDateTimeOffset() - Tour.Start).TotalHours;
        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 3)).Proposed((hours, 0.5)));
        await hub.RunAsync<DeliverDue>();
        Assert.Equal("Asking: Accepted, Accepted, Asked", await hub.StandingAsync(day));
        Assert.Equal((8, others.Item1.Slot), (hub.Partner.Received.Count, (await tour.VisitAsync(day, 1)).Slot));

        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 3)).Refused(VisitRefusalReason.OffMarket));
        await hub.RunAsync<DeliverDue>();

        // A smaller day, which is whole again; who holds what it was told of hears nothing new.
        Assert.Equal("Confirmed: Confirmed, Confirmed, Refused", await hub.StandingAsync(day));
        Assert.Equal(8, hub.Partner.Received.Count);
        Assert.True((await hub.GetDayAsync(day.Name)).Revision > moved);
    }

    [Fact]
    public async Task Who_does_not_answer_in_48_hours_is_left_out_and_a_late_answer_is_kept()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);
        var day = await tour.AskedAsync();
        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 1)).Accepted());
        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 2)).Accepted());
        await hub.Time.FreezeAsync(Tour.Now.AddHours(48).AddMicroseconds(1));
        await hub.RunAsync<FireClocks>();

        await hub.RunAsync<FollowLapses>();
        await hub.RunAsync<FollowLapses>();

        Assert.Equal("Confirmed: Confirmed, Confirmed, Lapsed", await hub.StandingAsync(day));
        var late = await hub.AnswerVisitAsync((await tour.VisitAsync(day, 3)).Accepted());
        Assert.Equal(VisitRequest.Types.State.Lapsed, late.State);
        Assert.NotNull(late.AnswerTime);
        Assert.Equal(ClockState.Missed, (await hub.ExchangeOfAsync(late)).Window.State);
        await hub.RunAsync<DeliverDue>();
        // Who would have shown the home hears that nobody comes.
        Assert.Equal(1, tour.CountTo(3, "visit_release"));
        await ConflictAsync(() => hub.AnswerVisitAsync(late.Accepted()));
        await hub.AnswerVisitAsync(late.Noted());
        Assert.Equal("Confirmed: Confirmed, Confirmed, Lapsed", await hub.StandingAsync(day));
    }

    [Fact]
    public async Task A_confirmation_that_nobody_notes_stands_all_the_same()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, agencies: 1);
        var day = await tour.ConfirmedAsync();
        await hub.Time.FreezeAsync(Tour.Now.AddHours(49));
        await hub.RunAsync<FireClocks>();
        await hub.RunAsync<FollowLapses>();
        Assert.Equal("Confirmed: Confirmed", await hub.StandingAsync(day));
        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 1)).Noted());
    }

    [Fact]
    public async Task A_day_that_begins_before_all_have_answered_is_released()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);
        var day = await tour.AskedAsync();
        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 1)).Accepted());
        await hub.RunAsync<SettleVisitDays>();
        Assert.Equal("Asking: Accepted, Asked, Asked", await hub.StandingAsync(day));
        await hub.Time.FreezeAsync(Tour.Start);

        await hub.RunAsync<SettleVisitDays>();
        await hub.RunAsync<SettleVisitDays>();
        await hub.RunAsync<DeliverDue>();

        Assert.Equal(("Released: Released, Released, Released", "NOT_ANSWERED"), (await hub.StandingAsync(day), (await hub.GetDayAsync(day.Name)).ReleaseReason));
        Assert.Equal(3, hub.Partner.Received.Count(e => e.Kind == "visit_release"));
    }

    [Fact]
    public async Task The_service_gives_a_day_up_or_plans_it_anew()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);
        var day = await tour.AskedAsync();
        await hub.AnswerVisitAsync((await tour.VisitAsync(day, 1)).Accepted());
        await hub.Time.FreezeAsync(Tour.Now.AddHours(48).AddMicroseconds(1));
        await hub.RunAsync<FireClocks>();
        await hub.RunAsync<FollowLapses>();
        Assert.Equal("Confirmed: Confirmed, Lapsed, Lapsed", await hub.StandingAsync(day));

        var anew = (await hub.VisitDays().ReplanVisitDayAsync(new() { RequestId = Household.NewId(), Name = day.Name })).Day;

        Assert.Equal("Asking: Accepted, Asked, Asked", await hub.StandingAsync(anew));
        await hub.RunAsync<DeliverDue>();
        foreach (var visit in (await hub.GetDayAsync(day.Name)).Visits.Where(v => v.State == VisitRequest.Types.State.Asked)) await hub.AnswerVisitAsync(visit.Accepted());
        Assert.Equal("Confirmed: Confirmed, Confirmed, Confirmed", await hub.StandingAsync(day));
        var released = (await hub.VisitDays().ReleaseVisitDayAsync(new() { Name = day.Name, Reason = "CHANGED_PLANS" })).Day;
        Assert.Equal((VisitDay.Types.State.Released, "CHANGED_PLANS"), (released.State, released.ReleaseReason));
        Assert.Equal(released, (await hub.VisitDays().ReleaseVisitDayAsync(new() { Name = day.Name })).Day);
        await hub.RunAsync<DeliverDue>();
        Assert.Equal(3, hub.Partner.Received.Count(e => e.Kind == "visit_release"));
        await ConflictAsync(() => hub.VisitDays().ReplanVisitDayAsync(new() { RequestId = Household.NewId(), Name = day.Name }).ResponseAsync);
        // The same date is free again.
        await tour.CreateAsync();
    }

    [Fact]
    public async Task The_day_is_there_for_calendars_and_on_paper()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, agencies: 2);
        var day = await tour.ConfirmedAsync();
        var calendar = await CalendarAsync();
        Assert.Equal((2, 2, 0), (Count(calendar, "BEGIN:VEVENT"), Count(calendar, "STATUS:CONFIRMED"), Count(calendar, "STATUS:CANCELLED")));
        var page = (await hub.VisitDays().GetVisitDaySheetAsync(new() { Name = day.Name })).Html;
        foreach (var text in (string[])[Marker.Of("HOTEL"), "Agence immo-1", "Appartement 3 pièces, 62,5 m²", "14000 Caen", "02 31 00 00 00", Marker.Of("ACCUEIL"), "vendredi 5 mars 2027"]) Assert.Contains(text, System.Net.WebUtility.HtmlDecode(page), StringComparison.Ordinal);

        await hub.VisitDays().ReleaseVisitDayAsync(new() { Name = day.Name });

        Assert.Equal(2, Count(await CalendarAsync(), "STATUS:CANCELLED"));

        async Task<string> CalendarAsync() => (await hub.VisitDays().GetVisitDayCalendarAsync(new() { Name = day.Name })).Calendar.ToStringUtf8();

        static int Count(string text, string part) => text.Split(part).Length - 1;
    }

    /// <summary>The listing knows no more than its commune, as agencies like it.</summary>
    [Fact]
    public async Task A_home_that_does_not_say_where_it_is_lies_in_the_middle_of_its_commune()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ImportAllPlacesAsync();
        var tour = await Tour.ReadyAsync(hub, agencies: 1);
        var wanted = tour.Wanted();
        wanted.Visits[0].Listing = await hub.ListHomeAsync("immo-1", "T2", (5, "14992"), (6, "LES CREVECOEURS"));
        wanted.Visits[0].Point = null;

        var day = (await hub.VisitDays().CreateVisitDayAsync(wanted)).Day;

        var id = Guid.Parse(day.Visits[0].Name["visitRequests/".Length..]);
        var point = await hub.QueryAsync(async db => (await db.VisitRequests.SingleAsync(v => v.Id == id)).Point);
        Assert.Equal((49.21, -0.32), (Math.Round(point.Latitude, 4), Math.Round(point.Longitude, 4)));
    }

    [Fact]
    public async Task Who_was_not_asked_yet_is_told_of_nothing()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);
        var day = await tour.CreateAsync();
        var visit = day.Visits[0];
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.AnswerVisitAsync(visit.Accepted()));

        await hub.VisitDays().ReleaseVisitDayAsync(new() { Name = day.Name });
        await hub.RunAsync<DeliverDue>();

        Assert.Empty(hub.Partner.Received);
        Assert.Equal(ExchangeState.Withdrawn, (await hub.ExchangeOfAsync(visit)).State);
    }

    static bool Overlap(TimeSlot one, TimeSlot other) => one.StartTime < other.EndTime && other.StartTime < one.EndTime;

    static Task<HubError> ConflictAsync(Func<Task> call) => HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, call);

    static RequestService.RequestServiceClient Requests(HubHost hub) => new(hub.As("crm"));
}
