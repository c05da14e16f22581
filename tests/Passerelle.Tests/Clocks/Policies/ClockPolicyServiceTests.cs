using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Contracts.Clocks.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using Origin = Passerelle.Contracts.Cases.V1.Origin;
using PartnerKind = Passerelle.Contracts.Partners.V1.Partner.Types.Kind;

namespace Passerelle.Tests.Clocks.Policies;

/// <summary>Policies are made, offered and deactivated over gRPC.</summary>
public sealed class ClockPolicyServiceTests(Postgres postgres)
{
    static ClockTerms Terms(double hours) => new() { Window = Duration.FromTimeSpan(TimeSpan.FromHours(hours)) };

    static ClockTerms Everything => new()
    {
        Window = Duration.FromTimeSpan(TimeSpan.FromHours(16)), MayPause = true, MayOutlastPromise = true, Answers = { ClockEvent.Types.AnswerKind.PartnerAnswered },
        Reoffer = new Reoffer { Order = Reoffer.Types.Order.Named, Partners = { "partners/interim", "partners/emploi" } },
        Rungs =
        {
            new ClockRung { AfterStart = Duration.FromTimeSpan(TimeSpan.FromHours(2)), Recipient = ClockRung.Types.Recipient.Partner },
            new ClockRung { BeforeDeadline = Duration.FromTimeSpan(TimeSpan.FromMinutes(90)), ByNight = true, Recipient = ClockRung.Types.Recipient.Everyone },
            new ClockRung { AfterDeadline = Duration.FromTimeSpan(TimeSpan.FromHours(4)), Recipient = ClockRung.Types.Recipient.Service }, new ClockRung { Percent = 75, Recipient = ClockRung.Types.Recipient.Everyone },
        },
        Calendar = new WorkingHours
        {
            Zone = "Indian/Reunion", OpenOnHolidays = true,
            Days = { new WorkingHours.Types.Day { Weekday = 1, Hours = { "09:00-12:30", "14:00-24:00" } }, new WorkingHours.Types.Day { Weekday = 2, Hours = { "09:00-12:30" } } },
            Exceptions = { new WorkingHours.Types.SpecialDay { DayDate = new() { Year = 2026, Month = 12, Day = 24 }, Reason = "Veille de Noël", Hours = { "09:00-12:00" } } },
        },
    };

    [Fact]
    public async Task What_is_made_is_read_back_and_versions_count_up()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var request = new CreateClockPolicyRequest { RequestId = Household.NewId(), Id = "agences", Terms = Everything };
        var made = (await Policies(hub).CreateClockPolicyAsync(request)).ClockPolicy;

        Assert.Equal(("clockPolicies/agences@1", null), (made.Name, made.Offer));
        Assert.Equal(Everything, made.Terms);
        Assert.Equal(made, (await Policies(hub).CreateClockPolicyAsync(request)).ClockPolicy);
        Assert.Equal(made, (await Policies(hub).GetClockPolicyAsync(new() { Name = made.Name })).ClockPolicy);
        // At once, each gets a number of its own.
        var more = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => CreateAsync(hub, "agences")));
        Assert.Equal(Enumerable.Range(2, 6).Select(n => $"clockPolicies/agences@{n}"), more.Order(StringComparer.Ordinal));

        var pages = new List<string>();
        var list = new ListClockPoliciesRequest { PageSize = 4 };
        do
        {
            var page = await Policies(hub).ListClockPoliciesAsync(list);
            pages.AddRange(page.ClockPolicies.Select(p => p.Name));
            list.PageToken = page.NextPageToken;
        }
        while (list.PageToken.Length > 0);
        Assert.Equal([.. Enumerable.Range(1, 7).Select(n => $"clockPolicies/agences@{n}"), "clockPolicies/legal-term@1", "clockPolicies/partner-window@1", "clockPolicies/promise@1"], pages);
        Assert.Equal(["clockPolicies/legal-term@1", "clockPolicies/partner-window@1", "clockPolicies/promise@1"], (await Policies(hub).ListClockPoliciesAsync(new() { OnOffer = true })).ClockPolicies.Select(p => p.Name));
    }

    [Fact]
    public async Task An_offer_counts_for_whom_and_when_it_says_and_a_deactivated_policy_keeps_its_clocks()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        var housing = await CreateAsync(hub, "logement", 24);
        await Policies(hub).OfferClockPolicyAsync(new() { Name = housing, Family = Clock.Types.Family.Promise, Need = Passerelle.Contracts.Cases.V1.Need.Housing });
        var schools = await CreateAsync(hub, "ecoles", 10);
        await Policies(hub).OfferClockPolicyAsync(new() { Name = schools, Family = Clock.Types.Family.PartnerWindow, PartnerKind = PartnerKind.Schooling });
        var agency = await CreateAsync(hub, "agence-emploi", 12);
        var offered = (await Policies(hub).OfferClockPolicyAsync(new() { Name = agency, Family = Clock.Types.Family.PartnerWindow, Partner = "partners/emploi" })).ClockPolicy;
        Assert.Equal(("partners/emploi", null), (offered.Offer.Partner, offered.Offer.EndTime));

        var (promise, _) = await hub.PromiseAsync();
        var (window, exchange) = await hub.WindowAsync();
        Assert.Equal(("logement@1", "agence-emploi@1"), (promise.Policy, window.Policy));
        Assert.Equal((promise.After(24), window.After(12)), (promise.DueTime.ToDateTimeOffset(), window.DueTime.ToDateTimeOffset()));

        var ended = (await Policies(hub).DeactivateClockPolicyAsync(new() { Name = agency })).ClockPolicy;
        Assert.NotNull(ended.Offer.EndTime);
        Assert.Equal(ended, (await Policies(hub).DeactivateClockPolicyAsync(new() { Name = agency })).ClockPolicy);
        Assert.Equal("partner-window@1", (await hub.WindowAsync()).Window.Policy);
        await hub.Time.AdvanceAsync(TimeSpan.FromHours(13));
        await hub.RunAsync<Hub.Clocks.FireClocks>();
        var served = (await hub.GetExchangeAsync(exchange)).Window;
        Assert.Equal((Clock.Types.State.Overdue, "agence-emploi@1"), (served.State, served.Policy));
    }

    [Fact]
    public async Task Who_calls_may_be_promised_an_answer_sooner_than_who_writes()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Response:RereadPoliciesEvery=00:00:00");
        var calls = await CreateAsync(hub, "appels", 4);
        var offered = (await Policies(hub).OfferClockPolicyAsync(new() { Name = calls, Family = Clock.Types.Family.Promise, Origin = Origin.Phone })).ClockPolicy;
        Assert.Equal(Origin.Phone, offered.Offer.Origin);
        var household = await Household.OpenAsync(hub);
        foreach (var (origin, policy) in (IEnumerable<(Origin, string)>)[(Origin.Phone, "appels@1"), (Origin.Website, "promise@1"), (Origin.Unspecified, "promise@1")])
        {
            var filed = await household.FileRequestAsync(hub, origin);
            Assert.Equal((origin, policy), (filed.Origin, filed.Promise.Policy));
        }

        Assert.Equal(["origin"], (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => household.FileRequestAsync(hub, (Origin)77))).Fields);
    }

    [Fact]
    public async Task An_offer_is_made_once_and_repeats_are_harmless()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = await CreateAsync(hub, "essai");
        var request = new OfferClockPolicyRequest { Name = name, Family = Clock.Types.Family.Promise };
        var offered = (await Policies(hub).OfferClockPolicyAsync(request)).ClockPolicy;
        Assert.Equal(offered, (await Policies(hub).OfferClockPolicyAsync(request)).ClockPolicy);
        request.StartTime = offered.Offer.StartTime;
        Assert.Equal(offered, (await Policies(hub).OfferClockPolicyAsync(request)).ClockPolicy);
        request.Need = Passerelle.Contracts.Cases.V1.Need.Leisure;
        await ConflictAsync(() => Policies(hub).OfferClockPolicyAsync(request).ResponseAsync);

        // What has not begun is withdrawn as though it had not been offered.
        var ahead = await CreateAsync(hub, "essai");
        var later = Timestamp.FromDateTimeOffset((await hub.QueryAsync(db => db.NowAsync(CancellationToken.None))).AddDays(1));
        await Policies(hub).OfferClockPolicyAsync(new() { Name = ahead, Family = Clock.Types.Family.Promise, StartTime = later });
        Assert.Null((await Policies(hub).DeactivateClockPolicyAsync(new() { Name = ahead })).ClockPolicy.Offer);
        Assert.Null((await Policies(hub).DeactivateClockPolicyAsync(new() { Name = ahead })).ClockPolicy.Offer);
        foreach (var always in (string[])["clockPolicies/promise@1", "clockPolicies/partner-window@1"]) await ConflictAsync(() => Policies(hub).DeactivateClockPolicyAsync(new() { Name = always }).ResponseAsync);
        await Policies(hub).DeactivateClockPolicyAsync(new() { Name = name });
        await ConflictAsync(() => Policies(hub).DeactivateClockPolicyAsync(new() { Name = name, EndTime = later }).ResponseAsync);

        Task ConflictAsync(Func<Task> call) => HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, call);
    }

    [Fact]
    public async Task Terms_that_cannot_be_are_refused_by_the_field_that_is_wrong()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        foreach (var (field, change) in (IEnumerable<(string, Action<ClockTerms>)>)[
            ("terms.window", t => t.Window = null), ("terms.window", t => t.Window = new Duration { Seconds = -1 }), ("terms.window", t => t.Window = new Duration { Nanos = 1 }),
            ("terms.rungs[0]", t => t.Rungs.Insert(0, new ClockRung())), ("terms.rungs[0].percent", t => t.Rungs.Insert(0, new ClockRung { Percent = 100 })),
            ("terms.rungs[0].recipient", t => t.Rungs[0].Recipient = (ClockRung.Types.Recipient)77),
            ("terms.rungs", t => t.Rungs.Add(t.Rungs[0].Clone())), ("terms.answers", t => t.Answers.Add(ClockEvent.Types.AnswerKind.AutomaticReceipt)), ("terms.answers[1]", t => t.Answers.Add((ClockEvent.Types.AnswerKind)77)),
            ("terms.calendar", t => t.Calendar.Zone = "Europe/Caen"), ("terms.calendar", t => t.Calendar.Days.Clear()),
            ("terms.calendar", t => t.Calendar.Days[0].Hours.Add("08:00-09:00")), ("terms.calendar.days[0].hours[2]", t => t.Calendar.Days[0].Hours.Add("9h-12h")),
            ("terms.calendar.days[2].weekday", t => t.Calendar.Days.Add(new WorkingHours.Types.Day { Weekday = 1 })), ("terms.calendar.days[0].weekday", t => t.Calendar.Days[0].Weekday = 8),
            ("terms.calendar", t => t.Calendar.Exceptions.Add(t.Calendar.Exceptions[0].Clone())), ("terms.calendar.exceptions[0].reason", t => t.Calendar.Exceptions[0].Reason = ""),
            ("terms.reoffer.order", t => t.Reoffer.Order = 0), ("terms.reoffer.partners[2]", t => t.Reoffer.Partners.Add("zone")), ("terms.reoffer.partners", t => t.Reoffer.Partners.Clear()),
            ("terms.reoffer.partners", t => t.Reoffer.Order = Reoffer.Types.Order.ByLoad), ("terms.reoffer.partners", t => t.Reoffer.Partners.Add("partners/emploi")),
            ("terms.window", t => t.Window = new Duration { Seconds = 3_000_000_000 })])
        {
            var terms = Everything;
            change(terms);
            var error = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument,
                () => Policies(hub).CreateClockPolicyAsync(new() { RequestId = Household.NewId(), Id = "faux", Terms = terms }).ResponseAsync);
            Assert.Equal([field], error.Fields);
        }

        var missing = await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => Policies(hub).CreateClockPolicyAsync(new() { Id = "É" }).ResponseAsync);
        Assert.Equal(["request_id", "id", "terms"], missing.Fields);
        Assert.Equal(3, await hub.QueryAsync(db => db.ClockPolicies.CountAsync()));
    }

    [Fact]
    public async Task Offers_that_cannot_be_are_refused()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = await CreateAsync(hub, "essai");
        var past = Timestamp.FromDateTimeOffset((await hub.QueryAsync(db => db.NowAsync(CancellationToken.None))).AddDays(-1));
        foreach (var (fields, request) in (IEnumerable<(string[], OfferClockPolicyRequest)>)[
            (["name", "family"], new() { Name = "essai@1" }), (["need"], new() { Name = name, Family = Clock.Types.Family.PartnerWindow, Need = Passerelle.Contracts.Cases.V1.Need.Housing }),
            (["origin"], new() { Name = name, Family = Clock.Types.Family.PartnerWindow, Origin = Origin.Phone }), (["origin"], new() { Name = name, Family = Clock.Types.Family.Promise, Origin = (Origin)77 }),
            (["partner_kind", "partner"], new() { Name = name, Family = Clock.Types.Family.Promise, PartnerKind = PartnerKind.Housing, Partner = "partners/agence" }),
            (["start_time"], new() { Name = name, Family = Clock.Types.Family.Promise, StartTime = past }), (["end_time"], new() { Name = name, Family = Clock.Types.Family.Promise, EndTime = past })])
            Assert.Equal(fields, (await HubError.OfAsync(ErrorReason.FieldInvalid, StatusCode.InvalidArgument, () => Policies(hub).OfferClockPolicyAsync(request).ResponseAsync)).Fields);
        foreach (var request in (OfferClockPolicyRequest[])
            [new() { Name = "clockPolicies/essai@2", Family = Clock.Types.Family.Promise }, new() { Name = name, Family = Clock.Types.Family.PartnerWindow, Partner = "partners/personne" }])
            await HubError.OfAsync(ErrorReason.ResourceNotFound, StatusCode.NotFound, () => Policies(hub).OfferClockPolicyAsync(request).ResponseAsync);
        await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => new ClockPolicyService.ClockPolicyServiceClient(hub.As("emploi")).ListClockPoliciesAsync(new()).ResponseAsync);
        Assert.Equal(3, await hub.QueryAsync(db => db.ClockPolicyOffers.CountAsync()));
    }

    static ClockPolicyService.ClockPolicyServiceClient Policies(HubHost hub) => new(hub.As("crm"));

    static async Task<string> CreateAsync(HubHost hub, string id, double hours = 48) =>
        (await Policies(hub).CreateClockPolicyAsync(new() { RequestId = Household.NewId(), Id = id, Terms = Terms(hours) })).ClockPolicy.Name;
}
