using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Security;

/// <summary>How an RPC is called on something: a request that is good but for whose it names. `{exchanges}` and the like stand for a resource, `{new}` for a request id.</summary>
/// <param name="Json">The request; of a client stream, its header.</param>
sealed partial record RpcRule(string Json)
{
    /// <summary>It is about one resource, which it names.</summary>
    public bool IsByName => Json.Contains("\"name\": \"{", StringComparison.Ordinal);

    public bool NamesSomething => Placeholder().Matches(Json).Any(m => m.Groups[1].Value != "new");

    /// <summary>On what is this partner's; null where it has none of what is named.</summary>
    public string? About(SixPartners world, string partner)
    {
        var isThere = true;
        var json = Placeholder().Replace(Json, m => m.Groups[1].Value == "new" ? Household.NewId() : world.Find(partner, m.Groups[1].Value) ?? (isThere = false).ToString());
        return isThere ? json : null;
    }

    /// <summary>On what does not exist.</summary>
    public string AboutNothing() => Placeholder().Replace(Json, m => m.Groups[1].Value switch
    {
        "new" => Household.NewId(),
        "partners" => "partners/nobody-at-all",
        "clockPolicies" => "clockPolicies/nothing@1",
        var collection => $"{collection}/{Household.NewId()}",
    });

    [GeneratedRegex(@"\{([a-zA-Z]+)\}")]
    private static partial Regex Placeholder();
}

/// <summary>Every RPC of the contract. One that is not here fails the tests: whoever adds an RPC says here how it names what is somebody's.</summary>
static class RpcRules
{
    static readonly Dictionary<string, RpcRule> Rules = new Dictionary<string, string>
    {
        ["CaseService.OpenCase"] = """{ "requestId": "{new}", "members": [{ "role": "ROLE_ADULT", "givenName": "Camille", "familyName": "EXEMPLE" }] }""",
        ["CaseService.GetCase"] = """{ "name": "{cases}" }""",
        ["CaseService.ListCases"] = "{}",
        ["CaseService.GetCaseStatus"] = """{ "name": "{cases}" }""",
        ["CaseService.WatchCase"] = """{ "name": "{cases}" }""",
        ["RequestService.FileRequest"] = """{ "requestId": "{new}", "case": "{cases}", "person": "{persons}", "need": "NEED_HOUSING", "text": "Une maison." }""",
        ["RequestService.AnswerRequest"] = """{ "requestId": "{new}", "name": "{requests}", "kind": "ANSWER_KIND_CALL_LOGGED", "text": "Fait." }""",
        ["RequestService.BounceAnswer"] = """{ "name": "{requests}", "answerTime": "2026-09-01T10:00:00Z" }""",
        ["RequestService.MergeRequest"] = """{ "name": "{requests}", "into": "{requests}" }""",
        ["RequestService.GetRequest"] = """{ "name": "{requests}" }""",
        ["RequestService.ListRequests"] = "{}",
        ["ClockService.GetClock"] = """{ "name": "{clocks}" }""",
        ["ClockService.ListClocks"] = """{ "partner": "{partners}" }""",
        ["ClockService.ExplainClock"] = """{ "name": "{clocks}" }""",
        ["ClockService.WatchClocks"] = """{ "partner": "{partners}" }""",
        ["ClockService.ReportForecast"] = "{}",
        ["ClockService.PauseClock"] = """{ "name": "{clocks}", "why": "Essai.", "by": "essai" }""",
        ["ClockService.ResumeClock"] = """{ "name": "{clocks}", "why": "Essai.", "by": "essai" }""",
        ["ClockService.ReopenClock"] = """{ "name": "{clocks}", "why": "Essai.", "by": "essai" }""",
        ["ClockService.CorrectClock"] = """{ "requestId": "{new}", "name": "{clocks}", "removedNumber": 1, "why": "Essai.", "by": "essai" }""",
        ["ClockReportService.ReportClocks"] = """{ "family": "FAMILY_PARTNER_WINDOW", "groups": ["GROUP_PARTNER"], "partner": "{partners}" }""",
        ["ClockPolicyService.CreateClockPolicy"] = """{ "requestId": "{new}", "id": "essai" }""",
        ["ClockPolicyService.OfferClockPolicy"] = """{ "name": "{clockPolicies}", "family": "FAMILY_PARTNER_WINDOW", "partner": "{partners}" }""",
        ["ClockPolicyService.DeactivateClockPolicy"] = """{ "name": "{clockPolicies}" }""",
        ["ClockPolicyService.GetClockPolicy"] = """{ "name": "{clockPolicies}" }""",
        ["ClockPolicyService.ListClockPolicies"] = "{}",
        ["PolicyChangeService.CreatePolicyChange"] = """{ "requestId": "{new}", "clock": "{clocks}", "why": "Essai.", "by": "essai" }""",
        ["PolicyChangeService.GetPolicyChange"] = """{ "name": "{policyChanges}" }""",
        ["PolicyChangeService.ListPolicyChanges"] = "{}",
        ["PolicyChangeService.CancelPolicyChange"] = """{ "name": "{policyChanges}" }""",
        ["NotificationService.WatchNotifications"] = """{ "recipient": "{partners}" }""",
        ["NotificationService.ListNotifications"] = """{ "recipient": "{partners}" }""",
        ["NotificationService.AcknowledgeNotification"] = """{ "name": "{notifications}" }""",
        ["ConsentService.RecordConsent"] = """{ "requestId": "{new}", "consent": { "person": "{persons}", "purpose": "PURPOSE_EMPLOYMENT_REFERRAL", "textVersion": "2026-09", "method": "METHOD_SIGNED" } }""",
        ["ConsentService.WithdrawConsent"] = """{ "name": "{consents}" }""",
        ["ConsentService.GetConsent"] = """{ "name": "{consents}" }""",
        ["ConsentService.ListConsents"] = """{ "person": "{persons}" }""",
        ["PurposeService.ReportPurposes"] = "{}",
        ["AgreementService.ListAgreements"] = """{ "partner": "{partners}" }""",
        ["DisclosureService.ListDisclosures"] = """{ "person": "{persons}" }""",
        ["DisclosureService.ListPartnerDisclosures"] = """{ "partner": "{partners}", "startTime": "2026-09-01T10:00:00Z", "endTime": "2026-09-02T10:00:00Z" }""",
        ["DisclosureService.ReportRecipients"] = """{ "person": "{persons}" }""",
        ["RecallService.GetRecall"] = """{ "name": "{recalls}" }""",
        ["RecallService.ListRecalls"] = "{}",
        ["RecallService.RecallRectified"] = """{ "requestId": "{new}", "person": "{persons}" }""",
        ["RecallService.AnswerRecall"] = """{ "requestId": "{new}", "name": "{recallNotices}", "outcome": "RECALL_OUTCOME_DONE" }""",
        ["RecallService.GetRecallCertificate"] = """{ "name": "{recalls}" }""",
        ["PersonRightsService.FileRightsRequest"] = """{ "requestId": "{new}", "person": "{persons}", "right": "RIGHT_ACCESS" }""",
        ["PersonRightsService.GetRightsRequest"] = """{ "name": "{rightsRequests}" }""",
        ["PersonRightsService.ListRightsRequests"] = "{}",
        ["PersonRightsService.CloseRightsRequest"] = """{ "name": "{rightsRequests}" }""",
        ["PersonRightsService.DownloadPersonArchive"] = """{ "name": "{persons}" }""",
        ["PersonRightsService.RectifyPerson"] = """{ "requestId": "{new}", "person": { "name": "{persons}", "role": "ROLE_ADULT", "givenName": "Camille", "familyName": "EXEMPLE" } }""",
        ["PersonRightsService.RestrictPerson"] = """{ "name": "{persons}" }""",
        ["PersonRightsService.LiftRestriction"] = """{ "name": "{persons}" }""",
        ["PersonRightsService.DecideObjection"] = """{ "name": "{rightsRequests}" }""",
        ["PersonRightsService.ErasePerson"] = """{ "name": "{persons}" }""",
        ["PersonRightsService.GetErasureCertificate"] = """{ "name": "{persons}" }""",
        ["BreachService.FileBreach"] = """{ "requestId": "{new}", "breach": { "partner": "{partners}", "startTime": "2026-09-01T10:00:00Z", "endTime": "2026-09-02T10:00:00Z" } }""",
        ["BreachService.GetBreach"] = """{ "name": "{breaches}" }""",
        ["BreachService.ListBreaches"] = "{}",
        ["BreachService.ListBreachPersons"] = """{ "name": "{breaches}" }""",
        ["BreachService.CloseBreach"] = """{ "name": "{breaches}", "outcome": "OUTCOME_NOTIFIED" }""",
        ["AccessService.ListAccesses"] = """{ "person": "{persons}" }""",
        ["CaseService.FindPersons"] = """{ "email": "essai@exemple.invalid" }""",
        ["PartnerService.GetPartner"] = """{ "name": "{partners}" }""",
        ["PartnerService.ListPartners"] = "{}",
        ["PartnerService.PausePartner"] = """{ "name": "{partners}", "reason": "Essai." }""",
        ["PartnerService.ResumePartner"] = """{ "name": "{partners}" }""",
        ["PartnerService.ChangeDelivery"] = """{ "name": "{partners}", "delivery": "DELIVERY_PULL" }""",
        ["ExchangeService.GetExchange"] = """{ "name": "{exchanges}" }""",
        ["ExchangeService.ListExchanges"] = """{ "partner": "{partners}" }""",
        ["ExchangeService.WatchExchanges"] = """{ "partner": "{partners}" }""",
        ["ExchangeService.ExplainExchange"] = """{ "name": "{exchanges}" }""",
        ["ExchangeService.RedeliverExchange"] = """{ "name": "{exchanges}" }""",
        ["ExchangeService.ReplayExchanges"] = """{ "startTime": "2026-09-01T10:00:00Z", "partner": "{partners}", "dryRun": true }""",
        ["ExchangeService.WithdrawExchange"] = """{ "name": "{exchanges}", "reason": "TEST" }""",
        ["ExchangeService.ReportDrain"] = """{ "partner": "{partners}" }""",
        ["InboxService.WatchInbox"] = "{}",
        ["InboxService.FetchExchanges"] = "{}",
        ["InboxService.AcknowledgeExchange"] = """{ "name": "{exchanges}" }""",
        ["InboxService.RejectExchange"] = """{ "name": "{exchanges}", "attempt": 1 }""",
        ["InboxService.ExtendExchangeLease"] = """{ "name": "{exchanges}", "attempt": 1 }""",
        ["CvService.AttachCv"] = """{ "requestId": "{new}", "person": "{persons}", "jsonResume": "{ \"basics\": { } }" }""",
        ["ReferralService.CreateReferral"] = """{ "requestId": "{new}", "person": "{persons}", "partner": "{partners}" }""",
        ["ReferralService.GetReferral"] = """{ "name": "{referrals}" }""",
        ["ReferralService.ListReferrals"] = """{ "case": "{cases}" }""",
        ["ReferralService.AnswerReferral"] = """{ "requestId": "{new}", "name": "{referrals}", "interested": { } }""",
        ["OfferService.UpsertOffer"] = """{ "requestId": "{new}", "offer": { "reference": "ESSAI", "title": "Essai", "description": "Essai.", "contract": "CONTRACT_PERMANENT", "communeCode": "14118" } }""",
        ["OfferService.PushOffers"] = """{ "header": { "requestId": "{new}" } }""",
        ["OfferService.WithdrawOffer"] = """{ "name": "{offers}" }""",
        ["OfferService.GetOffer"] = """{ "name": "{offers}" }""",
        ["OfferService.ListOffers"] = "{}",
        ["DocumentService.UploadDocument"] = """{ "header": { "requestId": "{new}", "document": { "person": "{persons}" } } }""",
        ["DocumentService.DownloadDocument"] = """{ "name": "{documents}" }""",
        ["EnrolmentService.CreateEnrolment"] =
            """{ "requestId": "{new}", "person": "{persons}", "partner": "{partners}", "level": "LEVEL_CP", "startDate": { "year": 2027, "month": 9, "day": 1 } }""",
        ["EnrolmentService.CompleteEnrolment"] = """{ "requestId": "{new}", "name": "{enrolments}", "documents": ["{documents}"] }""",
        ["EnrolmentService.GetEnrolment"] = """{ "name": "{enrolments}" }""",
        ["EnrolmentService.ListEnrolments"] = """{ "case": "{cases}" }""",
        ["EnrolmentService.AnswerEnrolment"] = """{ "requestId": "{new}", "name": "{enrolments}", "accepted": { } }""",
        ["FeedService.ImportFeed"] = """{ "header": { "requestId": "{new}", "fileName": "Annonces.csv" } }""",
        ["FeedService.DecideFeed"] = """{ "requestId": "{new}", "name": "{importReports}", "verdict": "VERDICT_KEEP", "why": "Essai." }""",
        ["FeedService.WatchImportReports"] = """{ "partner": "{partners}" }""",
        ["FeedService.GetImportReport"] = """{ "name": "{importReports}" }""",
        ["FeedService.ListImportReports"] = "{}",
        ["ListingService.UpsertListing"] = """
            { "requestId": "{new}", "listing": { "agency": "essai", "technicalId": "ESSAI", "transaction": "TRANSACTION_SALE", "propertyType": "Maison", "price": { "currencyCode": "EUR", "units": "1000" } } }
            """,
        ["ListingService.SyncListings"] = """{ "header": { "requestId": "{new}" } }""",
        ["ListingService.WithdrawListing"] = """{ "name": "{listings}" }""",
        ["ListingService.GetListing"] = """{ "name": "{listings}" }""",
        ["ListingService.ListListings"] = """{ "partner": "{partners}" }""",
        ["ListingService.WatchListings"] = """{ "partner": "{partners}" }""",
        // Of homes a partner learns nothing: who else lists what it lists is no business of its.
        ["HomeService.GetHome"] = """{ "name": "{homes}" }""",
        ["HomeService.ListHomes"] = "{}",
        ["HomeService.JoinListings"] = """{ "first": "{listings}", "second": "{listings}", "why": "Essai.", "by": "essai" }""",
        ["HomeService.SeparateListings"] = """{ "first": "{listings}", "second": "{listings}", "why": "Essai.", "by": "essai" }""",
        ["PlaceService.GetPlace"] = """{ "name": "places/14118" }""",
        ["PlaceService.ListPlaces"] = "{}",
        ["PlaceService.FindPlace"] = """{ "query": "Essai" }""",
        ["PlaceService.ImportPlaces"] = """{ "files": [{ "fileName": "essai.json", "content": "W10=" }] }""",
        ["SearchService.CreateSearch"] = """{ "requestId": "{new}", "search": { "case": "{cases}", "transaction": "TRANSACTION_RENTAL", "places": ["places/14118"] } }""",
        ["SearchService.GetSearch"] = """{ "name": "{searches}" }""",
        ["SearchService.ListSearches"] = """{ "case": "{cases}" }""",
        ["SearchService.UpdateSearch"] = """{ "search": { "name": "{searches}" }, "updateMask": "minRooms" }""",
        ["SearchService.EndSearch"] = """{ "name": "{searches}" }""",
        ["SearchService.ListSearchMatches"] = """{ "search": "{searches}" }""",
        ["SearchService.WatchSearchMatches"] = """{ "search": "{searches}" }""",
        ["VisitDayService.CreateVisitDay"] =
            """
            {
                "requestId": "{new}", "case": "{cases}", "contact": "{persons}", "startTime": "2027-03-05T08:00:00Z", "endTime": "2027-03-05T17:00:00Z", "base": { "point": { "latitude": 49.18 } },
                "visits": [{ "listing": "{listings}", "point": { "latitude": 49.2 } }]
            }
            """,
        ["VisitDayService.GetVisitDay"] = """{ "name": "{visitDays}" }""",
        ["VisitDayService.ListVisitDays"] = """{ "case": "{cases}" }""",
        ["VisitDayService.ReplanVisitDay"] = """{ "requestId": "{new}", "name": "{visitDays}" }""",
        ["VisitDayService.ReleaseVisitDay"] = """{ "name": "{visitDays}" }""",
        ["VisitDayService.GetVisitDayCalendar"] = """{ "name": "{visitDays}" }""",
        ["VisitDayService.GetVisitDaySheet"] = """{ "name": "{visitDays}" }""",
        ["VisitRequestService.GetVisitRequest"] = """{ "name": "{visitRequests}" }""",
        ["VisitRequestService.ListVisitRequests"] = """{ "case": "{cases}" }""",
        ["VisitRequestService.AnswerVisitRequest"] = """{ "requestId": "{new}", "name": "{visitRequests}", "refused": { "reason": "VISIT_REFUSAL_REASON_SOLD" } }""",
        ["OpeningHoursService.SetOpeningHours"] = """{ "partner": "{partners}", "hours": { } }""",
        ["OpeningHoursService.GetOpeningHours"] = """{ "partner": "{partners}" }""",
    }.ToDictionary(r => r.Key, r => new RpcRule(r.Value));

    public static IEnumerable<string> Names => Rules.Keys;

    public static RpcRule Of(MethodDescriptor rpc) =>
        Rules.GetValueOrDefault(rpc.ShortName()) ?? throw new KeyNotFoundException($"{rpc.ShortName()} has no rule yet: say in RpcRules how it is called on what is somebody's.");
}
