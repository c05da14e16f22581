using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client.Configuration;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Contracts.Partners.V1;
using Passerelle.Contracts.Places.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Contracts.Schooling.V1;

namespace Passerelle.Client;

/// <summary>Which calls may be repeated without asking: the contract itself says so, and what it does not say is not repeated.</summary>
internal static class SafeCalls
{
    private static readonly ServiceDescriptor[] Services =
    [
        CaseService.Descriptor, RequestService.Descriptor, ConsentService.Descriptor, DisclosureService.Descriptor, CvService.Descriptor,
        ReferralService.Descriptor, OfferService.Descriptor, ListingService.Descriptor, FeedService.Descriptor, EnrolmentService.Descriptor,
        DocumentService.Descriptor, ExchangeService.Descriptor, InboxService.Descriptor, PartnerService.Descriptor, PlaceService.Descriptor, SearchService.Descriptor,
    ];

    // "Repeating it is harmless", says the contract of these, which have no request_id.
    private static readonly HashSet<string> Harmless =
    [
        "WithdrawOffer", "WithdrawConsent", "AcknowledgeExchange", "RedeliverExchange", "ReplayExchanges", "WithdrawExchange", "PausePartner", "ResumePartner", "ChangeDelivery",
        "RejectExchange", "ExtendExchangeLease", "FetchExchanges", "ImportPlaces", "UpdateSearch", "EndSearch",
    ];

    // These read, though their names begin otherwise.
    private static readonly HashSet<string> Reads = ["ExplainExchange", "ReportDrain", "FindPlace"];

    internal static ServiceConfig? RetryPolicy(PasserelleOptions options)
    {
        if (options.MaxAttempts == 1)
            return null;
        var method = new MethodConfig
        {
            RetryPolicy = new RetryPolicy
            {
                MaxAttempts = options.MaxAttempts,
                InitialBackoff = options.FirstBackoff,
                MaxBackoff = options.MaxBackoff,
                BackoffMultiplier = 2,
                RetryableStatusCodes = { StatusCode.Unavailable },
            },
        };
        foreach (var name in Services.SelectMany(s => s.Methods).Where(IsSafe).Select(m => new MethodName { Service = m.Service.FullName, Method = m.Name }))
            method.Names.Add(name);
        return new ServiceConfig { MethodConfigs = { method } };
    }

    // Streams are left out: gRPC would have to keep all that was sent. The helpers of PasserelleClient repeat those that can be.
    internal static bool IsSafe(MethodDescriptor method) =>
        !method.IsClientStreaming && !method.IsServerStreaming
        && (method.Name.StartsWith("Get", StringComparison.Ordinal)
            || method.Name.StartsWith("List", StringComparison.Ordinal)
            || method.InputType.FindFieldByName("request_id") is not null
            || Reads.Contains(method.Name)
            || Harmless.Contains(method.Name));
}
