using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Rights;

/// <summary>Everything about a person as one ZIP archive, written as it is read: no more than one original is in memory at a time.</summary>
public sealed class PersonArchive(IEnumerable<IPersonalData> sources, Certificates certificates)
{
    /// <param name="portable">Only what falls under portability.</param>
    public async Task WriteAsync(Guid personId, PersonCipher cipher, bool portable, Stream to, CancellationToken ct)
    {
        var (files, data) = (new JsonArray(), new JsonObject());
        await using (var zip = await ZipArchive.CreateAsync(to, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, ct))
        {
            foreach (var source in sources.OrderBy(s => s.Section, StringComparer.Ordinal))
            {
                if (await source.ExportAsync(personId, cipher, portable, ct) is not { } section) continue;
                data[source.Section] = section.Data;
                foreach (var original in section.Originals) await AddAsync(zip, files, original.Name, await original.ReadAsync(ct), ct);
            }

            await AddAsync(zip, files, "donnees.json", JsonSerializer.SerializeToUtf8Bytes(data, Certificates.Readable), ct);
            var manifest = await certificates.SignAsync(
                new JsonObject { ["document"] = CertificateText.ArchiveTitle(portable), ["personne"] = Names.Of(Names.Persons, personId), ["fichiers"] = files }, ct);
            await AddAsync(zip, [], "manifeste.json", manifest, ct);
        }
    }

    static async Task AddAsync(ZipArchive zip, JsonArray files, string name, byte[] content, CancellationToken ct)
    {
        files.Add(new JsonObject { ["nom"] = name, ["octets"] = content.Length, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(content)) });
        await using var entry = await zip.CreateEntry(name, CompressionLevel.Fastest).OpenAsync(ct);
        await entry.WriteAsync(content, ct);
    }
}
