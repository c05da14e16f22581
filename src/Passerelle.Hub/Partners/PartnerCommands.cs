using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Partners;

/// <summary>Registering partners, and where and how often what is theirs comes and goes.</summary>
public static class PartnerCommands
{
    public static IEnumerable<Command> All(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        yield return Partners(withServices);
        yield return KeyCommands.Build(withServices);
        yield return SigningCommands.All(withServices);
    }

    static Command Partners(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var id = new Argument<string>("id") { Description = "3 to 40 of a-z, 0-9 and the hyphen, e.g. abri-nord." };
        var name = new Option<string>("--name") { Description = "As shown to people.", Required = true };
        var kind = new Option<PartnerKind>("--kind") { Description = "employment, housing, schooling, discovery or leisure.", Required = true };
        var push = new Option<string?>("--push") { Description = "Address of the partner's gRPC server, e.g. https://grpc.example.org:443; without it the partner pulls." };
        var authority = new Option<FileInfo?>("--push-authority") { Description = "PEM file with the only authorities that this server's certificate may come from; without it, those that the hub's machine trusts." };
        var add = new Command("add", "Registers a partner.") { id, name, kind, push, authority };
        add.Validators.Add(parsed =>
        {
            if (parsed.GetValue(authority) is not null && parsed.GetValue(push) is null) parsed.AddError("--push-authority goes with --push.");
        });
        add.SetAction((parsed, ct) => withServices(async services =>
        {
            var db = services.GetRequiredService<HubDb>();
            var address = parsed.GetValue(push) is { } given ? Checked(services, given) : null;
            var partner = Partner.Register(parsed.GetRequiredValue(id), parsed.GetRequiredValue(name), parsed.GetRequiredValue(kind), address, await db.NowAsync(ct));
            if (parsed.GetValue(authority) is { } file) partner.PinAuthority(await ReadAuthorityAsync(file, ct));
            db.Partners.Add(partner);
            await db.SaveChangesAsync(ct);
            parsed.InvocationConfiguration.Output.WriteLine($"partners/{parsed.GetRequiredValue(id)} is registered. Issue its key with: keys add --partner {parsed.GetRequiredValue(id)}; nothing is sent to it before there is an agreement: agreements add {parsed.GetRequiredValue(id)}");
        }, ct));
        return new Command("partners", "The registry of partners.") { add, Push(withServices), Feed(withServices) };
    }

    static Command Push(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var id = new Argument<string>("id") { Description = "The partner's id." };
        var address = new Option<string>("--address") { Description = "Address of the partner's gRPC server, e.g. https://grpc.example.org:443.", Required = true };
        var authority = new Option<FileInfo?>("--authority") { Description = "PEM file with the only authorities that this server's certificate may come from; without it, what was pinned stays." };
        var unpin = new Option<bool>("--unpin") { Description = "Trust the authorities that the hub's machine trusts, and no longer the pinned ones." };
        var push = new Command("push", "Changes a partner to push, or its address or pinned authority; within 5 seconds on every node.") { id, address, authority, unpin };
        push.Validators.Add(parsed =>
        {
            if (parsed.GetValue(authority) is not null && parsed.GetValue(unpin)) parsed.AddError("Say either --authority or --unpin.");
        });
        push.SetAction((parsed, ct) => withServices(async services =>
        {
            var uri = Checked(services, parsed.GetRequiredValue(address));
            var pinned = parsed.GetValue(authority) is { } file ? await ReadAuthorityAsync(file, ct) : null;
            var partner = await services.GetRequiredService<PartnerDesk>().ChangeAsync(parsed.GetRequiredValue(id), (partner, now) =>
            {
                partner.ReceiveAt(uri, now);
                if (pinned is not null || parsed.GetValue(unpin)) partner.PinAuthority(pinned);
            }, ct) ?? throw NotThere(parsed.GetRequiredValue(id));
            parsed.InvocationConfiguration.Output.WriteLine($"partners/{partner.Id} receives at {partner.PushAddress}; trusted there: {(partner.PushAuthority is null ? "the authorities that the hub's machine trusts" : "the pinned authority")}.");
        }, ct));
        return push;
    }

    static Command Feed(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var id = new Argument<string>("id") { Description = "The partner's id." };
        var every = new Option<TimeSpan?>("--every") { Description = "How long may pass from one file to the next, e.g. 1.12:00:00 for a day and a half. Without it: as long as it likes." };
        every.Validators.Add(given => { if (given.GetValueOrDefault<TimeSpan?>() <= TimeSpan.Zero) given.AddError("--every must be positive."); });
        var feed = new Command("feed", "Says how often a partner sends its feed: one that has gone quiet for longer raises the alarm feed_quiet.") { id, every };
        feed.SetAction((parsed, ct) => withServices(async services =>
        {
            var partner = await services.GetRequiredService<PartnerDesk>().ChangeAsync(parsed.GetRequiredValue(id), (partner, _) => partner.ExpectFeed(parsed.GetValue(every)), ct)
                ?? throw NotThere(parsed.GetRequiredValue(id));
            parsed.InvocationConfiguration.Output.WriteLine(partner.FeedInterval is { } interval ? $"partners/{partner.Id} is expected to send its feed every {interval}." : $"partners/{partner.Id} sends its feed when it likes.");
        }, ct));
        return feed;
    }

    static Uri Checked(IServiceProvider services, string address) =>
        services.GetRequiredService<PushAddresses>().Check(address, out var uri, out var reason) ? uri
            : throw new InvalidOperationException($"The address {reason}. Networks of your own are allowed by Push:AllowedNetworks.");

    static async Task<string> ReadAuthorityAsync(FileInfo file, CancellationToken ct)
    {
        var pem = await File.ReadAllTextAsync(file.FullName, ct);
        return PushAuthority.TryRead(pem, out var certificates) ? certificates : throw new InvalidOperationException($"{file.Name} {PushAuthority.Wanted}.");
    }

    internal static async Task<Partner> PartnerAsync(this HubDb db, string id, CancellationToken ct) =>
        await db.Partners.SingleOrDefaultAsync(p => p.Id == id, ct) ?? throw NotThere(id);

    internal static InvalidOperationException NotThere(string id) => new($"partners/{id} does not exist.");
}
