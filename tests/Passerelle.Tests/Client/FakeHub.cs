using System.Collections.Concurrent;
using System.Net;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Passerelle.Client;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Contracts.Partners.V1;
using Passerelle.Contracts.Schooling.V1;

namespace Passerelle.Tests.Client;

/// <summary>A hub that does what the test says, on a real port: what the client and the command line are tested against.</summary>
public sealed partial class FakeHub : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakeHub(WebApplication app) => _app = app;

    public Uri Address { get; private set; } = new("http://unset");

    /// <summary>The method of every call, and who called and why, in order of arrival.</summary>
    public ConcurrentQueue<(string Method, string? Authorization, string? Purpose, string? Actor)> Calls { get; } = [];

    public Func<IAsyncStreamReader<ImportFeedRequest>, ServerCallContext, Task<ImportFeedResponse>> OnImportFeed { get; set; } = (_, _) => throw Unscripted;
    public Func<ListImportReportsRequest, ListImportReportsResponse> OnListImportReports { get; set; } = _ => throw Unscripted;
    public Func<GetImportReportRequest, GetImportReportResponse> OnGetImportReport { get; set; } = _ => throw Unscripted;
    public Func<DecideFeedRequest, DecideFeedResponse> OnDecideFeed { get; set; } = _ => throw Unscripted;
    public Func<IAsyncStreamReader<PushOffersRequest>, ServerCallContext, Task<PushOffersResponse>> OnPushOffers { get; set; } = (_, _) => throw Unscripted;
    public Func<IAsyncStreamReader<SyncListingsRequest>, ServerCallContext, Task<SyncListingsResponse>> OnSyncListings { get; set; } = (_, _) => throw Unscripted;
    public Func<UpsertOfferRequest, UpsertOfferResponse> OnUpsertOffer { get; set; } = _ => throw Unscripted;
    public Func<IAsyncStreamReader<UploadDocumentRequest>, ServerCallContext, Task<UploadDocumentResponse>> OnUploadDocument { get; set; } = (_, _) => throw Unscripted;
    public Func<DownloadDocumentRequest, IServerStreamWriter<DownloadDocumentResponse>, ServerCallContext, Task> OnDownloadDocument { get; set; } = (_, _, _) => throw Unscripted;
    public Func<GetCaseRequest, GetCaseResponse> OnGetCase { get; set; } = _ => throw Unscripted;
    public Func<WatchCaseRequest, IServerStreamWriter<WatchCaseResponse>, ServerCallContext, Task> OnWatchCase { get; set; } = (_, _, _) => throw Unscripted;
    public Func<IServerStreamWriter<WatchInboxResponse>, ServerCallContext, Task> OnWatchInbox { get; set; } = (_, _) => throw Unscripted;
    public Func<FetchExchangesRequest, FetchExchangesResponse> OnFetch { get; set; } = _ => throw Unscripted;
    public Func<RejectExchangeRequest, RejectExchangeResponse> OnReject { get; set; } = _ => throw Unscripted;
    public Func<ExtendExchangeLeaseRequest, ExtendExchangeLeaseResponse> OnExtend { get; set; } = _ => throw Unscripted;
    public Func<AcknowledgeExchangeRequest, AcknowledgeExchangeResponse> OnAcknowledge { get; set; } = _ => throw Unscripted;
    public Func<GetExchangeRequest, GetExchangeResponse> OnGetExchange { get; set; } = _ => throw Unscripted;
    public Func<ListExchangesRequest, ListExchangesResponse> OnListExchanges { get; set; } = _ => throw Unscripted;

    public Func<ExplainExchangeRequest, ExplainExchangeResponse> OnExplain { get; set; } = _ => throw Unscripted;
    public Func<RedeliverExchangeRequest, RedeliverExchangeResponse> OnRedeliver { get; set; } = _ => throw Unscripted;
    public Func<WithdrawExchangeRequest, WithdrawExchangeResponse> OnWithdraw { get; set; } = _ => throw Unscripted;
    public Func<ReplayExchangesRequest, ReplayExchangesResponse> OnReplay { get; set; } = _ => throw Unscripted;
    public Func<ReportDrainRequest, ReportDrainResponse> OnDrain { get; set; } = _ => throw Unscripted;
    public Func<GetPartnerRequest, GetPartnerResponse> OnGetPartner { get; set; } = _ => throw Unscripted;
    public Func<ListPartnersRequest, ListPartnersResponse> OnListPartners { get; set; } = _ => throw Unscripted;
    public Func<PausePartnerRequest, PausePartnerResponse> OnPause { get; set; } = _ => throw Unscripted;
    public Func<ResumePartnerRequest, ResumePartnerResponse> OnResume { get; set; } = _ => throw Unscripted;
    public Func<ChangeDeliveryRequest, ChangeDeliveryResponse> OnChangeDelivery { get; set; } = _ => throw Unscripted;

    /// <summary>The cursor that each inbox stream started from.</summary>
    public ConcurrentQueue<string> InboxStarts { get; } = [];

    private static RpcException Unscripted => new(new Grpc.Core.Status(StatusCode.Unimplemented, "The test did not say what to do."));

    public static async Task<FakeHub> StartAsync(Action<ListenOptions>? listening = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listening?.Invoke(listen);
        }));
        builder.Services.AddGrpc(grpc => grpc.Interceptors.Add<Recorder>());
        FakeHub? hub = null;
        builder.Services.AddSingleton(_ => hub!);
        var app = builder.Build();
        hub = new FakeHub(app);
        app.MapGrpcService<FakeFeeds>();
        app.MapGrpcService<FakeOffers>();
        app.MapGrpcService<FakeListings>();
        app.MapGrpcService<FakeDocuments>();
        app.MapGrpcService<FakeCases>();
        app.MapGrpcService<FakeInbox>();
        app.MapGrpcService<FakeExchanges>();
        app.MapGrpcService<FakePartners>();
        app.MapGrpcService<FakeClocks>();
        app.MapGrpcService<FakeClockReports>();
        app.MapGrpcService<FakePlaces>();
        await app.StartAsync();
        hub.Address = new Uri(app.Urls.Single());
        return hub;
    }

    /// <summary>A client of this hub that loses no time between two attempts.</summary>
    public PasserelleClient Connect(int maxAttempts = 5, TimeSpan? maxSilence = null, Action<Reconnection>? reconnecting = null, TimeProvider? time = null) =>
        PasserelleClient.Connect(new PasserelleOptions
        {
            Address = Address,
            ApiKey = "key-of-the-test",
            MaxAttempts = maxAttempts,
            FirstBackoff = TimeSpan.FromMilliseconds(1),
            MaxBackoff = TimeSpan.FromMilliseconds(2),
            MaxSilence = maxSilence ?? TimeSpan.FromSeconds(90),
            Reconnecting = reconnecting,
            TimeProvider = time ?? TimeProvider.System,
        });

    public int CountOf(string method) => Calls.Count(c => c.Method.EndsWith("/" + method, StringComparison.Ordinal));

    /// <summary>An error as the hub sends them.</summary>
    public static RpcException Refusal(StatusCode code, string reason, Dictionary<string, string>? metadata = null, params IMessage[] details)
    {
        var info = new ErrorInfo { Domain = "passerelle", Reason = reason };
        info.Metadata.Add(metadata ?? []);
        var status = new Google.Rpc.Status { Code = (int)code, Message = "in English", Details = { Any.Pack(info) } };
        status.Details.AddRange(details.Select(Any.Pack));
        return status.ToRpcException();
    }

    public static RpcException Down => new(new Grpc.Core.Status(StatusCode.Unavailable, "down"));

    public async ValueTask DisposeAsync()
    {
        // Streams that a test left open must not hold the host for its grace period.
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private sealed class Recorder(FakeHub hub) : Interceptor
    {
        public override Task<TResponse> UnaryServerHandler<TRequest, TResponse>(TRequest request, ServerCallContext context, UnaryServerMethod<TRequest, TResponse> continuation)
        {
            Record(context);
            return continuation(request, context);
        }

        public override Task<TResponse> ClientStreamingServerHandler<TRequest, TResponse>(IAsyncStreamReader<TRequest> requestStream, ServerCallContext context, ClientStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Record(context);
            return continuation(requestStream, context);
        }

        public override Task ServerStreamingServerHandler<TRequest, TResponse>(TRequest request, IServerStreamWriter<TResponse> responseStream, ServerCallContext context, ServerStreamingServerMethod<TRequest, TResponse> continuation)
        {
            Record(context);
            return continuation(request, responseStream, context);
        }

        private void Record(ServerCallContext context) => hub.Calls.Enqueue(
            (context.Method, context.RequestHeaders.GetValue("authorization"), context.RequestHeaders.GetValue("passerelle-purpose"), context.RequestHeaders.GetValue("passerelle-actor")));
    }

    private sealed class FakeFeeds(FakeHub hub) : FeedService.FeedServiceBase
    {
        public override Task<ImportFeedResponse> ImportFeed(IAsyncStreamReader<ImportFeedRequest> requestStream, ServerCallContext context) => hub.OnImportFeed(requestStream, context);

        public override Task<ListImportReportsResponse> ListImportReports(ListImportReportsRequest request, ServerCallContext context) => Task.FromResult(hub.OnListImportReports(request));

        public override Task<GetImportReportResponse> GetImportReport(GetImportReportRequest request, ServerCallContext context) => Task.FromResult(hub.OnGetImportReport(request));

        public override Task<DecideFeedResponse> DecideFeed(DecideFeedRequest request, ServerCallContext context) => Task.FromResult(hub.OnDecideFeed(request));
    }

    private sealed class FakeListings(FakeHub hub) : ListingService.ListingServiceBase
    {
        public override Task<SyncListingsResponse> SyncListings(IAsyncStreamReader<SyncListingsRequest> requestStream, ServerCallContext context) => hub.OnSyncListings(requestStream, context);
    }

    private sealed class FakeOffers(FakeHub hub) : OfferService.OfferServiceBase
    {
        public override Task<PushOffersResponse> PushOffers(IAsyncStreamReader<PushOffersRequest> requestStream, ServerCallContext context) => hub.OnPushOffers(requestStream, context);

        public override Task<UpsertOfferResponse> UpsertOffer(UpsertOfferRequest request, ServerCallContext context) => Task.FromResult(hub.OnUpsertOffer(request));
    }

    private sealed class FakeDocuments(FakeHub hub) : DocumentService.DocumentServiceBase
    {
        public override Task<UploadDocumentResponse> UploadDocument(IAsyncStreamReader<UploadDocumentRequest> requestStream, ServerCallContext context) => hub.OnUploadDocument(requestStream, context);

        public override Task DownloadDocument(DownloadDocumentRequest request, IServerStreamWriter<DownloadDocumentResponse> responseStream, ServerCallContext context) => hub.OnDownloadDocument(request, responseStream, context);
    }

    private sealed class FakeCases(FakeHub hub) : CaseService.CaseServiceBase
    {
        public override Task<GetCaseResponse> GetCase(GetCaseRequest request, ServerCallContext context) => Task.FromResult(hub.OnGetCase(request));

        public override Task WatchCase(WatchCaseRequest request, IServerStreamWriter<WatchCaseResponse> responseStream, ServerCallContext context) => hub.OnWatchCase(request, responseStream, context);
    }

    private sealed class FakeInbox(FakeHub hub) : InboxService.InboxServiceBase
    {
        public override Task WatchInbox(WatchInboxRequest request, IServerStreamWriter<WatchInboxResponse> responseStream, ServerCallContext context)
        {
            hub.InboxStarts.Enqueue(request.StartCursor);
            return hub.OnWatchInbox(responseStream, context);
        }

        public override Task<FetchExchangesResponse> FetchExchanges(FetchExchangesRequest request, ServerCallContext context) => Task.FromResult(hub.OnFetch(request));

        public override Task<RejectExchangeResponse> RejectExchange(RejectExchangeRequest request, ServerCallContext context) => Task.FromResult(hub.OnReject(request));

        public override Task<ExtendExchangeLeaseResponse> ExtendExchangeLease(ExtendExchangeLeaseRequest request, ServerCallContext context) => Task.FromResult(hub.OnExtend(request));

        public override Task<AcknowledgeExchangeResponse> AcknowledgeExchange(AcknowledgeExchangeRequest request, ServerCallContext context) => Task.FromResult(hub.OnAcknowledge(request));
    }

    private sealed class FakeExchanges(FakeHub hub) : ExchangeService.ExchangeServiceBase
    {
        public override Task<GetExchangeResponse> GetExchange(GetExchangeRequest request, ServerCallContext context) => Task.FromResult(hub.OnGetExchange(request));

        public override Task<ListExchangesResponse> ListExchanges(ListExchangesRequest request, ServerCallContext context) => Task.FromResult(hub.OnListExchanges(request));

        public override Task<ExplainExchangeResponse> ExplainExchange(ExplainExchangeRequest request, ServerCallContext context) => Task.FromResult(hub.OnExplain(request));

        public override Task<RedeliverExchangeResponse> RedeliverExchange(RedeliverExchangeRequest request, ServerCallContext context) => Task.FromResult(hub.OnRedeliver(request));

        public override Task<WithdrawExchangeResponse> WithdrawExchange(WithdrawExchangeRequest request, ServerCallContext context) => Task.FromResult(hub.OnWithdraw(request));

        public override Task<ReplayExchangesResponse> ReplayExchanges(ReplayExchangesRequest request, ServerCallContext context) => Task.FromResult(hub.OnReplay(request));

        public override Task<ReportDrainResponse> ReportDrain(ReportDrainRequest request, ServerCallContext context) => Task.FromResult(hub.OnDrain(request));
    }

    private sealed class FakePartners(FakeHub hub) : PartnerService.PartnerServiceBase
    {
        public override Task<GetPartnerResponse> GetPartner(GetPartnerRequest request, ServerCallContext context) => Task.FromResult(hub.OnGetPartner(request));

        public override Task<ListPartnersResponse> ListPartners(ListPartnersRequest request, ServerCallContext context) => Task.FromResult(hub.OnListPartners(request));

        public override Task<PausePartnerResponse> PausePartner(PausePartnerRequest request, ServerCallContext context) => Task.FromResult(hub.OnPause(request));

        public override Task<ResumePartnerResponse> ResumePartner(ResumePartnerRequest request, ServerCallContext context) => Task.FromResult(hub.OnResume(request));

        public override Task<ChangeDeliveryResponse> ChangeDelivery(ChangeDeliveryRequest request, ServerCallContext context) => Task.FromResult(hub.OnChangeDelivery(request));
    }
}

/// <summary>Waits for a fact that never comes, until the caller goes away.</summary>
internal static class Forever
{
    public static async Task WaitAsync(CancellationToken cancellationToken)
    {
        var never = new TaskCompletionSource();
        await never.Task.WaitAsync(cancellationToken);
    }
}
