using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Partners;

public sealed class CertificateTests(Postgres postgres)
{
    [Fact]
    public async Task On_the_TLS_port_a_client_certificate_identifies_its_caller_and_a_foreign_one_ends_the_handshake()
    {
        await using var hub = await HubProcess.StartEmbeddedAsync(postgres);
        var certificates = Path.Combine(hub.Folder, "certificates");
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(certificates, "authority.crt"));

        await ListCasesAsync(hub, authority, X509Certificate2.CreateFromPemFile(Path.Combine(certificates, "crm-demo.pem")));

        await HubError.OfAsync(ErrorReason.CredentialsMissing, StatusCode.Unauthenticated, () => ListCasesAsync(hub, authority, null));
        await HubError.OfAsync(ErrorReason.ScopeMissing, StatusCode.PermissionDenied, () => ListCasesAsync(hub, authority, X509Certificate2.CreateFromPemFile(Path.Combine(certificates, "ecole-demo.pem"))));

        var now = TimeProvider.System.GetUtcNow();
        var foreign = DevelopmentAuthority.Open(postgres.NewFolder(), now).Ensure("crm-demo", forServer: false, now);
        var refused = await Assert.ThrowsAsync<RpcException>(() => ListCasesAsync(hub, authority, X509Certificate2.CreateFromPemFile(foreign)));
        Assert.Contains(refused.StatusCode, (StatusCode[])[StatusCode.Unavailable, StatusCode.Internal]);

        // A certificate of the right authority that nobody has registered is a wrong credential, not a stranger's handshake.
        var unregistered = DevelopmentAuthority.Open(certificates, now).Ensure("unregistered", forServer: false, now);
        await HubError.OfAsync(ErrorReason.CredentialsInvalid, StatusCode.Unauthenticated, () => ListCasesAsync(hub, authority, X509Certificate2.CreateFromPemFile(unregistered)));
    }

    static async Task ListCasesAsync(HubProcess hub, X509Certificate2 authority, X509Certificate2? certificate)
    {
        var handler = new SocketsHttpHandler();
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(authority);
        if (certificate is not null) handler.SslOptions.ClientCertificates = [certificate];
        using var channel = GrpcChannel.ForAddress(hub.TlsAddress, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        await new CaseService.CaseServiceClient(channel).ListCasesAsync(new ListCasesRequest());
    }
}
