using System.Net;
using System.Threading.RateLimiting;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.Options;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Partners;

/// <summary>Holds each caller to what it may take of this node.</summary>
public sealed class CallLimits(IOptions<LimitOptions> options, TimeProvider time) : IDisposable
{
    static readonly TimeSpan Step = TimeSpan.FromMilliseconds(100);
    static readonly TimeSpan WhenPlacesAreTaken = TimeSpan.FromSeconds(1);

    readonly PartitionedRateLimiter<Caller> rates = Rates<Caller>(caller => caller.Id, caller => Of(options.Value, caller).CallsPerSecond, caller => Of(options.Value, caller).Burst);
    readonly PartitionedRateLimiter<string> strangers = Rates<string>(address => address, _ => options.Value.StrangersPerSecond, _ => options.Value.StrangersPerSecond * 20);
    readonly PartitionedRateLimiter<Caller> calls = Places(caller => Of(options.Value, caller).OpenCalls);
    readonly PartitionedRateLimiter<Caller> streams = Places(caller => Of(options.Value, caller).OpenStreams);

    /// <summary>One more call of this caller.</summary>
    public void Count(Caller caller)
    {
        using var lease = rates.AttemptAcquire(caller);
        if (!lease.IsAcquired) throw new RateLimited("calls_per_second", Of(options.Value, caller).CallsPerSecond, RetryAfter(lease));
    }

    /// <summary>One more credential that nobody here knows.</summary>
    public void CountStranger(IPAddress? from)
    {
        using var lease = strangers.AttemptAcquire(from?.ToString() ?? "");
        if (!lease.IsAcquired) throw new RateLimited("unknown_credentials_per_second", options.Value.StrangersPerSecond, RetryAfter(lease));
    }

    /// <returns>The place that the call takes; it is given back by disposing of it.</returns>
    public IDisposable Take(Caller caller, bool isStream)
    {
        var lease = (isStream ? streams : calls).AttemptAcquire(caller);
        if (lease.IsAcquired) return lease;
        lease.Dispose();
        var limits = Of(options.Value, caller);
        throw isStream ? new RateLimited("open_streams", limits.OpenStreams, WhenPlacesAreTaken) : new RateLimited("open_calls", limits.OpenCalls, WhenPlacesAreTaken);
    }

    /// <summary>The same stream, for a reader that does not wait for ever: a connection that is open and silent costs its sender nothing.</summary>
    public IAsyncStreamReader<T> Patient<T>(IAsyncStreamReader<T> stream, ServerCallContext context) => new PatientReader<T>(stream, context.GetHttpContext(), options.Value.StreamPatience, time);

    public void Dispose()
    {
        rates.Dispose();
        strangers.Dispose();
        calls.Dispose();
        streams.Dispose();
    }

    static CallerLimits Of(LimitOptions options, Caller caller) => caller.PartnerId is null ? options.Application : options.Partner;

    static TimeSpan RetryAfter(RateLimitLease lease) => lease.TryGetMetadata(MetadataName.RetryAfter, out var after) && after > Step ? after : Step;

    /// <summary>Refilled ten times a second.</summary>
    static PartitionedRateLimiter<T> Rates<T>(Func<T, string> key, Func<T, int> perSecond, Func<T, int> burst) => PartitionedRateLimiter.Create<T, string>(of => RateLimitPartition.GetTokenBucketLimiter(key(of), _ =>
    {
        var refill = Math.Max(1, perSecond(of) / 10);
        return new TokenBucketRateLimiterOptions { TokenLimit = burst(of), TokensPerPeriod = refill, ReplenishmentPeriod = TimeSpan.FromSeconds((double)refill / perSecond(of)), QueueLimit = 0 };
    }));

    static PartitionedRateLimiter<Caller> Places(Func<Caller, int> count) => PartitionedRateLimiter.Create<Caller, string>(caller =>
        RateLimitPartition.GetConcurrencyLimiter(caller.Id, _ => new ConcurrencyLimiterOptions { PermitLimit = count(caller), QueueLimit = 0 }));

    sealed class PatientReader<T>(IAsyncStreamReader<T> stream, HttpContext http, TimeSpan patience, TimeProvider time) : IAsyncStreamReader<T>
    {
        public T Current => stream.Current;

        public async Task<bool> MoveNext(CancellationToken cancellationToken)
        {
            var next = stream.MoveNext(cancellationToken);
            try { return await next.WaitAsync(patience, time, CancellationToken.None); }
            catch (TimeoutException)
            {
                // A read that goes on would keep the answer from leaving.
                http.Request.BodyReader.CancelPendingRead();
                try { return await next; }
                catch (RpcException) { throw new StreamMalformed($"Nothing came for {patience.TotalSeconds:0.#} seconds."); }
            }
        }
    }
}

/// <summary>More than one caller may take of one node.</summary>
public sealed class RateLimited(string limit, int most, TimeSpan retryAfter)
    : Refusal(StatusCode.ResourceExhausted, ErrorReason.RateLimited, $"Too many at once: {limit} is at most {most}.", ("limit", limit))
{
    protected override IEnumerable<Any> Details => [Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) })];
}
