using System.CommandLine;
using System.CommandLine.Parsing;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Partners;

/// <summary>Registering partners and issuing what they identify themselves with. A key is shown once, here.</summary>
public static class PartnerCommands
{
    public static IEnumerable<Command> All(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        yield return Partners(withServices);
        yield return Keys(withServices);
    }

    static Command Partners(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var id = new Argument<string>("id") { Description = "3 to 40 of a-z, 0-9 and the hyphen, e.g. abri-nord." };
        var name = new Option<string>("--name") { Description = "As shown to people.", Required = true };
        var kind = new Option<PartnerKind>("--kind") { Description = "employment, housing, schooling, discovery or leisure.", Required = true };
        var push = new Option<Uri?>("--push") { Description = "Address of the partner's gRPC server; without it the partner pulls.", CustomParser = Address };
        var add = new Command("add", "Registers a partner.") { id, name, kind, push };
        add.SetAction((parsed, ct) => withServices(async services =>
        {
            var db = services.GetRequiredService<HubDb>();
            db.Partners.Add(Partner.Register(parsed.GetRequiredValue(id), parsed.GetRequiredValue(name), parsed.GetRequiredValue(kind), parsed.GetValue(push), await db.NowAsync(ct)));
            await db.SaveChangesAsync(ct);
            Console.WriteLine($"partners/{parsed.GetRequiredValue(id)} is registered. Issue its key with: keys add --partner {parsed.GetRequiredValue(id)}");
        }, ct));
        return new Command("partners", "The registry of partners.") { add };
    }

    /// <summary>The library reads no Uri by itself.</summary>
    static Uri? Address(ArgumentResult result)
    {
        if (Uri.TryCreate(result.Tokens.Single().Value, UriKind.Absolute, out var address) && address.Scheme is ("http" or "https")) return address;
        result.AddError("--push must be an http or https address.");
        return null;
    }

    static Command Keys(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var partner = new Option<string?>("--partner") { Description = "The partner's id." };
        var application = new Option<string?>("--application") { Description = "The name of an internal application, instead of a partner." };
        var expires = new Option<DateTimeOffset?>("--expires") { Description = "When the key ends, e.g. 2027-06-30. Without it, never." };
        var certificate = new Option<FileInfo?>("--certificate") { Description = "Trust this client certificate (PEM) instead of issuing a key." };
        var add = new Command("add", "Issues an API key (shown once), or trusts a client certificate.") { partner, application, expires, certificate };
        add.Validators.Add(parsed =>
        {
            if ((parsed.GetValue(partner) is null) == (parsed.GetValue(application) is null)) parsed.AddError("Say either --partner or --application.");
        });
        add.SetAction((parsed, ct) => withServices(async services =>
        {
            var db = services.GetRequiredService<HubDb>();
            var holder = parsed.GetValue(partner) is { } partnerId
                ? await db.Partners.SingleOrDefaultAsync(p => p.Id == partnerId, ct) ?? throw new InvalidOperationException($"partners/{partnerId} does not exist.")
                : null;
            var owner = holder?.Id ?? parsed.GetRequiredValue(application)!;
            var now = await db.NowAsync(ct);
            if (parsed.GetValue(certificate) is { } file)
            {
                using var shown = X509CertificateLoader.LoadCertificateFromFile(file.FullName);
                db.Credentials.Add(Credential.TrustCertificate(shown.GetCertHash(HashAlgorithmName.SHA256), owner, holder, now, parsed.GetValue(expires)));
                await db.SaveChangesAsync(ct);
                Console.WriteLine($"The certificate is trusted for {owner}.");
                return;
            }

            var (credential, key) = Credential.IssueKey(owner, holder, now, parsed.GetValue(expires));
            db.Credentials.Add(credential);
            await db.SaveChangesAsync(ct);
            Console.WriteLine($"id:  {credential.Id}\nkey: {key}\nThe key is shown this once. Scopes: {string.Join(' ', credential.Scopes)}");
        }, ct));

        var id = new Argument<Guid>("id") { Description = "As printed when it was issued, or by keys list." };
        var revoke = new Command("revoke", "Ends a key or certificate, within 5 seconds on every node.") { id };
        revoke.SetAction((parsed, ct) => withServices(async services =>
        {
            var db = services.GetRequiredService<HubDb>();
            var credential = await db.Credentials.FindAsync([parsed.GetRequiredValue(id)], ct) ?? throw new InvalidOperationException("There is no such key.");
            credential.Revoke(await db.NowAsync(ct));
            await db.SaveChangesAsync(ct);
            Console.WriteLine($"{credential.Id} of {credential.Owner} is revoked.");
        }, ct));

        var list = new Command("list", "Keys and certificates, without their secrets.");
        list.SetAction((_, ct) => withServices(async services =>
        {
            foreach (var c in await services.GetRequiredService<HubDb>().Credentials.OrderBy(c => c.Owner).ThenBy(c => c.Id).ToListAsync(ct))
                Console.WriteLine($"{c.Id}  {c.Owner,-24} {c.Kind,-11} issued {c.CreateTime:yyyy-MM-dd}{(c.ExpireTime is { } e ? $" expires {e:yyyy-MM-dd}" : "")}{(c.RevokeTime is { } r ? $" revoked {r:yyyy-MM-dd}" : "")}");
        }, ct));
        return new Command("keys", "What partners and internal applications identify themselves with.") { add, revoke, list };
    }
}
