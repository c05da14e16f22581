using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Tests.Client;

namespace Passerelle.Tests.Cli;

public sealed class TlsTests : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _authority = Authority();

    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_hub_of_a_private_authority_is_trusted_when_it_is_named_and_sees_the_client_certificate()
    {
        string? seen = null;
        await using var hub = await StartAsync(https =>
        {
            https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
            https.ClientCertificateValidation = (certificate, _, _) =>
            {
                seen = certificate.Subject;
                return true;
            };
        });
        using var client = Issue("CN=partner-under-test");
        var pem = client.ExportCertificatePem() + '\n' + client.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

        var result = await ListAsync(hub, "--authority", AuthorityFile(), "--cert", _folder.Write("client.pem", pem));

        Assert.Equal((0, ""), (result.Code, result.Error));
        Assert.Equal("CN=partner-under-test", seen);
    }

    [Fact]
    public async Task A_hub_of_an_authority_that_nobody_knows_is_refused_with_a_sentence_that_says_what_to_check()
    {
        await using var hub = await StartAsync(_ => { });

        var result = await ListAsync(hub);

        Assert.Equal(5, result.Code);
        Assert.Contains("La connexion sécurisée est refusée", result.Error);
        Assert.Empty(hub.Calls);
    }

    [Fact]
    public async Task A_hub_of_another_authority_than_the_named_one_is_refused()
    {
        await using var hub = await StartAsync(_ => { });
        using var other = Authority();

        var result = await ListAsync(hub, "--authority", _folder.Write("other.pem", other.ExportCertificatePem()));

        Assert.Equal(5, result.Code);
        Assert.Empty(hub.Calls);
    }

    private async Task<FakeHub> StartAsync(Action<HttpsConnectionAdapterOptions> configure)
    {
        var certificate = Issue("CN=127.0.0.1");
        var hub = await FakeHub.StartAsync(listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            configure(https);
        }));
        hub.OnListExchanges = _ => new ListExchangesResponse();
        return hub;
    }

    private string AuthorityFile() => _folder.Write("authority.pem", _authority.ExportCertificatePem());

    private static Task<CommandResult> ListAsync(FakeHub hub, params string[] args) => CommandLine.RunAsync(
        new() { ["PASSERELLE_ADDRESS"] = hub.Address.ToString() }, null, TestContext.Current.CancellationToken, ["exchanges", "list", "--json", .. args]);

    private static X509Certificate2 Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=authority-under-test", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(Now.AddDays(-1), Now.AddDays(2));
    }

    private X509Certificate2 Issue(string subject)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var issued = request.Create(_authority, Now.AddHours(-1), Now.AddDays(1), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }
}
