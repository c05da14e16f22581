using Google.Rpc;
using Grpc.Core;
using Passerelle.Client;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Tests.Client;

public sealed class PasserelleClientTests : IAsyncLifetime
{
    private FakeHub _hub = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _hub = await FakeHub.StartAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task The_key_is_sent_with_unary_calls_and_with_streams_of_both_directions()
    {
        _hub.OnGetExchange = _ => new GetExchangeResponse();
        _ = new InboxScript(_hub);
        _hub.OnPushOffers = (_, _) => Task.FromResult(new PushOffersResponse());
        using var client = _hub.Connect();

        await client.Exchanges.GetExchangeAsync(new GetExchangeRequest(), cancellationToken: Token);
        client.Exchanges.GetExchange(new GetExchangeRequest(), cancellationToken: Token);
        await client.ReadInbox(new InboxOptions { StopWhenEmpty = true }).RunAsync((_, _) => Task.CompletedTask, Token);
        await client.PushOffersAsync(AsyncEnumerable.Empty<Offer>(), cancellationToken: Token);

        Assert.Equal(4, _hub.Calls.Count);
        Assert.All(_hub.Calls, call => Assert.Equal("Bearer key-of-the-test", call.Authorization));
    }

    [Fact]
    public async Task Metadata_of_the_caller_are_kept_and_win()
    {
        _hub.OnGetExchange = _ => new GetExchangeResponse();
        using var client = _hub.Connect();
        var own = new Grpc.Core.Metadata { { "authorization", "Bearer another" } };

        await client.Exchanges.GetExchangeAsync(new GetExchangeRequest(), own, cancellationToken: Token);

        Assert.Equal("Bearer another", Assert.Single(_hub.Calls).Authorization);
        Assert.Single(own);
    }

    [Fact]
    public async Task Why_persons_data_is_read_is_sent_with_every_call_and_a_call_may_say_otherwise()
    {
        _hub.OnGetExchange = _ => new GetExchangeResponse();
        using var client = PasserelleClient.Connect(new PasserelleOptions { Address = _hub.Address, Purpose = AccessPurpose.CaseHandling, Actor = "advisor-1" });

        await client.Exchanges.GetExchangeAsync(new GetExchangeRequest(), cancellationToken: Token);
        await client.Exchanges.GetExchangeAsync(new GetExchangeRequest(), Reading.For(AccessPurpose.RightsRequest, "advisor-2"), cancellationToken: Token);

        Assert.Equal([("case_handling", "advisor-1"), ("rights_request", "advisor-2")], _hub.Calls.Select(c => (c.Purpose, c.Actor)));
        Assert.Throws<ArgumentException>(() => PasserelleClient.Connect(new PasserelleOptions { Address = _hub.Address, Actor = "Camille Exemple" }));
    }

    [Fact]
    public async Task Nothing_is_said_of_a_purpose_that_nobody_gave()
    {
        _hub.OnGetExchange = _ => new GetExchangeResponse();
        using var client = _hub.Connect();

        await client.Exchanges.GetExchangeAsync(new GetExchangeRequest(), cancellationToken: Token);

        Assert.Equal((null, null), _hub.Calls.Select(c => (c.Purpose, c.Actor)).Single());
    }

    [Fact]
    public async Task A_read_is_repeated_while_the_hub_is_unavailable()
    {
        _hub.OnGetExchange = request => _hub.CountOf("GetExchange") < 3
            ? throw FakeHub.Down
            : new GetExchangeResponse { Exchange = new() { Name = request.Name } };
        using var client = _hub.Connect();

        var response = await client.Exchanges.GetExchangeAsync(new GetExchangeRequest { Name = "exchanges/1" }, cancellationToken: Token);

        Assert.Equal("exchanges/1", response.Exchange.Name);
        Assert.Equal(3, _hub.CountOf("GetExchange"));
    }

    [Fact]
    public async Task A_creation_is_repeated_under_the_same_request_id()
    {
        var seen = new List<string>();
        _hub.OnUpsertOffer = request =>
        {
            seen.Add(request.RequestId);
            return seen.Count < 2 ? throw FakeHub.Down : new UpsertOfferResponse();
        };
        using var client = _hub.Connect();

        await client.Offers.UpsertOfferAsync(new UpsertOfferRequest { RequestId = client.NewRequestId() }, cancellationToken: Token);

        Assert.Equal(2, seen.Count);
        Assert.Single(seen.Distinct());
    }

    [Fact]
    public async Task A_refusal_is_not_repeated()
    {
        _hub.OnGetExchange = _ => throw FakeHub.Refusal(StatusCode.NotFound, "RESOURCE_NOT_FOUND");
        using var client = _hub.Connect();

        await Assert.ThrowsAsync<RpcException>(() => client.Exchanges.GetExchangeAsync(new GetExchangeRequest(), cancellationToken: Token).ResponseAsync);

        Assert.Equal(1, _hub.CountOf("GetExchange"));
    }

    [Fact]
    public async Task An_error_is_read_whole()
    {
        _hub.OnGetExchange = _ => throw FakeHub.Refusal(
            StatusCode.InvalidArgument,
            "FIELD_INVALID",
            new() { ["trace"] = "4bf92f" },
            new BadRequest { FieldViolations = { new BadRequest.Types.FieldViolation { Field = "members[1].birth_date", Description = "required" } } },
            new RetryInfo { RetryDelay = Google.Protobuf.WellKnownTypes.Duration.FromTimeSpan(TimeSpan.FromSeconds(7)) });
        using var client = _hub.Connect();

        var thrown = await Assert.ThrowsAsync<RpcException>(() => client.Exchanges.GetExchangeAsync(new GetExchangeRequest(), cancellationToken: Token).ResponseAsync);
        var error = PasserelleError.From(thrown);

        Assert.Equal(StatusCode.InvalidArgument, error.Code);
        Assert.Equal(ErrorReason.FieldInvalid, error.Reason);
        Assert.Equal(new FieldViolation("members[1].birth_date", "required"), Assert.Single(error.FieldViolations));
        Assert.Equal(TimeSpan.FromSeconds(7), error.RetryDelay);
        Assert.Equal("4bf92f", error.Trace);
        Assert.False(error.IsTransient);
    }

    [Fact]
    public void Every_reason_of_the_contract_is_understood_by_its_name()
    {
        foreach (var reason in Enum.GetValues<ErrorReason>().Where(r => r != ErrorReason.Unspecified))
        {
            var name = ErrorReasonReflection.Descriptor.EnumTypes.Single().FindValueByNumber((int)reason).Name["ERROR_REASON_".Length..];
            Assert.Equal(reason, PasserelleError.From(FakeHub.Refusal(StatusCode.Internal, name)).Reason);
        }
    }

    [Fact]
    public void A_reason_of_another_domain_or_of_the_future_is_unspecified()
    {
        var foreign = new Google.Rpc.Status { Code = 5, Details = { Google.Protobuf.WellKnownTypes.Any.Pack(new ErrorInfo { Domain = "proxy", Reason = "CV_MISSING" }) } };

        Assert.Equal(ErrorReason.Unspecified, PasserelleError.From(foreign.ToRpcException()).Reason);
        var future = PasserelleError.From(FakeHub.Refusal(StatusCode.NotFound, "MOON_PHASE_WRONG"));
        Assert.Equal((ErrorReason.Unspecified, "MOON_PHASE_WRONG"), (future.Reason, future.ReasonName));
    }

    [Fact]
    public void Details_that_cannot_be_read_are_left_out()
    {
        var trailers = new Grpc.Core.Metadata { { "grpc-status-details-bin", "not a status"u8.ToArray() } };

        var error = PasserelleError.From(new RpcException(new Grpc.Core.Status(StatusCode.NotFound, ""), trailers));

        Assert.Equal((StatusCode.NotFound, ErrorReason.Unspecified), (error.Code, error.Reason));
    }

    [Theory]
    [InlineData("ftp://hub")]
    [InlineData("/relative")]
    public void An_address_that_is_not_http_is_refused(string address) =>
        Assert.Throws<ArgumentException>(() => PasserelleClient.Connect(new PasserelleOptions { Address = new Uri(address, UriKind.RelativeOrAbsolute) }));

    [Fact]
    public void A_malformed_key_is_refused_without_being_repeated()
    {
        var thrown = Assert.Throws<ArgumentException>(() => PasserelleClient.Connect(new PasserelleOptions { Address = _hub.Address, ApiKey = "secret\n" }));

        Assert.DoesNotContain("secret", thrown.Message);
    }

    [Fact]
    public void Request_ids_are_of_version_7_and_sort_by_time()
    {
        using var client = _hub.Connect();

        Assert.Equal(7, Guid.Parse(client.NewRequestId()).Version);
    }
}
