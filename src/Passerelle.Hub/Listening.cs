using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;

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

    /// <summary>PEM file with the server's certificate and key. Required for the TLS port; made by the development authority on the embedded database.</summary>
    public string? Certificate { get; set; }

    /// <summary>PEM file with the authority (or authorities) that client certificates must come from.</summary>
    public string? ClientAuthority { get; set; }
}

public static class Listening
{
    public static void Bind(KestrelServerOptions kestrel, ListenOptions options)
    {
        var address = IPAddress.Parse(options.Address);
        kestrel.AddServerHeader = false;
        kestrel.Listen(address, options.Http, l => l.Protocols = HttpProtocols.Http1);
        // Without TLS a port cannot tell HTTP/1.1 from HTTP/2: gRPC has its own.
        kestrel.Listen(address, options.Grpc, l => l.Protocols = HttpProtocols.Http2);
        if (options.Certificate is not { } certificate) return;
        var server = X509Certificate2.CreateFromPemFile(certificate);
        var authorities = new X509Certificate2Collection();
        if (options.ClientAuthority is { } authority) authorities.ImportFromPemFile(authority);
        kestrel.Listen(address, options.Tls, l =>
        {
            l.Protocols = HttpProtocols.Http1AndHttp2;
            l.UseHttps(server, https =>
            {
                // Asked for, not required: a partner may also come with an API key. A foreign certificate ends the handshake.
                https.ClientCertificateMode = ClientCertificateMode.AllowCertificate;
                https.ClientCertificateValidation = (shown, _, _) => ComesFrom(authorities, shown);
            });
        });
    }

    static bool ComesFrom(X509Certificate2Collection authorities, X509Certificate2 shown)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.ApplicationPolicy.Add(new System.Security.Cryptography.Oid("1.3.6.1.5.5.7.3.2"));
        return chain.Build(shown);
    }
}
