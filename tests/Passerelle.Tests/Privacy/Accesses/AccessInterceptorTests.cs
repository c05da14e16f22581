using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Schooling.V1;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy.Accesses;

namespace Passerelle.Tests.Privacy.Accesses;

/// <summary>What happens to a service that forgets to say whose data it gives.</summary>
public sealed class AccessInterceptorTests
{
    const string GetCase = "/passerelle.cases.v1.CaseService/GetCase";
    const string Download = "/passerelle.schooling.v1.DocumentService/DownloadDocument";

    static readonly GetCaseResponse telling = new() { Case = new() { Name = "cases/1" }, Members = { new Person { Name = "persons/1" }, new Person { GivenName = "Camille" } } };

    [Fact]
    public async Task A_response_that_tells_of_somebody_does_not_leave_unless_it_was_noted()
    {
        var forgotten = await Assert.ThrowsAsync<InvalidOperationException>(() => AnswerAsync(new Call(GetCase), telling));
        Assert.Contains("GetCase", forgotten.Message, StringComparison.Ordinal);
        Assert.Equal(telling, await AnswerAsync(new Call(GetCase) { Noted = true }, telling));
    }

    [Fact]
    public async Task A_response_that_tells_of_nobody_leaves()
    {
        var silent = new GetCaseResponse { Case = new() { Name = "cases/1" }, Members = { new Person { Name = "persons/1" } } };
        Assert.Equal(silent, await AnswerAsync(new Call(GetCase), silent));
    }

    [Fact]
    public async Task Nothing_personal_leaves_in_the_middle_of_a_stream_either()
    {
        var writer = new Writer();
        await Assert.ThrowsAsync<InvalidOperationException>(() => new AccessInterceptor().ServerStreamingServerHandler(new DownloadDocumentRequest(), writer, new Call(Download), async (_, stream, _) =>
        {
            await stream.WriteAsync(new DownloadDocumentResponse { Document = new() { Name = "documents/1" } });
            await stream.WriteAsync(new DownloadDocumentResponse { Chunk = Google.Protobuf.ByteString.CopyFromUtf8("x") });
        }));
        Assert.Single(writer.Written);
    }

    [Fact]
    public void What_an_exchange_hands_over_is_not_the_access_logs()
    {
        Assert.False(PersonalReads.Are("/passerelle.exchanges.v1.InboxService/FetchExchanges"));
        Assert.False(PersonalReads.Tells(new FetchExchangesResponse { Envelopes = { new Envelope { Payload = Google.Protobuf.WellKnownTypes.Any.Pack(telling) } } }));
    }

    static Task<GetCaseResponse> AnswerAsync(Call call, GetCaseResponse response) =>
        new AccessInterceptor().UnaryServerHandler(new GetCaseRequest(), call, (_, context) =>
        {
            if (call.Noted) context.GetHttpContext().Items["passerelle.access"] = true;
            return Task.FromResult(response);
        });

    /// <summary>A call of an application, as the interceptors see it.</summary>
    sealed class Call : ServerCallContext
    {
        readonly string method;

        public Call(string method)
        {
            this.method = method;
            var http = new DefaultHttpContext();
            http.Request.Headers[AccessReason.PurposeHeader] = "case_handling";
            UserState["__HttpContext"] = http;
            this.SetCaller(new Caller("crm", null, new HashSet<string>()));
        }

        public bool Noted { get; init; }

        protected override string MethodCore => method;

        protected override string HostCore => "";

        protected override string PeerCore => "";

        protected override DateTime DeadlineCore => DateTime.MaxValue;

        protected override Metadata RequestHeadersCore { get; } = [];

        protected override CancellationToken CancellationTokenCore => CancellationToken.None;

        protected override Metadata ResponseTrailersCore { get; } = [];

        protected override Status StatusCore { get; set; }

        protected override WriteOptions? WriteOptionsCore { get; set; }

        protected override AuthContext AuthContextCore => new("", []);

        protected override IDictionary<object, object> UserStateCore { get; } = new Dictionary<object, object>();

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => throw new NotSupportedException();

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;
    }

    sealed class Writer : IServerStreamWriter<DownloadDocumentResponse>
    {
        public List<DownloadDocumentResponse> Written { get; } = [];

        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(DownloadDocumentResponse message)
        {
            Written.Add(message);
            return Task.CompletedTask;
        }
    }
}
