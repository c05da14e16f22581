using System.Collections.Concurrent;
using Grpc.Core;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Partners;

/// <summary>The streams that are open on this node, by the credentials that they were opened with: one that is revoked, or comes to its end, takes its streams with it.</summary>
public sealed class OpenStreams(CallerDirectory directory, TimeProvider time)
{
    /// <summary>What a timer takes at most. A stream that is open for longer is looked at again by CredentialWatch.</summary>
    static readonly TimeSpan LongestTimer = TimeSpan.FromDays(30);

    readonly ConcurrentDictionary<Held, byte> open = new();

    public int Count => open.Count;

    public Guid[] Credentials => [.. open.Keys.Select(held => held.CredentialId).Distinct()];

    public void End(ICollection<Guid> credentialIds)
    {
        foreach (var held in open.Keys.Where(held => credentialIds.Contains(held.CredentialId))) held.Ended.Cancel();
    }

    public async Task<T> WhileHeldAsync<T>(Holder holder, ServerCallContext context, Func<ServerCallContext, Task<T>> work)
    {
        var held = new Held(holder.CredentialId, holder.Lasts is { } lasts && lasts < LongestTimer ? new CancellationTokenSource(lasts, time) : new CancellationTokenSource());
        using var ended = held.Ended;
        open.TryAdd(held, 0);
        try
        {
            // Something may have become of it between the look and the moment from which we hear of it.
            if (holder.Knowledge != directory.Knowledge) await directory.FindAsync(context);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, ended.Token);
            return await work(new HeldCall(context, either.Token));
        }
        catch (Exception) when (ended.IsCancellationRequested && !context.CancellationToken.IsCancellationRequested)
        {
            throw new CredentialsInvalid();
        }
        finally
        {
            open.TryRemove(held, out _);
        }
    }

    sealed class Held(Guid credentialId, CancellationTokenSource ended)
    {
        public Guid CredentialId => credentialId;

        public CancellationTokenSource Ended => ended;
    }

    /// <summary>The same call, with an earlier end.</summary>
    sealed class HeldCall : ServerCallContext
    {
        readonly ServerCallContext inner;
        readonly CancellationToken ct;

        public HeldCall(ServerCallContext inner, CancellationToken ct)
        {
            (this.inner, this.ct) = (inner, ct);
            // Where GetHttpContext looks when it is not gRPC's own.
            inner.UserState["__HttpContext"] = inner.GetHttpContext();
        }

        protected override string MethodCore => inner.Method;

        protected override string HostCore => inner.Host;

        protected override string PeerCore => inner.Peer;

        protected override DateTime DeadlineCore => inner.Deadline;

        protected override Metadata RequestHeadersCore => inner.RequestHeaders;

        protected override CancellationToken CancellationTokenCore => ct;

        protected override Metadata ResponseTrailersCore => inner.ResponseTrailers;

        protected override Status StatusCore
        {
            get => inner.Status;
            set => inner.Status = value;
        }

        protected override WriteOptions? WriteOptionsCore
        {
            get => inner.WriteOptions;
            set => inner.WriteOptions = value;
        }

        protected override AuthContext AuthContextCore => inner.AuthContext;

        protected override IDictionary<object, object> UserStateCore => inner.UserState;

        protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) => inner.CreatePropagationToken(options);

        protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => inner.WriteResponseHeadersAsync(responseHeaders);
    }
}
