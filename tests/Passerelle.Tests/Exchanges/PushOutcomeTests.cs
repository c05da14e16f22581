using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Support;
using Status = Grpc.Core.Status;

namespace Passerelle.Tests.Exchanges;

/// <summary>What a partner's server says on the wire, and what the hub makes of it.</summary>
public sealed class PushOutcomeTests(Postgres postgres)
{
    static readonly TimeSpan TwoMinutes = TimeSpan.FromMinutes(2);

    public static TheoryData<StatusCode> Codes => [.. System.Enum.GetValues<StatusCode>().Where(c => c != StatusCode.OK)];

    [Theory]
    [MemberData(nameof(Codes))]
    public async Task Every_status_means_what_the_contract_says(StatusCode code)
    {
        await using var server = await PartnerServer.StartAsync();
        server.Answer = _ => throw new RpcException(new Status(code, Marker.Of("DETAIL")));
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", $"http://127.0.0.1:{server.Port}");

        Assert.Equal(Meant(code), await bench.SendAsync());
    }

    [Theory]
    [InlineData("RetryInfo")]
    [InlineData("trailer")]
    [InlineData("header")]
    [InlineData("proxy")]
    public async Task A_partner_that_says_when_to_come_back_is_there_in_whatever_way_it_says_it(string way)
    {
        await using var server = await PartnerServer.StartAsync();
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", $"http://127.0.0.1:{server.Port}");
        if (way == "proxy")
            server.Proxy = response =>
            {
                response.StatusCode = 503;
                response.Headers.RetryAfter = "120";
            };
        else server.Answer = context => SayAsync(way, context);

        Assert.Equal(new SendOutcome.NotYet("UNAVAILABLE", TwoMinutes, Contact.Reached), await bench.SendAsync());
    }

    [Theory]
    [InlineData("Wed, 21 Oct 2026 07:28:00 GMT")]
    [InlineData("-1")]
    [InlineData("soon")]
    public async Task What_is_no_number_of_seconds_says_nothing(string value)
    {
        await using var server = await PartnerServer.StartAsync();
        server.Answer = _ => throw new RpcException(new Status(StatusCode.Unavailable, ""), new Metadata { { "retry-after", value } });
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", $"http://127.0.0.1:{server.Port}");

        Assert.Equal(new SendOutcome.NotYet("UNAVAILABLE", Contact: Contact.Missed), await bench.SendAsync());
    }

    static async Task SayAsync(string way, ServerCallContext context)
    {
        var seconds = new Metadata { { "retry-after", "120" } };
        switch (way)
        {
            case "RetryInfo":
                throw new Google.Rpc.Status { Code = (int)Code.Unavailable, Details = { Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(TwoMinutes) }) } }.ToRpcException();
            case "trailer":
                throw new RpcException(new Status(StatusCode.Unavailable, ""), seconds);
            default:
                await context.WriteResponseHeadersAsync(seconds);
                throw new RpcException(new Status(StatusCode.Unavailable, ""));
        }
    }

    /// <summary>The table of DeliveryService, written once more.</summary>
    static SendOutcome Meant(StatusCode code) => code switch
    {
        StatusCode.InvalidArgument => new SendOutcome.Refused("INVALID_ARGUMENT", Contact.Reached),
        StatusCode.NotFound => new SendOutcome.Refused("NOT_FOUND", Contact.Reached),
        StatusCode.AlreadyExists => new SendOutcome.Refused("ALREADY_EXISTS", Contact.Reached),
        StatusCode.FailedPrecondition => new SendOutcome.Refused("FAILED_PRECONDITION", Contact.Reached),
        StatusCode.OutOfRange => new SendOutcome.Refused("OUT_OF_RANGE", Contact.Reached),
        StatusCode.DataLoss => new SendOutcome.Refused("DATA_LOSS", Contact.Reached),
        StatusCode.ResourceExhausted => new SendOutcome.NotYet("RESOURCE_EXHAUSTED", Contact: Contact.Reached),
        StatusCode.Aborted => new SendOutcome.NotYet("ABORTED", Contact: Contact.Reached),
        StatusCode.Internal => new SendOutcome.NotYet("INTERNAL", Contact: Contact.Reached),
        StatusCode.Unknown => new SendOutcome.NotYet("UNKNOWN", Contact: Contact.Reached),
        StatusCode.Cancelled => new SendOutcome.NotYet("CANCELLED", Contact: Contact.Reached),
        StatusCode.Unavailable => new SendOutcome.NotYet("UNAVAILABLE", Contact: Contact.Missed),
        StatusCode.DeadlineExceeded => new SendOutcome.NotYet("DEADLINE_EXCEEDED", Contact: Contact.Missed),
        StatusCode.Unauthenticated => new SendOutcome.NotYet("UNAUTHENTICATED", Contact: Contact.Missed),
        StatusCode.PermissionDenied => new SendOutcome.NotYet("PERMISSION_DENIED", Contact: Contact.Missed),
        StatusCode.Unimplemented => new SendOutcome.NotYet("UNIMPLEMENTED", Contact: Contact.Missed),
        StatusCode.OK => new SendOutcome.Accepted(),
    };
}
