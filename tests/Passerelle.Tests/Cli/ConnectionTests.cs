using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Tests.Client;

namespace Passerelle.Tests.Cli;

public sealed class ConnectionTests : IAsyncLifetime
{
    // Nothing listens there: whoever chooses it has lost.
    private const string Nowhere = "http://127.0.0.1:1";

    private readonly TemporaryFolder _folder = new();
    private FakeHub _hub = null!;

    private string? Sent => Assert.Single(_hub.Calls).Authorization;

    public async ValueTask InitializeAsync()
    {
        _hub = await FakeHub.StartAsync();
        _hub.OnListExchanges = _ => new ListExchangesResponse();
    }

    public async ValueTask DisposeAsync()
    {
        _folder.Dispose();
        await _hub.DisposeAsync();
    }

    [Fact]
    public async Task An_option_wins_over_the_environment_and_the_profile()
    {
        var environment = new Dictionary<string, string>
        {
            ["PASSERELLE_ADDRESS"] = Nowhere,
            ["PASSERELLE_KEY"] = "of-the-environment",
            ["PASSERELLE_PROFILE"] = Profile("p.json", Nowhere, "of-the-profile"),
        };

        Assert.Equal(0, (await ListAsync(environment, "--address", _hub.Address.ToString(), "--key", "of-the-option")).Code);

        Assert.Equal("Bearer of-the-option", Sent);
    }

    [Fact]
    public async Task The_environment_wins_over_the_profile()
    {
        var environment = new Dictionary<string, string>
        {
            ["PASSERELLE_ADDRESS"] = _hub.Address.ToString(),
            ["PASSERELLE_KEY"] = "of-the-environment",
        };

        Assert.Equal(0, (await ListAsync(environment, "--profile", Profile("p.json", Nowhere, "of-the-profile"))).Code);

        Assert.Equal("Bearer of-the-environment", Sent);
    }

    [Fact]
    public async Task A_profile_that_was_named_wins_over_the_one_of_the_environment_and_the_default_one()
    {
        Directory.CreateDirectory(_folder.File("passerelle"));
        Profile("passerelle/profile.json", Nowhere, "of-the-default");
        var environment = new Dictionary<string, string> { ["XDG_CONFIG_HOME"] = _folder.Path, ["PASSERELLE_PROFILE"] = Profile("e.json", Nowhere, "of-the-environment") };

        Assert.Equal(0, (await ListAsync(environment, "--profile", Profile("o.json", _hub.Address.ToString(), "of-the-option"))).Code);

        Assert.Equal("Bearer of-the-option", Sent);
    }

    [Fact]
    public async Task The_default_profile_lies_in_the_configuration_folder()
    {
        Directory.CreateDirectory(_folder.File("passerelle"));
        Profile("passerelle/profile.json", _hub.Address.ToString(), "of-the-default");

        Assert.Equal(0, (await ListAsync(new() { ["XDG_CONFIG_HOME"] = _folder.Path })).Code);

        Assert.Equal("Bearer of-the-default", Sent);
    }

    [Fact]
    public async Task An_empty_variable_counts_as_unset()
    {
        var environment = new Dictionary<string, string> { ["PASSERELLE_KEY"] = "", ["PASSERELLE_ADDRESS"] = " " };

        Assert.Equal(0, (await ListAsync(environment, "--profile", Profile("p.json", _hub.Address.ToString(), "of-the-profile"))).Code);

        Assert.Equal("Bearer of-the-profile", Sent);
    }

    [Theory]
    [InlineData("not json", "n'est pas lisible")]
    [InlineData("[]", "n'est pas lisible")]
    [InlineData("""{ "address": 4 }""", "n'est pas lisible")]
    [InlineData("{}", "L'adresse de la passerelle manque")]
    [InlineData("""{ "address": "hub.example" }""", "n'est pas une adresse")]
    [InlineData("""{ "address": "http://127.0.0.1:1", "key": "secret key" }""", "La clé contient des blancs")]
    [InlineData("""{ "address": "https://hub.example", "authority": "absent.pem" }""", "L'autorité")]
    [InlineData("""{ "address": "https://hub.example", "cert": "absent.pem" }""", "Le certificat")]
    public async Task A_profile_with_a_mistake_is_a_mistake_of_usage(string profile, string sentence)
    {
        var result = await ListAsync([], "--profile", _folder.Write("p.json", profile));

        Assert.Equal(2, result.Code);
        Assert.Contains(sentence, result.Error);
        Assert.DoesNotContain("secret", result.Error);
    }

    [Fact]
    public async Task A_profile_that_was_named_and_is_absent_is_a_mistake_of_usage()
    {
        var result = await ListAsync([], "--profile", _folder.File("absent.json"));

        Assert.Equal(2, result.Code);
        Assert.Contains("n'existe pas", result.Error);
    }

    [Fact]
    public async Task A_key_in_clear_to_another_machine_and_a_profile_that_others_can_read_are_warned_about()
    {
        var profile = Profile("p.json", _hub.Address.ToString(), "of-the-profile");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(profile, UnixFileMode.UserRead | UnixFileMode.GroupRead);
            Assert.Contains("chmod 600", (await ListAsync([], "--profile", profile)).Error);
            File.SetUnixFileMode(profile, UnixFileMode.UserRead);
        }
        Assert.Equal("", (await ListAsync([], "--profile", profile)).Error);

        // A name that never resolves (RFC 6761); the run is over before it is asked for.
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        var result = await CommandLine.RunAsync([], null, stop.Token, "exchanges", "list", "--address", "http://hub.invalid", "--key", "abc");
        Assert.Contains("voyage en clair", result.Error);
    }

    [Fact]
    public async Task Why_persons_data_is_read_is_case_handling_unless_it_is_said()
    {
        var environment = new Dictionary<string, string> { ["PASSERELLE_ADDRESS"] = _hub.Address.ToString() };
        await ListAsync(environment);
        environment["PASSERELLE_PURPOSE"] = "supervision";
        environment["PASSERELLE_ACTOR"] = "conseiller-1";
        await ListAsync(environment);
        await ListAsync(environment, "--purpose", "incident", "--actor", "conseiller-2");

        Assert.Equal([("case_handling", null), ("supervision", "conseiller-1"), ("incident", "conseiller-2")], _hub.Calls.Select(c => (c.Purpose, c.Actor)));
        Assert.Equal(2, (await ListAsync(environment, "--purpose", "partner")).Code);
        Assert.Equal(2, (await ListAsync(environment, "--actor", "Camille Exemple")).Code);
        environment["PASSERELLE_PURPOSE"] = "curiosité";
        Assert.Contains("case_handling", (await ListAsync(environment)).Error);
    }

    [Fact]
    public async Task Nobody_listening_is_unavailable()
    {
        var result = await ListAsync([], "--address", Nowhere);

        Assert.Equal(5, result.Code);
        Assert.Contains("injoignable", result.Error);
    }

    private static Task<CommandResult> ListAsync(Dictionary<string, string> environment, params string[] args) =>
        CommandLine.RunAsync(environment, null, TestContext.Current.CancellationToken, ["exchanges", "list", .. args]);

    private string Profile(string name, string address, string key) => _folder.Write(name, $$"""{ "address": "{{address}}", "key": "{{key}}" }""");
}
