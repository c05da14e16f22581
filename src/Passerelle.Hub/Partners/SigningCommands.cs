using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Partners;

/// <summary>The keys that pushed exchanges are signed with. A secret is shown once, here.</summary>
public static class SigningCommands
{
    public static Command All(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices) =>
        new("signing", "What the exchanges that are pushed to partners are signed with.") { Add(withServices), Expire(withServices), List(withServices) };

    static Command Add(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var partner = new Option<string>("--partner") { Description = "The partner's id.", Required = true };
        var kind = new Option<SigningKeyKind>("--kind")
        {
            Description = "hmac-sha256 (the partner gets a secret; the default) or ed25519 (the partner gets a public key).",
            DefaultValueFactory = _ => SigningKeyKind.HmacSha256,
            CustomParser = result =>
            {
                if (Kinds.TryGetValue(result.Tokens[0].Value, out var known)) return known;
                result.AddError($"--kind is one of {string.Join(", ", Kinds.Keys)}.");
                return default;
            },
        };
        var add = new Command("add", "Makes a key. It signs within 5 seconds on every node, beside those that the partner has already.") { partner, kind };
        add.SetAction((parsed, ct) => withServices(async services =>
        {
            var db = services.GetRequiredService<HubDb>();
            var (key, shown) = SigningKey.Issue(await db.PartnerAsync(parsed.GetRequiredValue(partner), ct), parsed.GetValue(kind), services.GetRequiredService<MasterKeys>(), await db.NowAsync(ct));
            db.SigningKeys.Add(key);
            await db.SaveChangesAsync(ct);
            parsed.InvocationConfiguration.Output.WriteLine($"id:  {key.Id}\nkey: {shown}\n{(key.PublicKey is null ? "The secret is shown this once." : "This is the public key.")} The partner verifies with it; once it does, end the one before with: signing expire");
        }, ct));
        return add;
    }

    static Command Expire(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var id = new Argument<Guid>("id") { Description = "As printed when it was made, or by signing list." };
        var after = new Option<TimeSpan>("--after") { Description = "How long it still signs beside the others, e.g. 24:00:00 (the default) or 00:00:00.", DefaultValueFactory = _ => TimeSpan.FromDays(1), CustomParser = Hours };
        var expire = new Command("expire", "Ends a key, after the time that the partner needs to change over.") { id, after };
        expire.SetAction((parsed, ct) => withServices(async services =>
        {
            var db = services.GetRequiredService<HubDb>();
            var key = await db.SigningKeys.FindAsync([parsed.GetRequiredValue(id)], ct) ?? throw new InvalidOperationException("There is no such key.");
            key.Expire(await db.NowAsync(ct) + parsed.GetValue(after));
            await db.SaveChangesAsync(ct);
            parsed.InvocationConfiguration.Output.WriteLine($"{key.Id} of {key.PartnerId} signs until {key.ExpireTime:yyyy-MM-dd HH:mm:ss}Z, and 5 seconds longer at most.");
        }, ct));
        return expire;
    }

    static Command List(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var list = new Command("list", "The keys, without their secrets.");
        list.SetAction((parsed, ct) => withServices(async services =>
        {
            foreach (var k in await services.GetRequiredService<HubDb>().SigningKeys.OrderBy(k => k.PartnerId).ThenBy(k => k.Id).ToListAsync(ct))
                parsed.InvocationConfiguration.Output.WriteLine($"{k.Id}  {k.PartnerId,-24} {NameOf(k.Kind),-11} made {k.CreateTime:yyyy-MM-dd}{(k.ExpireTime is { } e ? $" signs until {e:yyyy-MM-dd HH:mm:ss}Z" : "")}{(k.PublicKey is { } p ? " whpk_" + Convert.ToBase64String(p) : "")}");
        }, ct));
        return list;
    }

    static readonly Dictionary<string, SigningKeyKind> Kinds = Enum.GetValues<SigningKeyKind>().ToDictionary(NameOf);

    static string NameOf(SigningKeyKind kind) => kind switch
    {
        SigningKeyKind.HmacSha256 => "hmac-sha256",
        SigningKeyKind.Ed25519 => "ed25519",
    };

    /// <summary>As hours:minutes:seconds; unlike TimeSpan's own text, 24:00:00 is a day.</summary>
    internal static TimeSpan Hours(System.CommandLine.Parsing.ArgumentResult result)
    {
        var parts = result.Tokens[0].Value.Split(':');
        if (parts.Length == 3 && ushort.TryParse(parts[0], out var hours) && byte.TryParse(parts[1], out var minutes) && byte.TryParse(parts[2], out var seconds) && minutes < 60 && seconds < 60)
            return new TimeSpan(hours, minutes, seconds);
        result.AddError("--after is hours:minutes:seconds, e.g. 24:00:00.");
        return default;
    }
}
