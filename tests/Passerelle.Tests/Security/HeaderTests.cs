using System.Net;
using Microsoft.AspNetCore.Http;
using Passerelle.Hub.Platform.Jobs;
using Passerelle.Tests.Support;
using HttpStatusCode = System.Net.HttpStatusCode;

namespace Passerelle.Tests.Security;

/// <summary>What a browser is told with every answer, and who may open the dashboard.</summary>
public sealed class HeaderTests(Postgres postgres)
{
    [Fact]
    public async Task Every_answer_over_HTTP_tells_a_browser_to_trust_it_with_nothing()
    {
        await using var hub = await HubProcess.StartEmbeddedAsync(postgres);
        using var http = new HttpClient { BaseAddress = new Uri(hub.HttpAddress) };
        http.DefaultRequestHeaders.Authorization = new("Bearer", hub.KeyOf("crm-demo"));
        foreach (var (path, code, kept) in (IEnumerable<(string, HttpStatusCode, bool)>)[
            ("/v1/cases", HttpStatusCode.OK, false), ("/v1/cases/nonsense", HttpStatusCode.BadRequest, false), ("/nowhere", HttpStatusCode.NotFound, false),
            ("/health/ready", HttpStatusCode.OK, false), ("/hangfire", HttpStatusCode.OK, false), ("/delais", HttpStatusCode.OK, true), ("/delais.json", HttpStatusCode.OK, true)])
        {
            using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.True(answer.StatusCode == code, $"{path}: {answer.StatusCode}");
            Assert.Equal("nosniff", Of(answer, "X-Content-Type-Options"));
            Assert.Equal("no-referrer", Of(answer, "Referrer-Policy"));
            Assert.Equal("DENY", Of(answer, "X-Frame-Options"));
            Assert.Equal("same-origin", Of(answer, "Cross-Origin-Resource-Policy"));
            Assert.StartsWith("default-src 'none'; ", Of(answer, "Content-Security-Policy"), StringComparison.Ordinal);
            Assert.Contains("frame-ancestors 'none'", Of(answer, "Content-Security-Policy"), StringComparison.Ordinal);
            Assert.True(kept == (answer.Headers.CacheControl is { Public: true }) && kept != answer.Headers.CacheControl!.NoStore, $"{path}: {answer.Headers.CacheControl}");
            Assert.False(answer.Headers.Contains("Server"));
            // Nobody can promise it on a line without TLS.
            Assert.False(answer.Headers.Contains("Strict-Transport-Security"));
        }

        using var handler = new SocketsHttpHandler();
#pragma warning disable CA5359 // Whose certificate it is does not matter here.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
#pragma warning restore CA5359
        using var tls = new HttpClient(handler) { BaseAddress = new Uri(hub.TlsAddress) };
        using var secure = await tls.GetAsync(new Uri("/health/live", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("max-age=31536000", Of(secure, "Strict-Transport-Security"));
    }

    [Theory]
    [InlineData("127.0.0.1", "localhost:5080", null, true)]
    [InlineData("127.0.0.1", "127.0.0.1:5080", null, true)]
    [InlineData("::1", "[::1]:5080", null, true)]
    [InlineData("192.0.2.1", "localhost", null, false)]
    [InlineData("127.0.0.1", "attacker.example", null, false)]
    [InlineData("127.0.0.1", "192.0.2.1", null, false)]
    [InlineData("127.0.0.1", "localhost", "X-Forwarded-For", false)]
    [InlineData("127.0.0.1", "localhost", "Forwarded", false)]
    [InlineData(null, "localhost", null, false)]
    public void The_dashboard_is_for_who_sits_at_the_machine(string? address, string host, string? header, bool allowed)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = address is null ? null : IPAddress.Parse(address);
        http.Request.Host = new HostString(host);
        if (header is not null) http.Request.Headers[header] = "192.0.2.1";
        Assert.Equal(allowed, DashboardDoor.IsLocal(http));
    }

    static string Of(HttpResponseMessage answer, string header) => answer.Headers.TryGetValues(header, out var values) ? values.Single() : "";
}
