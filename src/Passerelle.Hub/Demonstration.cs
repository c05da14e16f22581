using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub;

/// <summary>The callers of the demonstration, with their keys in a file that any gRPC client can use. Section `Demo`; off by default.</summary>
public static class Demonstration
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>The demonstration's partners run on this machine, where the hub pushes to nobody else (see PushOptions).</summary>
    public static readonly string[] PartnersNetworks = ["127.0.0.0/8", "::1/128"];

    public static async Task RegisterAsync(IServiceProvider services, IConfiguration configuration, CancellationToken ct)
    {
        var folder = Path.GetFullPath(configuration["Data:Directory"] ?? ".data");
        var keysFile = Path.GetFullPath(configuration["Demo:KeysFile"] ?? Path.Combine(folder, "dev-keys.json"));
        var pushAddress = new Uri(configuration["Demo:PartnerAddress"] ?? "http://127.0.0.1:5082");
        var listen = configuration.GetSection("Listen").Get<ListenOptions>() ?? new ListenOptions();
        var advertised = configuration["Demo:Host"] ?? "127.0.0.1";
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<HubDb>();
        var now = await db.NowAsync(ct);
        var authority = services.GetService<DevelopmentDatabase>()?.Authority;
        var masterKey = services.GetRequiredService<MasterKeys>();

        var terms = (await services.GetRequiredService<GateBook>().ReadAnewAsync(db, ct)).InForce(now).ToList();
        Partner[] partners =
        [
            Partner.Register("emploi-demo", "Agence d'emploi (démonstration)", PartnerKind.Employment, pushAddress, now),
            Partner.Register("interim-demo", "Agence d'intérim (démonstration)", PartnerKind.Employment, null, now),
            Partner.Register("agence-demo", "Agence immobilière (démonstration)", PartnerKind.Housing, null, now),
            Partner.Register("ecole-demo", "École (démonstration)", PartnerKind.Schooling, null, now),
        ];
        var known = File.Exists(keysFile) ? JsonSerializer.Deserialize<KeysFile>(await File.ReadAllTextAsync(keysFile, ct), Json)!.Callers.ToDictionary(c => c.Name) : [];
        var callers = new List<DemoCaller> { await RegisterCallerAsync("crm-demo", null) };
        foreach (var partner in partners) callers.Add(await RegisterCallerAsync(partner.Id, partner));
        await db.SaveChangesAsync(ct);
        var addresses = new Dictionary<string, string>
        {
            ["http"] = $"http://{advertised}:{listen.Http}",
            ["grpc"] = $"http://{advertised}:{listen.Grpc}",
        };
        if (listen.Certificate is not null) addresses["grpcTls"] = $"https://{advertised}:{listen.Tls}";
        Directory.CreateDirectory(Path.GetDirectoryName(keysFile)!);
        var temporary = keysFile + ".new";
        File.Delete(temporary);
        await using (var stream = new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            await JsonSerializer.SerializeAsync(stream, new KeysFile(addresses, authority?.AuthorityPath, callers), Json, ct);
        File.Move(temporary, keysFile, overwrite: true);

        async Task<DemoCaller> RegisterCallerAsync(string name, Partner? wanted)
        {
            Partner? partner = null;
            if (wanted is not null)
            {
                partner = await db.Partners.Include(p => p.Lane).SingleOrDefaultAsync(p => p.Id == wanted.Id, ct) ?? db.Partners.Add(wanted).Entity;
                if (wanted.Delivery == DeliveryMode.Push) partner.ReceiveAt(pushAddress, now);
                if (terms.Where(t => t.AgreementRequired && t.MayGoTo(partner.Kind)).ToList() is { Count: > 0 } covered && !await db.Agreements.AnyAsync(a => a.PartnerId == partner.Id && a.RevokeTime == null && a.EndTime > now, ct))
                {
                    db.Agreements.Add(Agreement.Sign(
                        partner.Id, AgreementRole.Controller, covered.Select(t => t.Purpose), covered.SelectMany(t => t.Categories).Select(EnumText<DataCategory>.Parse), "DEMONSTRATION", now, now.AddYears(1), now));
                }
            }

            var kind = partner is null ? "internal" : EnumText<PartnerKind>.Of(partner.Kind);
            var partnerName = partner is null ? null : Names.OfPartner(partner.Id);
            // A key of an earlier start goes on working, unless the database is another one.
            if (known.TryGetValue(name, out var before) && Credential.TryRead(before.Key, out var id, out _) && await db.Credentials.AnyAsync(c => c.Id == id && c.RevokeTime == null, ct)) return before;
            var (credential, key) = Credential.IssueKey(name, partner, now, null);
            db.Credentials.Add(credential);
            string? certificatePath = null;
            if (authority is not null)
            {
                certificatePath = authority.Ensure(name, forServer: false, now);
                using var certificate = X509Certificate2.CreateFromPemFile(certificatePath);
                var hash = certificate.GetCertHash(HashAlgorithmName.SHA256);
                if (!await db.Credentials.AnyAsync(c => c.Kind == CredentialKind.Certificate && c.Hash == hash, ct)) db.Credentials.Add(Credential.TrustCertificate(hash, name, partner, now, null));
            }

            return new DemoCaller(name, kind, partnerName, key, certificatePath, wanted?.Delivery == DeliveryMode.Push ? [.. SigningKeysOf(partner!)] : null);
        }

        // One of each kind, so that a partner in any language may try either.
        IEnumerable<string> SigningKeysOf(Partner partner)
        {
            foreach (var kind in Enum.GetValues<SigningKeyKind>())
            {
                var (key, shown) = SigningKey.Issue(partner, kind, masterKey, now);
                db.SigningKeys.Add(key);
                yield return shown;
            }
        }
    }

    sealed record KeysFile(Dictionary<string, string> Addresses, string? Authority, List<DemoCaller> Callers);

    /// <param name="VerifyWith">Of a partner that receives by push: what it verifies the hub's signatures with.</param>
    sealed record DemoCaller(string Name, string Kind, string? Partner, string Key, string? Certificate, string[]? VerifyWith = null);
}
