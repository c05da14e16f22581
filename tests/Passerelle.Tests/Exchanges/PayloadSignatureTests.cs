using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using Passerelle.Client;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Exchanges;

/// <summary>What the hub signs, with which keys; PayloadVerifierTests holds the other side.</summary>
public sealed class PayloadSignatureTests(Postgres postgres)
{
    /// <summary>The same known answers as in PayloadVerifierTests.</summary>
    [Fact]
    public void The_signatures_are_the_ones_that_others_compute()
    {
        var envelope = new Envelope
        {
            Exchange = "exchanges/01990000-0000-7000-8000-00000000000a",
            Kind = "referral",
            Case = "cases/01990000-0000-7000-8000-00000000000b",
            Subject = "referrals/01990000-0000-7000-8000-00000000000c",
            Attempt = 3,
            Payload = new Any { TypeUrl = "type.googleapis.com/passerelle.employment.v1.ReferralFile", Value = ByteString.CopyFrom(Convert.FromHexString("0a07c389636f6c652e0a1200ff2e76312c")) },
        };
        var secret = Enumerable.Range(0, 32).Select(i => (byte)i).ToArray();

        var metadata = PayloadSignature.Of(
            envelope,
            [PayloadSigner.Open(Guid.Empty, SigningKeyKind.HmacSha256, secret), PayloadSigner.Open(Guid.Empty, SigningKeyKind.Ed25519, secret)],
            DateTimeOffset.FromUnixTimeSeconds(1790000000).AddMilliseconds(999));

        Assert.Equal(envelope.Exchange, metadata.GetValue("webhook-id"));
        Assert.Equal("1790000000", metadata.GetValue("webhook-timestamp"));
        Assert.Equal(
            "v1,gknuCcq3M6AEUJM7w7ibTB+7tU9XZvric9lYKnGdRf8= v1a,KMZ/feyrRCdpZ3SrEFlqxegt/4oznVXCFvuU3HguWa6Fy1rIGItjVVIj7pxD2wClLdLw1AJz2GP5yUdlydYTDQ==",
            metadata.GetValue("webhook-signature"));
    }

    [Fact]
    public async Task A_pushed_referral_is_verified_by_the_partners_server_with_either_kind_of_key()
    {
        await using var server = await PartnerServer.StartAsync();
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", $"http://127.0.0.1:{server.Port}");
        var (_, secret) = await bench.AddKeyAsync("emploi", SigningKeyKind.HmacSha256);
        var (_, publicKey) = await bench.AddKeyAsync("emploi", SigningKeyKind.Ed25519);
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        Assert.StartsWith("whpk_", publicKey, StringComparison.Ordinal);
        foreach (var key in (string[])[secret, publicKey])
        {
            server.Verifier = new PayloadVerifier([key]);
            var candidate = await Candidate.ReadyAsync(hub);
            var referral = await candidate.ReferAsync("emploi");
            hub.Partner.Next(envelope => bench.SendAsync("emploi", envelope));

            await hub.RunAsync<DeliverDue>();

            Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(referral.Exchange)).State);
            Assert.Equal(referral.Exchange, server.Received.Last().Exchange);
        }
    }

    [Fact]
    public async Task A_partner_with_another_key_turns_it_away_and_it_is_tried_again()
    {
        await using var server = await PartnerServer.StartAsync();
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", $"http://127.0.0.1:{server.Port}");
        await bench.AddKeyAsync("emploi", SigningKeyKind.HmacSha256);
        server.Verifier = new PayloadVerifier(["whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="]);

        Assert.Equal(new SendOutcome.NotYet("UNAUTHENTICATED", Contact: Contact.Missed), await bench.SendAsync());
        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task While_keys_are_changed_both_sign_and_then_the_new_one_alone()
    {
        await using var server = await PartnerServer.StartAsync();
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", $"http://127.0.0.1:{server.Port}");
        var (oldId, old) = await bench.AddKeyAsync("emploi", SigningKeyKind.HmacSha256);
        var (_, @new) = await bench.AddKeyAsync("emploi", SigningKeyKind.HmacSha256);
        Assert.Equal((true, true), await VerifiedAsync());

        await hub.QueryAsync(async db =>
        {
            (await db.SigningKeys.SingleAsync(k => k.Id == oldId)).Expire(await db.NowAsync(CancellationToken.None) + TimeSpan.FromDays(1));
            return await db.SaveChangesAsync();
        });
        bench.Forget();
        Assert.Equal((true, true), await VerifiedAsync());

        await hub.Time.AdvanceAsync(TimeSpan.FromDays(1));
        bench.Forget();
        Assert.Equal((false, true), await VerifiedAsync());

        async Task<(bool Old, bool New)> VerifiedAsync()
        {
            Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync());
            var metadata = server.Metadata.Last();
            var then = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(long.Parse(metadata.GetValue("webhook-timestamp")!, System.Globalization.CultureInfo.InvariantCulture)));
            return (Verifies(old), Verifies(@new));

            bool Verifies(string key) => new PayloadVerifier([key], time: then).Check(metadata, server.Received.Last()) == PayloadProblem.None;
        }
    }

    [Fact]
    public async Task The_time_of_a_signature_is_the_databases_whatever_the_nodes_clock_says()
    {
        await using var server = await PartnerServer.StartAsync();
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.PointAsync("emploi", $"http://127.0.0.1:{server.Port}");
        await bench.AddKeyAsync("emploi", SigningKeyKind.Ed25519);
        var at = new DateTimeOffset(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);
        await hub.Time.FreezeAsync(at);
        await bench.SendAsync();

        // It goes on between two readings of the registry.
        bench.Time.Advance(TimeSpan.FromSeconds(3));
        await bench.SendAsync();

        Assert.Equal([at.ToUnixTimeSeconds(), at.ToUnixTimeSeconds() + 3], server.Metadata.Select(m => long.Parse(m.GetValue("webhook-timestamp")!, System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public async Task A_partner_without_keys_gets_no_signature_nor_another_partners()
    {
        await using var server = await PartnerServer.StartAsync();
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        await bench.AddKeyAsync("interim", SigningKeyKind.HmacSha256);
        await bench.PointAsync("emploi", $"http://127.0.0.1:{server.Port}");

        Assert.Equal(new SendOutcome.Accepted(), await bench.SendAsync());
        Assert.DoesNotContain(Assert.Single(server.Metadata), entry => entry.Key.StartsWith("webhook-", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(SigningKeyKind.HmacSha256)]
    [InlineData(SigningKeyKind.Ed25519)]
    public async Task A_secret_lies_sealed_in_the_database_and_does_not_open_in_another_row(SigningKeyKind kind)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        using var bench = new PushBench(hub, PushBench.ToThisMachine);
        var (id, shown) = await bench.AddKeyAsync("emploi", kind);
        var (other, _) = await bench.AddKeyAsync("emploi", kind);
        await bench.PointAsync("emploi", "http://127.0.0.1:9");

        var dump = await hub.DumpAsync();
        if (kind == SigningKeyKind.HmacSha256) Assert.DoesNotContain(Convert.ToHexStringLower(Convert.FromBase64String(shown["whsec_".Length..])), dump);
        await hub.ExecuteAsync($"update signing_keys set secret = (select secret from signing_keys where id = '{id}') where id = '{other}'");
        await Assert.ThrowsAnyAsync<System.Security.Cryptography.CryptographicException>(() => bench.SendAsync());
    }
}
