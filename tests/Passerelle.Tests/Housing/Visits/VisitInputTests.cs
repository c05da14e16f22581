using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing.Visits;

/// <summary>What is asked of the hub wrongly, by the service or by an agency: it says all that is wrong, and changes nothing.</summary>
public sealed class VisitInputTests(Postgres postgres)
{
    public static readonly TheoryData<string, string> WrongDays = new()
    {
        { "request_id", "request_id" }, { "case", "case" }, { "contact", "contact" }, { "no start", "start_time" }, { "past", "start_time" }, { "far", "start_time" }, { "no end", "end_time" },
        { "backwards", "end_time" }, { "next day", "end_time" }, { "no base", "base" }, { "no point", "base.point" }, { "latitude", "base.point.latitude" }, { "address", "base.address" },
        { "no visits", "visits" }, { "thirteen", "visits" }, { "listing", "visits[0].listing" }, { "twice", "visits[1].listing" }, { "short", "visits[0].length" }, { "long", "visit_length" },
        { "seconds", "visits[0].length" }, { "longitude", "visits[0].point.longitude" }, { "minimum", "minimum_visits" }, { "child", "contact" }, { "unplaced", "visits[0].point" },
    };

    [Fact]
    public async Task Every_wrong_field_of_a_day_is_named_and_nothing_is_made()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);
        foreach (var (wrong, field) in WrongDays.Select(d => d.Data))
        {
            var error = await Feed.RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.VisitDays().CreateVisitDayAsync(Spoil(tour, wrong)).ResponseAsync);
            Assert.True(error.Fields.SequenceEqual([field]), $"{wrong}: {string.Join(' ', error.Fields)}");
        }
    }

    [Fact]
    public async Task What_cannot_be_is_refused_with_its_reason()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);
        var unknown = tour.Wanted();
        unknown.Visits[0].Listing = $"listings/{Household.NewId()}";
        await RefusedAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, unknown);
        var stranger = tour.Wanted();
        stranger.Contact = (await Household.OpenAsync(hub)).FirstAdult;
        await RefusedAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, stranger);
        var tight = tour.Wanted(minimum: 3);
        tight.EndTime = Tour.Start.AddMinutes(70).ToTimestamp();
        var error = await RefusedAsync(ErrorReason.VisitsDoNotFit, StatusCode.FailedPrecondition, tight);
        Assert.Equal("3", error.Metadata["minimum"]);
        var first = tour.Wanted();
        var day = (await hub.VisitDays().CreateVisitDayAsync(first)).Day;
        Assert.Equal(day, (await hub.VisitDays().CreateVisitDayAsync(first)).Day);
        Assert.Equal(day.Name, (await RefusedAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, tour.Wanted())).Metadata["resource"]);
        first.MinimumVisits = 2;
        await RefusedAsync(ErrorReason.RequestIdReused, StatusCode.AlreadyExists, first);

        Task<HubError> RefusedAsync(ErrorReason reason, StatusCode code, CreateVisitDayRequest request) => Feed.RefusedAsync(hub, reason, code, () => hub.VisitDays().CreateVisitDayAsync(request).ResponseAsync);
    }

    [Fact]
    public async Task Homes_that_find_no_room_are_left_out_and_seen_as_such()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, agencies: 4);
        var tight = tour.Wanted();
        tight.EndTime = Tour.Start.AddHours(2).ToTimestamp();
        var day = (await hub.VisitDays().CreateVisitDayAsync(tight)).Day;
        var left = day.Visits.Where(v => v.State == VisitRequest.Types.State.Released).ToList();
        Assert.InRange(left.Count, 1, 3);
        Assert.All(left, v => Assert.Equal(("DOES_NOT_FIT", "", 0), (v.ReleaseReason, v.Exchange, v.Round)));
    }

    [Fact]
    public async Task Agencies_are_asked_for_times_at_which_they_show_homes()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, agencies: 2);
        var hours = new OpeningHours { Spans = { Span(Weekday.Friday, "15:00", "16:00"), Span(Weekday.Monday, "09:00", "24:00") } };
        Assert.Equal(2, (await hub.OpeningHours("immo-2").SetOpeningHoursAsync(new() { Partner = "partners/immo-2", Hours = hours })).Hours.Spans.Count);

        var day = await tour.CreateAsync();

        var asked = day.Visits.Single(v => v.Partner == "partners/immo-2").AskedSlots[0].StartTime.ToDateTimeOffset();
        Assert.InRange(asked, Tour.Start.AddHours(6), Tour.Start.AddHours(6.5));
        Assert.Equal(Weekday.Monday, (await hub.OpeningHours("crm").GetOpeningHoursAsync(new() { Partner = "partners/immo-2" })).Hours.Spans[0].Day);
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.OpeningHours("immo-1").GetOpeningHoursAsync(new() { Partner = "partners/immo-2" }).ResponseAsync);
        await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => hub.OpeningHours("immo-1").SetOpeningHoursAsync(new() { Partner = "partners/immo-2", Hours = hours }).ResponseAsync);
        await HubError.OfAsync(ErrorReason.PartnerKindMismatch, StatusCode.FailedPrecondition, () => hub.OpeningHours("crm").SetOpeningHoursAsync(new() { Partner = "partners/emploi", Hours = hours }).ResponseAsync);
        // Whoever says it again says it anew; nothing said is any time.
        await hub.OpeningHours("immo-2").SetOpeningHoursAsync(new() { Partner = "partners/immo-2", Hours = new() });
        Assert.Empty((await hub.OpeningHours("immo-2").GetOpeningHoursAsync(new() { Partner = "partners/immo-2" })).Hours.Spans);
    }

    [Fact]
    public async Task Wrong_opening_hours_are_named_span_by_span()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.AddAgencyAsync("immo-1");
        var hours = new OpeningHours
        {
            Spans =
            {
                Span(Weekday.Monday, "09:00", "12:00"), Span(Weekday.Monday, "11:59", "13:00"), Span(Weekday.Unspecified, "9:00", "25:00"),
                Span(Weekday.Sunday, "12:00", "12:00"), Span((Weekday)8, "", "24:01"),
            },
        };
        var error = await Feed.RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.OpeningHours("immo-1").SetOpeningHoursAsync(new() { Partner = "partners/immo-1", Hours = hours }).ResponseAsync);
        Assert.Equal(
            [
                "hours.spans[1]", "hours.spans[2].day", "hours.spans[2].from", "hours.spans[2].until", "hours.spans[3].until", "hours.spans[4].day", "hours.spans[4].from", "hours.spans[4].until",
            ],
            error.Fields);
        error = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.OpeningHours("immo-1").SetOpeningHoursAsync(new() { Partner = "partners/immo-1" }).ResponseAsync);
        Assert.Equal(["hours"], error.Fields);
    }

    [Fact]
    public async Task Every_wrong_field_of_an_answer_is_named_and_nothing_changes()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);
        var day = await tour.AskedAsync();
        var visit = await tour.VisitAsync(day, 1);
        await WrongAsync(["answer"], new() { RequestId = Household.NewId(), Name = visit.Name });
        await WrongAsync(["accepted.start_time"], new() { RequestId = Household.NewId(), Name = visit.Name, Accepted = new() });
        await WrongAsync(["accepted.start_time"], new() { RequestId = Household.NewId(), Name = visit.Name, Accepted = new() { StartTime = Tour.Start.AddHours(9).AddMinutes(7).ToTimestamp() } });
        await WrongAsync(["refused.reason", "refused.message"], new() { RequestId = Household.NewId(), Name = visit.Name, Refused = new() { Message = new string('x', 2001) } });
        await WrongAsync(["proposed.slots"], visit.Proposed());
        await WrongAsync(["proposed.slots"], visit.Proposed([.. Enumerable.Range(0, 11).Select(_ => (1.0, 1.0))]));
        await WrongAsync(["proposed.slots[0].start_time", "proposed.slots[1].end_time", "proposed.slots[2].end_time", "proposed.slots[3].end_time"], visit.Proposed((-96, 1), (2, 0.4), (2, 25), (3, -1)));
        var unset = visit.Proposed((2, 1));
        unset.Proposed.Slots.Add(new TimeSlot());
        await WrongAsync(["proposed.slots[1].start_time", "proposed.slots[1].end_time"], unset);

        async Task WrongAsync(string[] fields, AnswerVisitRequestRequest answer)
        {
            var error = await Feed.RefusedAsync(hub, ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => hub.AnswerVisitAsync(answer));
            Assert.Equal(fields, error.Fields);
        }
    }

    [Fact]
    public async Task What_is_anothers_does_not_exist_for_an_agency()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub, agencies: 2);
        var day = await tour.AskedAsync();
        var visit = await tour.VisitAsync(day, 2);
        await GoneAsync(() => hub.VisitRequests("immo-1").GetVisitRequestAsync(new() { Name = visit.Name }).ResponseAsync);
        await GoneAsync(() => hub.VisitRequests("immo-1").AnswerVisitRequestAsync(visit.Accepted()).ResponseAsync);
        Assert.DoesNotContain((await hub.VisitRequests("immo-1").ListVisitRequestsAsync(new())).VisitRequests, v => v.Name == visit.Name);
        await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => hub.VisitDays("immo-1").GetVisitDayAsync(new() { Name = day.Name }).ResponseAsync);
        await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => hub.VisitRequests("crm").AnswerVisitRequestAsync(visit.Accepted()).ResponseAsync);

        Task<HubError> GoneAsync(Func<Task> call) => Feed.RefusedAsync(hub, ErrorReason.ResourceNotFound, StatusCode.NotFound, call);
    }

    [Fact]
    public async Task An_equal_repeat_of_an_answer_is_answered_as_the_first_time()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var tour = await Tour.ReadyAsync(hub);
        var day = await tour.AskedAsync();
        var answer = (await tour.VisitAsync(day, 1)).Accepted();
        var first = await hub.AnswerVisitAsync(answer);
        var dump = await hub.DumpAsync();
        Assert.Equal(first, await hub.AnswerVisitAsync(answer));
        Assert.Equal(dump, await hub.DumpAsync());
    }

    static OpeningHours.Types.Span Span(Weekday day, string from, string until) => new() { Day = day, From = from, Until = until };

    static CreateVisitDayRequest Spoil(Tour tour, string how)
    {
        var request = tour.Wanted();
        switch (how)
        {
            case "request_id": request.RequestId = "one"; break;
            case "case": request.Case = "cases/one"; break;
            case "contact": request.Contact = ""; break;
            case "no start": request.StartTime = null; break;
            case "past": (request.StartTime, request.EndTime) = (Tour.Now.AddMinutes(-1).ToTimestamp(), Tour.Now.AddHours(2).ToTimestamp()); break;
            case "far": (request.StartTime, request.EndTime) = (Tour.Now.AddDays(366).ToTimestamp(), Tour.Now.AddDays(366).AddHours(2).ToTimestamp()); break;
            case "no end": request.EndTime = null; break;
            case "backwards": request.EndTime = Tour.Start.AddMinutes(-1).ToTimestamp(); break;
            case "next day": request.EndTime = Tour.Start.AddHours(16).ToTimestamp(); break;
            case "no base": request.Base = null; break;
            case "no point": request.Base.Point = null; break;
            case "latitude": request.Base.Point.Latitude = 91; break;
            case "address": request.Base.Address = new string('x', 201); break;
            case "no visits": request.Visits.Clear(); break;
            case "thirteen": request.Visits.AddRange(Enumerable.Range(0, 10).Select(_ => new CreateVisitDayRequest.Types.Visit { Listing = $"listings/{Household.NewId()}" })); break;
            case "listing": request.Visits[0].Listing = "listings/one"; break;
            case "twice": request.Visits[1].Listing = request.Visits[0].Listing; break;
            case "short": request.Visits[0].Length = Duration.FromTimeSpan(TimeSpan.FromMinutes(4)); break;
            case "long": request.VisitLength = Duration.FromTimeSpan(TimeSpan.FromMinutes(241)); break;
            case "seconds": request.Visits[0].Length = Duration.FromTimeSpan(TimeSpan.FromSeconds(601)); break;
            case "longitude": request.Visits[0].Point.Longitude = double.NaN; break;
            case "minimum": request.MinimumVisits = 4; break;
            case "child": request.Contact = tour.Household.Child; break;
            case "unplaced": request.Visits[0].Point = null; break;
            default: throw new ArgumentOutOfRangeException(nameof(how), how);
        }

        return request;
    }
}
