using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Partners;

/// <summary>Issuing, changing over and ending what callers identify themselves with. A key is shown once, here.</summary>
public static class KeyCommands
{
    public static Command Build(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices) =>
        new("keys", "What partners and internal applications identify themselves with.") { Add(withServices), Expire(withServices), Revoke(withServices), List(withServices) };

    static Command Add(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var partner = new Option<string?>("--partner") { Description = "The partner's id." };
        var application = new Option<string?>("--application") { Description = "The name of an internal application, instead of a partner." };
        var expires = new Option<DateTimeOffset?>("--expires") { Description = "When the key ends, e.g. 2027-06-30. Without it, never." };
        var certificate = new Option<FileInfo?>("--certificate") { Description = "Trust this client certificate (PEM) instead of issuing a key." };
        var from = new Option<IPNetwork[]>("--from")
        {
            Description = "A network that it may be used from, e.g. 192.0.2.0/24; may be given several times. Without it, from anywhere.",
            CustomParser = given => [.. given.Tokens.Select(token => ReadNetwork(token.Value, given))],
            Arity = ArgumentArity.ZeroOrMore,
        };
        var add = new Command("add", "Issues an API key (shown once), or trusts a client certificate, beside those that its holder has already.") { partner, application, expires, certificate, from };
        add.Validators.Add(parsed =>
        {
            if ((parsed.GetValue(partner) is null) == (parsed.GetValue(application) is null)) parsed.AddError("Say either --partner or --application.");
        });
        add.SetAction((parsed, ct) => withServices(async services =>
        {
            var db = services.GetRequiredService<HubDb>();
            var holder = parsed.GetValue(partner) is { } partnerId ? await db.PartnerAsync(partnerId, ct) : null;
            var owner = holder?.Id ?? parsed.GetRequiredValue(application)!;
            var now = await db.NowAsync(ct);
            if (parsed.GetValue(certificate) is { } file)
            {
                using var shown = X509CertificateLoader.LoadCertificateFromFile(file.FullName);
                var trusted = db.Credentials.Add(Credential.TrustCertificate(shown.GetCertHash(HashAlgorithmName.SHA256), owner, holder, now, parsed.GetValue(expires), parsed.GetValue(from))).Entity;
                await db.SaveChangesAsync(ct);
                parsed.InvocationConfiguration.Output.WriteLine($"id:  {trusted.Id}\nThe certificate is trusted for {owner}, and no longer than it is valid: until {shown.NotAfter.ToUniversalTime():yyyy-MM-dd}.");
                return;
            }

            var (credential, key) = Credential.IssueKey(owner, holder, now, parsed.GetValue(expires), parsed.GetValue(from));
            db.Credentials.Add(credential);
            await db.SaveChangesAsync(ct);
            parsed.InvocationConfiguration.Output.WriteLine($"id:  {credential.Id}\nkey: {key}\nThe key is shown this once. Scopes: {string.Join(' ', credential.Scopes)}");
        }, ct));
        return add;
    }

    static IPNetwork ReadNetwork(string text, ArgumentResult given)
    {
        if (IPNetwork.TryParse(text, out var network)) return network;
        given.AddError($"--from {text}: write a network as 192.0.2.0/24 or 2001:db8::/32.");
        return default;
    }

    static Command Expire(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var id = Id();
        var after = new Option<TimeSpan>("--after")
        {
            Description = "How long it goes on, e.g. 24:00:00 (the default); never longer than it was to anyway.", DefaultValueFactory = _ => TimeSpan.FromDays(1), CustomParser = SigningCommands.Hours,
        };
        var expire = new Command("expire", "Lets a key or certificate end later, when its holder has had the time to change over to another one.") { id, after };
        expire.SetAction((parsed, ct) => withServices(async services =>
        {
            var change = await services.GetRequiredService<CredentialDesk>().ExpireAsync(parsed.GetRequiredValue(id), parsed.GetValue(after), ct) ?? throw NotThere();
            parsed.InvocationConfiguration.Output.WriteLine($"{change.Id} of {change.Owner} ends in {parsed.GetValue(after).TotalHours:0.##} hours at the latest. Its holder changes over to another one: keys add");
        }, ct));
        return expire;
    }

    static Command Revoke(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var id = Id();
        var revoke = new Command("revoke", "Ends a key or certificate, and the streams that were opened with it, at once: when this returns, on every node that can be reached.") { id };
        revoke.SetAction((parsed, ct) => withServices(async services =>
        {
            var change = await services.GetRequiredService<CredentialDesk>().RevokeAsync(parsed.GetRequiredValue(id), ct) ?? throw NotThere();
            parsed.InvocationConfiguration.Output.WriteLine($"{change.Id} of {change.Owner} is revoked; {change.Heard} of {change.Listening} listening nodes have confirmed it{(change.Heard < change.Listening ? ", the others have forgotten it by now" : "")}.");
        }, ct));
        return revoke;
    }

    static Command List(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var list = new Command("list", "Keys and certificates, without their secrets.");
        list.SetAction((parsed, ct) => withServices(async services =>
        {
            foreach (var c in await services.GetRequiredService<HubDb>().Credentials.OrderBy(c => c.Owner).ThenBy(c => c.Id).ToListAsync(ct))
            {
                var from = c.Networks.Length == 0 ? "" : $" from {string.Join(' ', c.Networks)}";
                parsed.InvocationConfiguration.Output.WriteLine($"{c.Id}  {c.Owner,-24} {c.Kind,-11} issued {c.CreateTime:yyyy-MM-dd}{(c.ExpireTime is { } e ? $" expires {e:yyyy-MM-dd}" : "")}{(c.RevokeTime is { } r ? $" revoked {r:yyyy-MM-dd}" : "")}{from}");
            }
        }, ct));
        return list;
    }

    static Argument<Guid> Id() => new("id") { Description = "As printed when it was issued, or by keys list." };

    static InvalidOperationException NotThere() => new("There is no such key.");
}
