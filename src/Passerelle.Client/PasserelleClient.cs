using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Clocks.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Contracts.Partners.V1;
using Passerelle.Contracts.Places.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Contracts.Schooling.V1;

namespace Passerelle.Client;

/// <summary>
/// A connection to the hub: the typed client of each service, and helpers that hide the ceremony of its streams. One instance serves any
/// number of calls at the same time; make one and keep it. Every call throws <see cref="RpcException"/> when the hub refuses it or cannot be
/// reached: <see cref="PasserelleError.From(RpcException)"/> says why.
/// </summary>
public sealed partial class PasserelleClient : IDisposable
{
    private readonly PasserelleOptions _options;
    private readonly Backoff _backoff;
    private readonly GrpcChannel _channel;

    private PasserelleClient(PasserelleOptions options, GrpcChannel channel)
    {
        _options = options;
        _backoff = new Backoff(options);
        _channel = channel;
        var invoker = channel.Intercept(new CallerInterceptor(options));
        Cases = new CaseService.CaseServiceClient(invoker);
        Clocks = new ClockService.ClockServiceClient(invoker);
        ClockReports = new ClockReportService.ClockReportServiceClient(invoker);
        ClockPolicies = new ClockPolicyService.ClockPolicyServiceClient(invoker);
        PolicyChanges = new PolicyChangeService.PolicyChangeServiceClient(invoker);
        Requests = new RequestService.RequestServiceClient(invoker);
        Consents = new ConsentService.ConsentServiceClient(invoker);
        Recalls = new RecallService.RecallServiceClient(invoker);
        PersonRights = new PersonRightsService.PersonRightsServiceClient(invoker);
        Breaches = new BreachService.BreachServiceClient(invoker);
        Purposes = new PurposeService.PurposeServiceClient(invoker);
        Agreements = new AgreementService.AgreementServiceClient(invoker);
        Disclosures = new DisclosureService.DisclosureServiceClient(invoker);
        Accesses = new AccessService.AccessServiceClient(invoker);
        Cvs = new CvService.CvServiceClient(invoker);
        Referrals = new ReferralService.ReferralServiceClient(invoker);
        Offers = new OfferService.OfferServiceClient(invoker);
        Listings = new ListingService.ListingServiceClient(invoker);
        Feeds = new FeedService.FeedServiceClient(invoker);
        Places = new PlaceService.PlaceServiceClient(invoker);
        Searches = new SearchService.SearchServiceClient(invoker);
        Enrolments = new EnrolmentService.EnrolmentServiceClient(invoker);
        Documents = new DocumentService.DocumentServiceClient(invoker);
        Exchanges = new ExchangeService.ExchangeServiceClient(invoker);
        Inbox = new InboxService.InboxServiceClient(invoker);
        Partners = new PartnerService.PartnerServiceClient(invoker);
    }

    /// <summary>Cases, and their timelines: for internal applications.</summary>
    public CaseService.CaseServiceClient Cases { get; }

    /// <summary>Response clocks: where they stand, and why.</summary>
    public ClockService.ClockServiceClient Clocks { get; }

    /// <summary>How promises and partners' windows are kept.</summary>
    public ClockReportService.ClockReportServiceClient ClockReports { get; }

    /// <summary>What lays down how clocks count: for operators.</summary>
    public ClockPolicyService.ClockPolicyServiceClient ClockPolicies { get; }

    /// <summary>Clocks that run get another policy, or a simulation of it: for operators.</summary>
    public PolicyChangeService.PolicyChangeServiceClient PolicyChanges { get; }

    /// <summary>Requests of households: for internal applications.</summary>
    public RequestService.RequestServiceClient Requests { get; }

    /// <summary>Consents: for internal applications.</summary>
    public ConsentService.ConsentServiceClient Consents { get; }

    /// <summary>Recalls: partners answer them, internal applications read and certify them.</summary>
    public RecallService.RecallServiceClient Recalls { get; }

    /// <summary>What persons ask of the data about them: for internal applications.</summary>
    public PersonRightsService.PersonRightsServiceClient PersonRights { get; }

    /// <summary>The breach desk: for internal applications.</summary>
    public BreachService.BreachServiceClient Breaches { get; }

    /// <summary>What persons' data is shared for, on what ground: for internal applications.</summary>
    public PurposeService.PurposeServiceClient Purposes { get; }

    /// <summary>What was agreed with each partner.</summary>
    public AgreementService.AgreementServiceClient Agreements { get; }

    /// <summary>The register of disclosures: for internal applications.</summary>
    public DisclosureService.DisclosureServiceClient Disclosures { get; }

    /// <summary>The access log: for internal applications.</summary>
    public AccessService.AccessServiceClient Accesses { get; }

    /// <summary>CVs: for internal applications.</summary>
    public CvService.CvServiceClient Cvs { get; }

    /// <summary>Referrals: internal applications create them, employment partners answer them.</summary>
    public ReferralService.ReferralServiceClient Referrals { get; }

    /// <summary>Job offers: for employment partners.</summary>
    public OfferService.OfferServiceClient Offers { get; }

    /// <summary>Listings of estate agencies.</summary>
    public ListingService.ListingServiceClient Listings { get; }

    /// <summary>Feeds of estate agencies, and what became of them.</summary>
    public FeedService.FeedServiceClient Feeds { get; }

    /// <summary>Communes: for internal applications.</summary>
    public PlaceService.PlaceServiceClient Places { get; }

    /// <summary>What households look for, and what was found: for internal applications.</summary>
    public SearchService.SearchServiceClient Searches { get; }

    /// <summary>Enrolments: internal applications create them, school offices answer them.</summary>
    public EnrolmentService.EnrolmentServiceClient Enrolments { get; }

    /// <summary>Supporting documents of enrolments.</summary>
    public DocumentService.DocumentServiceClient Documents { get; }

    /// <summary>Exchanges, and their attempts.</summary>
    public ExchangeService.ExchangeServiceClient Exchanges { get; }

    /// <summary>The inbox of a partner that pulls. <see cref="WatchInboxAsync"/> is easier.</summary>
    public InboxService.InboxServiceClient Inbox { get; }

    /// <summary>The registry of partners.</summary>
    public PartnerService.PartnerServiceClient Partners { get; }

    /// <summary>
    /// Makes a client. Nothing is sent yet: the connection opens with the first call.
    /// Calls that are safe to repeat (reads, and what carries a <c>request_id</c>) are repeated while the hub is UNAVAILABLE.
    /// </summary>
    /// <param name="options">Where the hub is, and how to be known to it.</param>
    /// <exception cref="ArgumentException">An option is outside its range.</exception>
    /// <exception cref="IOException">The file of the trusted authority cannot be read.</exception>
    /// <exception cref="System.Security.Cryptography.CryptographicException">The file of the trusted authority holds no certificate.</exception>
    public static PasserelleClient Connect(PasserelleOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            // Kestrel may lose the response that follows, on one connection, one whose bytes took several windows (dotnet/aspnetcore#53736: the
            // window updates that arrive late upset the stream that is used again). With the largest window there is, the first update comes after
            // megabytes: most documents need none. What is lost all the same ends by MaxSilence.
            InitialHttp2StreamWindowSize = 16 * 1024 * 1024,
            KeepAlivePingDelay = options.KeepAlive,
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            // An idle connection costs nobody anything: only a call under way needs to know that its connection is dead.
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            SslOptions = SslOptions(options),
        };
        return new PasserelleClient(options, GrpcChannel.ForAddress(options.Address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = options.MaxReceiveBytes,
            MaxSendMessageSize = options.MaxSendBytes,
            ServiceConfig = SafeCalls.RetryPolicy(options),
            // gRPC's own pause before it connects again grows to two minutes, and calls fail at once meanwhile.
            InitialReconnectBackoff = options.FirstBackoff,
            MaxReconnectBackoff = options.MaxBackoff,
        }));
    }

    /// <summary>
    /// A new <c>request_id</c>: a UUID of version 7, which sorts by time. Keep it and use it again when the same request must be repeated,
    /// e.g. after a crash: the hub then returns the response of the first time.
    /// </summary>
    public string NewRequestId() => Guid.CreateVersion7(_options.TimeProvider.GetUtcNow()).ToString();

    /// <summary>Closes the connection. Calls under way end with <see cref="RpcException"/>.</summary>
    public void Dispose() => _channel.Dispose();

    private string RequestId(Guid? given) => given?.ToString() ?? NewRequestId();

    private static SslClientAuthenticationOptions SslOptions(PasserelleOptions options)
    {
        var ssl = new SslClientAuthenticationOptions();
        if (options.ClientCertificate is { } own)
            ssl.ClientCertificates = [own];

        var authorities = new X509Certificate2Collection();
        if (options.TrustedAuthority is { } authority)
            authorities.Add(authority);
        else if (options.TrustedAuthorityFile is { } file)
            authorities.ImportFromPemFile(file);
        if (authorities.Count > 0)
        {
            // The name of the host is still checked: only who may sign changes. A private authority publishes no revocation list.
            ssl.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            ssl.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        }
        return ssl;
    }
}
