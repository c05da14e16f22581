using Google.Protobuf.WellKnownTypes;
using Passerelle.Contracts.Partners.V1;
using Passerelle.Tests.Client;
using Delivery = Passerelle.Contracts.Partners.V1.Partner.Types.Delivery;
using Health = Passerelle.Contracts.Partners.V1.Partner.Types.Health;

namespace Passerelle.Tests.Cli;

/// <summary>passerelle partners.</summary>
public sealed class PartnersCommandsTests : IAsyncLifetime
{
    private FakeHub _hub = null!;

    public async ValueTask InitializeAsync() => _hub = await FakeHub.StartAsync();

    public ValueTask DisposeAsync() => _hub.DisposeAsync();

    [Fact]
    public async Task Partners_are_listed_page_after_page()
    {
        _hub.OnListPartners = request => new ListPartnersResponse
        {
            Partners = { request.PageToken.Length == 0 ? Partner("partners/essai") : new Partner(Partner("partners/zone")) { Health = Health.Down } },
            NextPageToken = request.PageToken.Length == 0 ? "more" : "",
        };

        var result = await CommandLine.RunAsync(_hub, "partners", "list");

        Assert.Matches(@"partners/essai\s+Agence d'essai\s+par son serveur\s+joignable", result.Output);
        Assert.Matches(@"partners/zone\s+Agence d'essai\s+par son serveur\s+injoignable", result.Output);
        Assert.Equal(["partners/essai", "partners/zone"], (await CommandLine.RunAsync(_hub, "--json", "partners", "list")).Json.Select(j => j.GetProperty("name").GetString()));
        _hub.OnListPartners = _ => new ListPartnersResponse();
        Assert.Contains("Aucun partenaire.", (await CommandLine.RunAsync(_hub, "partners", "list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_partner_shows_its_pause_its_probe_and_its_limits()
    {
        _hub.OnGetPartner = request => new GetPartnerResponse
        {
            Partner = new Partner(Partner(request.Name)) { Paused = true, PauseTime = Summer, PauseReason = "Inventaire\u001b[31m", Health = Health.Down, ProbeTime = Summer, MaxPerSecond = 0 },
        };

        var result = await CommandLine.RunAsync(_hub, "partners", "show", "essai");

        Assert.Contains("Partenaire : Agence d'essai (partners/essai)", result.Output, StringComparison.Ordinal);
        Assert.Contains("En pause depuis le samedi 4 juillet 2026 à 20 h 05 : Inventaire·[31m", result.Output, StringComparison.Ordinal);
        Assert.Contains("Prochain essai le samedi 4 juillet 2026 à 20 h 05", result.Output, StringComparison.Ordinal);
        Assert.Contains("Limites : 16 à la fois, sans limite par seconde", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_partner_is_paused_resumed_and_redirected()
    {
        _hub.OnPause = request => new PausePartnerResponse { Partner = new Partner(Partner(request.Name)) { Paused = true, PauseTime = Summer, PauseReason = request.Reason } };
        _hub.OnResume = request => new ResumePartnerResponse { Partner = Partner(request.Name) };
        var changes = new List<ChangeDeliveryRequest>();
        _hub.OnChangeDelivery = request =>
        {
            changes.Add(request);
            return new ChangeDeliveryResponse { Partner = new Partner(Partner(request.Name)) { Delivery = request.Delivery } };
        };

        Assert.Contains("État : en pause", (await CommandLine.RunAsync(_hub, "partners", "pause", "essai", "--reason", "Inventaire")).Output, StringComparison.Ordinal);
        Assert.Contains("État : joignable", (await CommandLine.RunAsync(_hub, "partners", "resume", "partners/essai")).Output, StringComparison.Ordinal);
        Assert.Contains("Reçoit : en relevant sa boîte", (await CommandLine.RunAsync(_hub, "partners", "delivery", "essai", "--pull")).Output, StringComparison.Ordinal);
        Assert.Equal("DELIVERY_PUSH", Assert.Single((await CommandLine.RunAsync(_hub, "--json", "partners", "delivery", "essai", "--push", "https://essai.invalid")).Json).GetProperty("delivery").GetString());
        Assert.Equal(["", "https://essai.invalid"], changes.Select(c => c.PushAddress));
    }

    [Theory]
    [InlineData("pause", "essai")]
    [InlineData("resume")]
    [InlineData("delivery", "essai")]
    [InlineData("delivery", "essai", "--pull", "--push", "https://essai.invalid")]
    public async Task A_malformed_command_is_a_mistake_of_usage(params string[] args)
    {
        var result = await CommandLine.RunAsync(_hub, ["partners", .. args]);

        Assert.Equal(2, result.Code);
        Assert.Empty(_hub.Calls);
    }

    private static Timestamp Summer => new DateTimeOffset(2026, 7, 4, 18, 5, 0, TimeSpan.Zero).ToTimestamp();

    private static Partner Partner(string name) => new()
    {
        Name = name,
        DisplayName = "Agence d'essai",
        Delivery = Delivery.Push,
        Health = Health.Up,
        MaxInFlight = 16,
        MaxPerSecond = 100,
    };
}
