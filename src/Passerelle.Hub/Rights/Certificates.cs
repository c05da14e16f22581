using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Rights;

/// <summary>Signed documents that can be checked without the hub; the contract (GetRecallCertificate) says their form.</summary>
public sealed class Certificates(HubDb db, MasterKeys master)
{
    // For people to read: accents stay as they are. It is a document, not a part of a page.
    public static readonly JsonSerializerOptions Readable = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The key that signs, made when there is none.</summary>
    public async Task<CertificateKey> KeyAsync(CancellationToken ct)
    {
        if (await FindAsync(ct) is { } known) return known;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Of two nodes that need the first one at once, the second finds it.
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended('certificate_keys', 0))", ct);
        if (await FindAsync(ct) is { } made) return made;
        var key = CertificateKey.Issue(master, await db.NowAsync(ct));
        db.CertificateKeys.Add(key);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return key;
    }

    public Task<byte[]> OfRecallAsync(Wire.Recall recall, CancellationToken ct)
    {
        var payload = Of(recall);
        payload.Insert(0, "document", CertificateText.RecallTitle);
        return SignAsync(payload, ct);
    }

    /// <summary>A recall, as certificates tell of it.</summary>
    public static JsonObject Of(Wire.Recall recall) => new()
    {
        ["rappel"] = recall.Name,
        ["personne"] = recall.Person,
        ["motif"] = CertificateText.Of(recall.Reason),
        ["consentement"] = recall.Consent.Length == 0 ? null : recall.Consent,
        ["ouvert_le"] = Time(recall.CreateTime),
        ["clos_le"] = Time(recall.CloseTime),
        ["destinataires"] = new JsonArray([.. recall.Recipients.Select(one => (JsonNode)new JsonObject
        {
            ["destinataire"] = one.Partner,
            ["echange"] = one.Exchange,
            ["demande_le"] = Time(recall.CreateTime),
            ["recue_le"] = Time(one.DeliveryTime),
            ["reponse_attendue_le"] = Time(one.DueTime),
            ["reponse_le"] = Time(one.AnswerTime),
            ["reponse"] = CertificateText.Of(one.Outcome),
            ["signale_le"] = Time(one.EscalateTime),
        })]),
    };

    static string? Time(Google.Protobuf.WellKnownTypes.Timestamp? time) => time?.ToDateTimeOffset().ToString("O");

    /// <summary>The payload says when it was signed.</summary>
    public async Task<byte[]> SignAsync(JsonObject payload, CancellationToken ct)
    {
        var key = await KeyAsync(ct);
        payload["etabli_le"] = (await db.NowAsync(ct)).ToString("O");
        var bytes = JsonSerializer.SerializeToUtf8Bytes(payload, Readable);
        return JsonSerializer.SerializeToUtf8Bytes(
            new JsonObject { ["payload"] = Convert.ToBase64String(bytes), ["signature"] = Convert.ToBase64String(key.Sign(bytes, master)), ["key"] = key.Shown }, Readable);
    }

    Task<CertificateKey?> FindAsync(CancellationToken ct) => db.CertificateKeys.AsNoTracking().OrderByDescending(k => k.Id).FirstOrDefaultAsync(ct);
}
