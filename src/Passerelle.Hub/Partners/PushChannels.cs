using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Net.Client;

namespace Passerelle.Hub.Partners;

/// <summary>The channels to partners' servers: one for each address and what is trusted there, kept while a partner uses it. When a partner's settings change it moves to another;
/// the last one to leave closes the old one, once the calls on it have ended.</summary>
public sealed class PushChannels(PushAddresses addresses, PushCertificate certificate) : IDisposable
{
    /// <summary>A partner's answer is empty, or an error.</summary>
    const int MaxAnswerSize = 64 * 1024;

    readonly Lock gate = new();
    readonly Dictionary<Target, Kept> kept = [];
    readonly Dictionary<string, Target> targets = [];

    /// <summary>A channel for one call: dispose the rent when it has ended.</summary>
    public Rent Open(string partnerId, PushSettings settings)
    {
        var target = new Target(settings.Address, settings.Authority, certificate.Current());
        lock (gate)
        {
            if (!kept.TryGetValue(target, out var channel)) kept[target] = channel = new Kept(Connect(target));
            if (!targets.TryGetValue(partnerId, out var before) || before != target)
            {
                targets[partnerId] = target;
                channel.Partners++;
                if (before.Address is not null && --kept[before].Partners == 0 && kept.Remove(before, out var left)) left.CloseWhenIdle();
            }

            channel.Calls++;
            return new Rent(channel.Channel, () => End(channel));
        }
    }

    public int Count
    {
        get { lock (gate) return kept.Count; }
    }

    public void Dispose()
    {
        lock (gate)
        {
            foreach (var channel in kept.Values) channel.Channel.Dispose();
            kept.Clear();
            targets.Clear();
        }
    }

    void End(Kept channel)
    {
        lock (gate) channel.EndCall();
    }

    GrpcChannel Connect(Target target)
    {
        var secure = target.Address.Scheme == Uri.UriSchemeHttps;
        var handler = new SocketsHttpHandler
        {
            // A proxy or a redirection would lead elsewhere than to the address that was checked.
            UseProxy = false,
            AllowAutoRedirect = false,
            ConnectCallback = (context, ct) => ConnectAsync(context.DnsEndPoint, secure, ct),
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            // Names move and certificates end: a connection that is never idle is made anew, and checked again.
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            ConnectTimeout = TimeSpan.FromSeconds(5),
        };
        if (secure) handler.SslOptions = Tls(target);
        return GrpcChannel.ForAddress(target.Address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxReceiveMessageSize = MaxAnswerSize });
    }

    /// <summary>Connects to the very addresses that were checked: a name that answers otherwise the second time gains nothing.</summary>
    async ValueTask<Stream> ConnectAsync(DnsEndPoint endPoint, bool secure, CancellationToken ct)
    {
        var found = await Dns.GetHostAddressesAsync(endPoint.Host, ct);
        var allowed = found.Where(a => addresses.May(a, secure)).ToArray();
        if (allowed.Length == 0 && found.Length > 0) throw PushForbidden.Address();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, endPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    static SslClientAuthenticationOptions Tls(Target target)
    {
        var policy = new X509ChainPolicy
        {
            RevocationMode = X509RevocationMode.NoCheck,
            // The places that a stranger's certificate names would be fetched from inside our network.
            DisableCertificateDownloads = true,
            TrustMode = target.Authority is null ? X509ChainTrustMode.System : X509ChainTrustMode.CustomRootTrust,
        };
        policy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        if (target.Authority is { } pem) policy.CustomTrustStore.ImportFromPem(pem);
        return new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = policy,
            ClientCertificateContext = target.Certificate,
            RemoteCertificateValidationCallback = (_, _, _, errors) => errors switch
            {
                SslPolicyErrors.None => true,
                SslPolicyErrors.RemoteCertificateNameMismatch => throw PushForbidden.WrongName(),
                _ => throw PushForbidden.UntrustedCertificate(),
            },
        };
    }

    /// <param name="Certificate">Ours; another object when it was renewed.</param>
    readonly record struct Target(Uri Address, string? Authority, SslStreamCertificateContext? Certificate);

    sealed class Kept(GrpcChannel channel)
    {
        bool closing;

        public GrpcChannel Channel => channel;

        /// <summary>How many partners are served by it.</summary>
        public int Partners { get; set; }

        public int Calls { get; set; }

        public void CloseWhenIdle()
        {
            closing = true;
            if (Calls == 0) channel.Dispose();
        }

        public void EndCall()
        {
            Calls--;
            if (closing && Calls == 0) channel.Dispose();
        }
    }

    /// <summary>Disposed once, when the call has ended.</summary>
    public sealed class Rent(GrpcChannel channel, Action end) : IDisposable
    {
        public GrpcChannel Channel => channel;

        public void Dispose() => end();
    }
}
