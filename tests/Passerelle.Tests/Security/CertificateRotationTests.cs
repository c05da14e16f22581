using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Grpc.Core;
using Grpc.Net.Client;
using Npgsql;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Hub.Partners;
using Passerelle.Tests.Support;
using Wire = Passerelle.Contracts.Partners.V1;

namespace Passerelle.Tests.Security;

/// <summary>Certificates end by their own date, also on a connection that was made before, and change while the hub runs: the server's, the clients', and the authorities that these come from.</summary>
public sealed class CertificateRotationTests(Postgres postgres)
{
    static readonly TimeSpan Short = TimeSpan.FromSeconds(25);

    [Fact]
    public async Task Certificates_end_at_their_time_and_new_ones_are_taken_up_without_a_restart()
    {
        using var first = new TestAuthority("first");
        using var second = new TestAuthority("second");
        var folder = postgres.NewFolder();
        var (serverFile, authorityFile) = (Path.Combine(folder, "server.pem"), Path.Combine(folder, "authority.pem"));
        File.WriteAllText(serverFile, TestAuthority.PemOf(first.Issue("one", forServer: true, "127.0.0.1")));
        File.WriteAllText(authorityFile, first.Pem + "\n");
        await using var hub = await HubProcess.StartAsync(postgres, 0, $"Listen:Certificate={serverFile}", $"Listen:ClientAuthority={authorityFile}");
        await using var source = NpgsqlDataSource.Create(hub.ConnectionString);

        // Counted from here, and in whole seconds as certificates have it.
        var end = DateTimeOffset.FromUnixTimeSeconds((TimeProvider.System.GetUtcNow() + Short).ToUnixTimeSeconds());
        var (lasting, ending, later) = (first.Issue("client", forServer: false), first.Issue("client", false, end), second.Issue("client", forServer: false));
        foreach (var certificate in (X509Certificate2[])[lasting, ending, later]) await TrustAsync(source, certificate);
        using var with = new Line(hub, ending);
        using var stream = new InboxService.InboxServiceClient(with.Channel).WatchInbox(new());
        Assert.True(await stream.ResponseStream.MoveNext(Stop));
        await ListAsync(with);

        await HubError.OfAsync(ErrorReason.CredentialsInvalid, StatusCode.Unauthenticated, async () => { while (await stream.ResponseStream.MoveNext(Stop)) { } });
        // To the second, as whoever made it meant it: not when somebody looks the next time.
        Assert.InRange(TimeProvider.System.GetUtcNow(), end.AddSeconds(-1), end.AddSeconds(4));
        // The same connection, whose handshake was long ago.
        await HubError.OfAsync(ErrorReason.CredentialsInvalid, StatusCode.Unauthenticated, () => ListAsync(with));

        using (var stranger = new Line(hub, later)) await Assert.ThrowsAsync<RpcException>(() => ListAsync(stranger));
        File.WriteAllText(authorityFile, first.Pem + "\n" + second.Pem + "\n");
        File.WriteAllText(serverFile, TestAuthority.PemOf(second.Issue("two", forServer: true, "127.0.0.1")));
        using var known = new Line(hub, later);
        await ListAsync(known);
        Assert.Equal("CN=two", known.ServerSubject);
        using var still = new Line(hub, lasting);
        await ListAsync(still);
        // And the other way round: an authority that is taken out ends with its certificates.
        File.WriteAllText(authorityFile, second.Pem + "\n");
        using var gone = new Line(hub, lasting);
        await Assert.ThrowsAsync<RpcException>(() => ListAsync(gone));
    }

    static CancellationToken Stop => TestContext.Current.CancellationToken;

    static async Task ListAsync(Line line) => await new Wire.PartnerService.PartnerServiceClient(line.Channel).ListPartnersAsync(new());

    static async Task TrustAsync(NpgsqlDataSource source, X509Certificate2 certificate)
    {
        await using var command = source.CreateCommand(
            "insert into credentials (id, kind, hash, owner, partner_id, scopes, networks, create_time) values (gen_random_uuid(), 'certificate', $1, 'interim-demo', 'interim-demo', $2, '{}', now())");
        command.Parameters.Add(new() { Value = certificate.GetCertHash(HashAlgorithmName.SHA256) });
        command.Parameters.Add(new() { Value = Scopes.Of(PartnerKind.Employment).ToArray() });
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>A connection of its own, with a client certificate.</summary>
    sealed class Line : IDisposable
    {
        public Line(HubProcess hub, X509Certificate2 certificate)
        {
            var handler = new SocketsHttpHandler();
#pragma warning disable CA5359 // Whose it is, the test looks itself.
            handler.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) =>
            {
                ServerSubject = shown!.Subject;
                return true;
            };
#pragma warning restore CA5359
            handler.SslOptions.ClientCertificates = [certificate];
            Channel = GrpcChannel.ForAddress(hub.TlsAddress, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        }

        public GrpcChannel Channel { get; }

        public string? ServerSubject { get; private set; }

        public void Dispose() => Channel.Dispose();
    }
}
