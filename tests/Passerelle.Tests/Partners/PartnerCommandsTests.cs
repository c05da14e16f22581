using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Hub.Partners;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Partners;

/// <summary>The hub's own command line: how a partner is reached, and what is signed for it.</summary>
public sealed class PartnerCommandsTests(Postgres postgres)
{
    static readonly DateTimeOffset Start = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("https://10.0.0.1", "is in a network that the hub does not call")]
    [InlineData("http://grpc.example.org", "must begin with https://")]
    [InlineData("https://grpc.example.org/door", "must end after the host and port")]
    public async Task An_address_that_the_hub_would_not_call_is_refused_when_it_is_given(string address, string reason)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        foreach (var command in (string[])[$"partners add nouveau --name Nouveau --kind employment --push {address}", $"partners push interim --address {address}"])
        {
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(hub, command));
            Assert.Equal($"The address {reason}. Networks of your own are allowed by Push:AllowedNetworks.", refused.Message);
        }

        Assert.Null(await FindAsync(hub, "nouveau"));
        Assert.Equal(DeliveryMode.Pull, (await FindAsync(hub, "interim"))!.Delivery);
    }

    [Fact]
    public async Task The_authority_of_a_partners_server_is_pinned_stays_with_a_new_address_and_can_be_taken_away()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Push:AllowedNetworks:0=10.1.0.0/16");
        using var authority = new TestAuthority();
        var file = Write(authority.Pem);

        await RunAsync(hub, $"partners add nouveau --name Nouveau --kind employment --push https://grpc.example.org:5443 --push-authority {file}");
        var added = (await FindAsync(hub, "nouveau"))!;
        Assert.Equal((DeliveryMode.Push, "https://grpc.example.org:5443/", authority.Pem + "\n"), (added.Delivery, added.PushAddress, added.PushAuthority));

        Assert.Contains("trusted there: the pinned authority", await RunAsync(hub, "partners push nouveau --address http://10.1.2.3:5082"));
        var moved = (await FindAsync(hub, "nouveau"))!;
        Assert.Equal(("http://10.1.2.3:5082/", authority.Pem + "\n"), (moved.PushAddress, moved.PushAuthority));

        Assert.Contains("the authorities that the hub's machine trusts", await RunAsync(hub, "partners push nouveau --address https://grpc.example.org --unpin"));
        Assert.Null((await FindAsync(hub, "nouveau"))!.PushAuthority);

        await RunAsync(hub, $"partners push interim --address https://grpc.example.org --authority {file}");
        Assert.Equal((DeliveryMode.Push, authority.Pem + "\n"), ((await FindAsync(hub, "interim"))!.Delivery, (await FindAsync(hub, "interim"))!.PushAuthority));
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(hub, "partners push nobody --address https://grpc.example.org"));
    }

    [Fact]
    public async Task How_often_a_feed_is_expected_is_said_and_taken_back()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        Assert.Contains("every 1.12:00:00", await RunAsync(hub, "partners feed agence --every 1.12:00:00"));
        Assert.Equal(TimeSpan.FromHours(36), (await FindAsync(hub, "agence"))!.FeedInterval);
        Assert.Contains("when it likes", await RunAsync(hub, "partners feed agence"));
        Assert.Null((await FindAsync(hub, "agence"))!.FeedInterval);
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(hub, "partners feed nobody --every 1.00:00:00"));
        Assert.NotEmpty(PartnerCommands.All((_, _) => Task.FromResult(0)).Single(c => c.Name == "partners").Parse("feed agence --every 00:00:00").Errors);
    }

    [Fact]
    public async Task A_partner_that_was_down_is_taken_for_healthy_at_its_new_address_and_stands_in_line_from_now_on()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        await hub.ExecuteAsync("update lanes set health = 'down', failures = 9, failed_probes = 3, probe_time = hub_now() + interval '5 minutes', serve_time = hub_now() - interval '1 day'");

        await RunAsync(hub, "partners push emploi --address https://grpc.example.org");

        var lane = await hub.QueryAsync(db => db.Lanes.SingleAsync(l => l.PartnerId == "emploi"));
        Assert.Equal((LaneHealth.Up, 0, 0, null, Start), (lane.Health, lane.Failures, lane.FailedProbes, lane.ProbeTime, lane.ServeTime));
    }

    [Fact]
    public async Task What_is_no_authority_is_not_pinned()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        using var authority = new TestAuthority();
        using var issued = authority.Issue("partner", forServer: true, "grpc.example.org");
        foreach (var pem in (string[])["", "not a certificate", issued.ExportCertificatePem(), TestAuthority.PemOf(issued), authority.Pem + TestAuthority.PemOf(issued)])
        {
            var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(hub, $"partners push interim --address https://grpc.example.org --authority {Write(pem)}"));
            Assert.Contains("must hold PEM certificates", refused.Message);
        }

        Assert.Null((await FindAsync(hub, "interim"))!.PushAddress);
    }

    [Fact]
    public async Task A_signing_key_is_made_shown_once_listed_and_ended_with_an_overlap()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);

        var secret = await RunAsync(hub, "signing add --partner emploi");
        Assert.Matches("key: whsec_[A-Za-z0-9+/]{43}=\nThe secret is shown this once", secret);
        var publicKey = await RunAsync(hub, "signing add --partner emploi --kind ed25519");
        Assert.Matches("key: whpk_[A-Za-z0-9+/]{43}=\nThis is the public key", publicKey);
        _ = new Passerelle.Client.PayloadVerifier([KeyIn(secret), KeyIn(publicKey)]);

        var list = await RunAsync(hub, "signing list");
        Assert.Contains("hmac-sha256", list);
        Assert.Contains(KeyIn(publicKey), list);
        Assert.DoesNotContain("whsec_", list);

        var id = secret.Split('\n')[0]["id:  ".Length..];
        Assert.Contains("signs until 2027-03-02 09:00:00Z", await RunAsync(hub, $"signing expire {id} --after 24:00:00"));
        Assert.Contains("signs until 2027-03-01 09:30:00Z", await RunAsync(hub, $"signing expire {id} --after 00:30:00"));
        // Ending it once more never gives it longer.
        Assert.Contains("signs until 2027-03-01 09:30:00Z", await RunAsync(hub, $"signing expire {id}"));
        Assert.Contains("signs until 2027-03-01 09:30:00Z", await RunAsync(hub, "signing list"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(hub, $"signing expire {Guid.Empty}"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => RunAsync(hub, "signing add --partner nobody"));
    }

    [Theory]
    [InlineData("signing add --partner emploi --kind rsa")]
    [InlineData("signing expire 01990000-0000-7000-8000-00000000000a --after 24")]
    [InlineData("signing expire 01990000-0000-7000-8000-00000000000a --after 00:60:00")]
    [InlineData("signing expire 01990000-0000-7000-8000-00000000000a --after -01:00:00")]
    [InlineData("partners push interim --address https://grpc.example.org --authority a.pem --unpin")]
    [InlineData("partners add nouveau --name Nouveau --kind employment --push-authority a.pem")]
    public void What_cannot_be_meant_is_refused_before_anything_is_done(string command) => Assert.NotEmpty(Parse(command, (_, _) => Task.FromResult(0)).Errors);

    static async Task<string> RunAsync(HubHost hub, string command)
    {
        var output = new StringWriter { NewLine = "\n" };
        var parsed = Parse(command, async (work, _) =>
        {
            await using var scope = hub.Services.CreateAsyncScope();
            await work(scope.ServiceProvider);
            return 0;
        });
        Assert.Empty(parsed.Errors);
        await parsed.InvokeAsync(new InvocationConfiguration { Output = output, EnableDefaultExceptionHandler = false });
        return output.ToString();
    }

    static ParseResult Parse(string command, Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var root = new RootCommand();
        foreach (var each in PartnerCommands.All(withServices)) root.Add(each);
        return root.Parse(command.Split(' '));
    }

    static string KeyIn(string output) => output.Split('\n')[1]["key: ".Length..];

    static Task<Partner?> FindAsync(HubHost hub, string id) => hub.QueryAsync(db => db.Partners.AsNoTracking().SingleOrDefaultAsync(p => p.Id == id));

    string Write(string text)
    {
        var file = Path.Combine(postgres.NewFolder(), "authority.pem");
        File.WriteAllText(file, text);
        return file;
    }
}
