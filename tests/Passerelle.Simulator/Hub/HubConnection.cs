using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Contracts.Schooling.V1;

namespace Passerelle.Simulator.Hub;

/// <summary>The hub's services, called as one caller of the keys file.</summary>
sealed class HubConnection : IDisposable
{
    readonly GrpcChannel _channel;
    readonly CallInvoker _invoker;

    public HubConnection(string address, KeyFileCaller caller, TimeProvider time)
    {
        Caller = caller;
        _channel = GrpcChannel.ForAddress(address);
        _invoker = _channel.Intercept(new CallerInterceptor(caller.Key, time));
    }

    public KeyFileCaller Caller { get; }

    /// <summary>`partners/{id}`.</summary>
    public string Partner => Caller.Partner ?? throw new InvalidDataException($"{Caller.Name} is not a partner.");

    public CaseService.CaseServiceClient Cases => new(_invoker);
    public RequestService.RequestServiceClient Requests => new(_invoker);
    public ConsentService.ConsentServiceClient Consents => new(_invoker);
    public DisclosureService.DisclosureServiceClient Disclosures => new(_invoker);
    public CvService.CvServiceClient Cvs => new(_invoker);
    public ReferralService.ReferralServiceClient Referrals => new(_invoker);
    public OfferService.OfferServiceClient Offers => new(_invoker);
    public FeedService.FeedServiceClient Feeds => new(_invoker);
    public ListingService.ListingServiceClient Listings => new(_invoker);
    public VisitDayService.VisitDayServiceClient VisitDays => new(_invoker);
    public VisitRequestService.VisitRequestServiceClient VisitRequests => new(_invoker);
    public EnrolmentService.EnrolmentServiceClient Enrolments => new(_invoker);
    public DocumentService.DocumentServiceClient Documents => new(_invoker);
    public ExchangeService.ExchangeServiceClient Exchanges => new(_invoker);
    public InboxService.InboxServiceClient Inbox => new(_invoker);

    public void Dispose() => _channel.Dispose();
}
