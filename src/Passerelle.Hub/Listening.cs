using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Passerelle.Hub.Partners;
using IPNetwork = System.Net.IPNetwork;

namespace Passerelle.Hub;

/// <summary>Where the hub listens. Section `Listen`.</summary>
public sealed class ListenOptions
{
    /// <summary>IP address to bind. Default 127.0.0.1; `0.0.0.0` in a container.</summary>
    public string Address { get; set; } = "127.0.0.1";

    /// <summary>HTTP/1.1: JSON, health, the job dashboard. Default 5080.</summary>
    public int Http { get; set; } = 5080;

    /// <summary>gRPC without TLS (HTTP/2 only), for this machine or behind a proxy that ends TLS. Default 5081.</summary>
    public int Grpc { get; set; } = 5081;

    /// <summary>gRPC and HTTP with TLS; a client certificate is asked for, and checked when one is shown. Default 5443.</summary>
    public int Tls { get; set; } = 5443;

    /// <summary>PEM file with the server's certificate and key, and the intermediate certificates if there are any. Read again for the next connection when the file changes. Required for the TLS port; made by the development authority on the embedded database.</summary>
    public string? Certificate { get; set; }

    /// <summary>PEM file with the authority (or authorities) that client certificates must come from. Read again for the next connection when the file changes.</summary>
    public string? ClientAuthority { get; set; }

    /// <summary>Connections at a time, of all callers together. Default 5,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 5_000;

    /// <summary>Calls and streams at a time in one HTTP/2 connection. Default 200.</summary>
    [Range(1, 10_000)]
    public int MaxStreamsPerConnection { get; set; } = 200;

    /// <summary>The headers of a request together, in bytes. Default 16 KiB.</summary>
    [Range(1024, 1024 * 1024)]
    public int MaxHeaderBytes { get; set; } = 16 * 1024;

    /// <summary>A request's headers are there within this. Default 10 s.</summary>
    public TimeSpan HeaderPatience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>A body comes, and an answer is taken, at no fewer bytes a second than this, measured after a grace of 5 s. Default 240. Client streams have Limits:StreamPatience.</summary>
    [Range(1, 1_000_000)]
    public int MinBytesPerSecond { get; set; } = 240;

    /// <summary>A connection that has been quiet for so long is asked whether it is still there, and closed 20 s later if it does not say so. Default 30 s.</summary>
    public TimeSpan PingAfter { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Proxies that end TLS for the hub, as networks (`10.0.0.5/32`): only what they say of where a caller comes from is believed (X-Forwarded-For, X-Forwarded-Proto). Default: none.</summary>
    public string[] Proxies { get; set; } = [];

    /// <summary>Of all that is wrong with it, in words.</summary>
    public void Check()
    {
        var wrong = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), wrong, validateAllProperties: true);
        if (HeaderPatience <= TimeSpan.Zero || PingAfter < TimeSpan.FromSeconds(1)) wrong.Add(new ValidationResult("HeaderPatience must be positive, and PingAfter at least 1 s."));
        foreach (var proxy in Proxies)
            if (!IPNetwork.TryParse(proxy, out _)) wrong.Add(new ValidationResult($"Proxies: {proxy} is no network; write it as 10.0.0.5/32."));
        if (wrong.Count > 0) throw new InvalidOperationException("Listen: " + string.Join(' ', wrong.Select(w => w.ErrorMessage)));
    }
}

public static class Listening
{
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);
    static readonly TimeSpan PingPatience = TimeSpan.FromSeconds(20);

    public static void Bind(KestrelServerOptions kestrel, ListenOptions options)
    {
        options.Check();
        Limit(kestrel, options);
        var address = IPAddress.Parse(options.Address);
        kestrel.AddServerHeader = false;
        kestrel.Listen(address, options.Http, l => l.Protocols = HttpProtocols.Http1);
        // Without TLS a port cannot tell HTTP/1.1 from HTTP/2: gRPC has its own.
        kestrel.Listen(address, options.Grpc, l => l.Protocols = HttpProtocols.Http2);
        if (options.Certificate is not { } certificate) return;
        var server = new PemFile<SslStreamCertificateContext>(certificate, PushCertificate.Read);
        var authorities = options.ClientAuthority is { } file ? new PemFile<X509Certificate2Collection>(file, ReadAll) : null;
        kestrel.Listen(address, options.Tls, l =>
        {
            l.Protocols = HttpProtocols.Http1AndHttp2;
            l.UseHttps(new TlsHandshakeCallbackOptions
            {
                OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = server.Current(),
                    // Asked for, not required: a partner may also come with an API key. A foreign certificate ends the handshake.
                    ClientCertificateRequired = true,
                    RemoteCertificateValidationCallback = (_, shown, _, _) => shown is null || (authorities is not null && ComesFrom(authorities.Current(), (X509Certificate2)shown)),
                }),
            });
        });
    }

    /// <summary>Callers are where the proxies that end TLS say that they are; nobody else is believed.</summary>
    public static void UseProxies(this WebApplication app, ListenOptions options)
    {
        if (options.Proxies.Length == 0) return;
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in options.Proxies) forwarded.KnownIPNetworks.Add(IPNetwork.Parse(proxy));
        app.UseForwardedHeaders(forwarded);
    }

    static void Limit(KestrelServerOptions kestrel, ListenOptions options)
    {
        var limits = kestrel.Limits;
        limits.MaxConcurrentConnections = options.MaxConnections;
        limits.MaxRequestHeadersTotalSize = options.MaxHeaderBytes;
        limits.MaxRequestLineSize = Math.Min(limits.MaxRequestLineSize, options.MaxHeaderBytes);
        limits.Http2.MaxRequestHeaderFieldSize = options.MaxHeaderBytes;
        limits.Http2.MaxStreamsPerConnection = options.MaxStreamsPerConnection;
        limits.RequestHeadersTimeout = options.HeaderPatience;
        limits.MinRequestBodyDataRate = new MinDataRate(options.MinBytesPerSecond, Grace);
        limits.MinResponseDataRate = new MinDataRate(options.MinBytesPerSecond, Grace);
        limits.Http2.KeepAlivePingDelay = options.PingAfter;
        limits.Http2.KeepAlivePingTimeout = PingPatience;
    }

    static X509Certificate2Collection ReadAll(string file)
    {
        var read = new X509Certificate2Collection();
        read.ImportFromPemFile(file);
        return read;
    }

    static bool ComesFrom(X509Certificate2Collection authorities, X509Certificate2 shown)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        // Which certificates are still good is our own list's business (keys revoke): nothing of an authority's is asked, and nothing waits for it.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.2"));
        return chain.Build(shown);
    }

    /// <summary>What a PEM file holds, read again when it was written anew; what cannot be read (half written, gone for a moment) leaves what was there before.</summary>
    sealed class PemFile<T>(string file, Func<string, T> read) where T : class
    {
        readonly Lock gate = new();
        T current = read(file);
        DateTime written = File.GetLastWriteTimeUtc(file);

        public T Current()
        {
            lock (gate)
            {
                if (File.GetLastWriteTimeUtc(file) is var now && now == written) return current;
                try { (current, written) = (read(file), now); }
                catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException) { }
                return current;
            }
        }
    }
}
