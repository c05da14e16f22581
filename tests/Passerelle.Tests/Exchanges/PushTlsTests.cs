using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Exchanges;

public sealed class PushTlsTests(Postgres postgres) : IDisposable
{
    readonly TestAuthority partners = new("partners-authority");
    readonly TestAuthority ours = new("our-authority");
    readonly TestAuthority foreign = new("foreign-authority");

    public void Dispose()
    {
        partners.Dispose();
        ours.Dispose();
        foreign.Dispose();
    }

    [Fact]
    public async Task A_server_of_the_pinned_authority_that_asks_for_our_certificate_gets_it()
    {
        var seen = "";
        await using var server = await StartAsync(RequiresOurs(s => seen = s), "127.0.0.1");
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, WithCertificate(ours));
        await bench.PointAsync("emploi", $"https://127.0.0.1:{server.Port}", foreign.Pem + "\n" + partners.Pem);

        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync());
        Assert.Equal("CN=passerelle", seen);
        Assert.Single(server.Received);
    }

    [Fact]
    public async Task A_server_of_another_authority_than_the_pinned_one_gets_nothing()
    {
        await using var server = await StartAsync(_ => { }, "127.0.0.1");
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", $"https://127.0.0.1:{server.Port}", foreign.Pem);
        Assert.Equal(new SendOutcome.NotYet("TLS_UNTRUSTED", Contact: Contact.Missed), await bench.SendAsync());

        // Nor does one that this machine does not know, where nothing is pinned.
        await bench.PointAsync("emploi", $"https://127.0.0.1:{server.Port}");
        Assert.Equal(new SendOutcome.NotYet("TLS_UNTRUSTED", Contact: Contact.Missed), await bench.SendAsync());
        Assert.Empty(server.Received);

        // It is mended by pinning the right one, within seconds.
        await bench.PointAsync("emploi", $"https://127.0.0.1:{server.Port}", partners.Pem);
        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync());
    }

    [Fact]
    public async Task A_server_with_somebody_elses_name_gets_nothing_although_the_authority_is_right()
    {
        await using var server = await StartAsync(_ => { }, "other.example", "127.0.0.2");
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", $"https://127.0.0.1:{server.Port}", partners.Pem);

        Assert.Equal(new SendOutcome.NotYet("TLS_WRONG_NAME", Contact: Contact.Missed), await bench.SendAsync());
        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task A_server_that_requires_our_certificate_takes_nothing_without_it_or_with_a_strangers()
    {
        await using var server = await StartAsync(RequiresOurs(_ => { }), "127.0.0.1");
        await using var hub = await HubHost.StartAsync(postgres);
        foreach (var options in (Hub.Partners.PushOptions[])[PushBench.ToThisMachine, WithCertificate(foreign)])
        {
            using var bench = new PushBench(hub, options);
            await bench.PointAsync("emploi", $"https://127.0.0.1:{server.Port}", partners.Pem);
            var outcome = Assert.IsType<SendOutcome.NotYet>(await bench.SendAsync());
            // In TLS 1.3 the refusal comes after the handshake, and looks like a connection that breaks.
            Assert.Contains(outcome.Error, (string[])["TLS_REFUSED", "UNAVAILABLE", "INTERNAL"]);
        }

        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task A_server_that_speaks_no_TLS_gets_nothing()
    {
        await using var server = await PartnerServer.StartAsync();
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", $"https://127.0.0.1:{server.Port}", partners.Pem);

        Assert.Equal(new SendOutcome.NotYet("TLS_REFUSED", Contact: Contact.Missed), await bench.SendAsync());
    }

    [Fact]
    public async Task A_server_that_takes_the_connection_and_never_answers_the_handshake_is_out_of_reach()
    {
        using var silent = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        silent.Start();
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", $"https://127.0.0.1:{((System.Net.IPEndPoint)silent.LocalEndpoint).Port}", partners.Pem);

        Assert.Equal(new SendOutcome.NotYet("NOT_CONNECTED", Contact: Contact.Missed), await bench.SendAsync());
    }

    [Fact]
    public async Task A_renewed_certificate_of_ours_is_shown_without_a_restart_and_a_broken_file_changes_nothing()
    {
        var seen = "";
        await using var server = await StartAsync(RequiresOurs(s => seen = s), "127.0.0.1");
        await using var hub = await HubHost.StartAsync(postgres);
        var options = WithCertificate(ours);
        using var bench = new PushBench(hub, options);
        await bench.PointAsync("emploi", $"https://127.0.0.1:{server.Port}", partners.Pem);
        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync());

        await ReplaceAsync("not a certificate", 1);
        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync());
        Assert.Equal("CN=passerelle", seen);

        using var renewed = ours.Issue("passerelle-renewed", forServer: false);
        await ReplaceAsync(TestAuthority.PemOf(renewed), 2);
        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync());
        Assert.Equal("CN=passerelle-renewed", seen);
        Assert.Equal(1, bench.Channels.Count);

        async Task ReplaceAsync(string text, int hours)
        {
            await File.WriteAllTextAsync(options.ClientCertificate!, text);
            // Two writes may fall into one tick of the file system's clock.
            File.SetLastWriteTimeUtc(options.ClientCertificate!, TimeProvider.System.GetUtcNow().UtcDateTime.AddHours(hours));
            bench.Forget();
        }
    }

    Task<PartnerServer> StartAsync(Action<HttpsConnectionAdapterOptions> configure, params string[] names)
    {
        var certificate = partners.Issue("partner", forServer: true, names);
        return PartnerServer.StartAsync(listen => listen.UseHttps(https =>
        {
            https.ServerCertificate = certificate;
            configure(https);
        }));
    }

    Action<HttpsConnectionAdapterOptions> RequiresOurs(Action<string> seen) => https =>
    {
        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
        https.ClientCertificateValidation = (certificate, _, _) =>
        {
            seen(certificate.Subject);
            return certificate.IssuerName.RawData.AsSpan().SequenceEqual(ours.Certificate.SubjectName.RawData);
        };
    };

    Hub.Partners.PushOptions WithCertificate(TestAuthority authority)
    {
        using var certificate = authority.Issue("passerelle", forServer: false);
        var file = Path.Combine(postgres.NewFolder(), "client.pem");
        File.WriteAllText(file, TestAuthority.PemOf(certificate));
        var options = PushBench.ToThisMachine;
        options.ClientCertificate = file;
        return options;
    }
}
