using Google.Protobuf.WellKnownTypes;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Exchanges;

/// <summary>The real push transport on a hub's registry, with a clock by which what it believes gets old.</summary>
sealed class PushBench : IDisposable
{
    readonly HubHost hub;
    readonly PushTransport transport;

    public PushBench(HubHost hub, PushOptions options)
    {
        this.hub = hub;
        var given = Options.Create(options);
        var directory = new PushDirectory(hub.Source, Master, Time);
        Channels = new PushChannels(new PushAddresses(given), new PushCertificate(given, Time, NullLogger<PushCertificate>.Instance));
        transport = new PushTransport(directory, Channels, hub.Services.GetRequiredService<IOptions<DeliveryOptions>>(), TimeProvider.System);
    }

    public static PushOptions ToThisMachine => new() { AllowedNetworks = ["127.0.0.0/8", "::1/128"] };

    public FakeTimeProvider Time { get; } = new();

    public PushChannels Channels { get; }

    MasterKeys Master => hub.Services.GetRequiredService<MasterKeys>();

    /// <summary>Long enough for a change in the registry to be seen.</summary>
    public void Forget() => Time.Advance(TimeSpan.FromSeconds(5));

    public async Task PointAsync(string partnerId, string address, string? authority = null)
    {
        await hub.QueryAsync(async db =>
        {
            var partner = await db.Partners.Include(p => p.Lane).SingleAsync(p => p.Id == partnerId);
            partner.ReceiveAt(new Uri(address), await db.NowAsync(CancellationToken.None));
            partner.PinAuthority(authority);
            return await db.SaveChangesAsync();
        });
        Forget();
    }

    /// <summary>Makes a signing key; the id, and what the partner verifies with.</summary>
    public Task<(Guid Id, string Shown)> AddKeyAsync(string partnerId, SigningKeyKind kind) => hub.QueryAsync(async db =>
    {
        var (key, shown) = SigningKey.Issue((await db.Partners.FindAsync(partnerId))!, kind, Master, await db.NowAsync(CancellationToken.None));
        db.SigningKeys.Add(key);
        await db.SaveChangesAsync();
        Forget();
        return (key.Id, shown);
    });

    public Task<SendOutcome> SendAsync(string partnerId = "emploi") => SendAsync(partnerId, AnEnvelope());

    public Task<SendOutcome> SendAsync(string partnerId, Envelope envelope) => transport.SendAsync(partnerId, envelope, TestContext.Current.CancellationToken);

    public static Envelope AnEnvelope() => new()
    {
        Exchange = Names.Of(Names.Exchanges, Guid.Parse("01990000-0000-7000-8000-00000000000a")),
        Kind = "referral",
        Case = Names.Of(Names.Cases, Guid.Parse("01990000-0000-7000-8000-00000000000b")),
        Subject = Names.Of(Names.Referrals, Guid.Parse("01990000-0000-7000-8000-00000000000c")),
        Attempt = 1,
        Payload = Any.Pack(new ReferralFile()),
    };

    public void Dispose() => Channels.Dispose();
}
