using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Passerelle.Cli.Settings;
using Passerelle.Contracts.Employment.V1;

namespace Passerelle.Cli.Offers;

/// <summary>One entry of a file of offers.</summary>
/// <param name="Index">Its place in the file, 0 for the first.</param>
internal abstract record ReadOffer(int Index)
{
    /// <summary>An offer that can be sent.</summary>
    public sealed record Good(int Index, Offer Offer) : ReadOffer(Index);

    /// <summary>An entry that is no offer; the sentence is for people.</summary>
    public sealed record Bad(int Index, string Reference, string Field, string Sentence) : ReadOffer(Index);
}

/// <summary>
/// A file of offers: a JSON array, JSON lines or one object; each entry an <c>Offer</c> of the contract in proto3 JSON, or an offer as the API
/// "Offres d'emploi v2" of France Travail gives it; or the result of a search of that API.
/// </summary>
internal static class OfferFile
{
    /// <summary>10,000 offers of 20,000 characters would be more; nobody writes these, and a file of this size is a mistake.</summary>
    private const long MaxBytes = 256L * 1024 * 1024;

    public static async Task<List<ReadOffer>> ReadAsync(FileStream file, string path, CancellationToken cancellationToken)
    {
        if (file.Length > MaxBytes)
            throw new UsageException(Sentences.Get("Offers.FileTooLarge", path));
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes, cancellationToken);
        // Windows' editors begin UTF-8 with a byte order mark, which JSON does not allow.
        return Read(bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsMemory(3) : bytes, path);
    }

    private static List<ReadOffer> Read(ReadOnlyMemory<byte> json, string path)
    {
        var read = new List<ReadOffer>();
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { AllowMultipleValues = true, AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        try
        {
            // One value is an array or an object; several are JSON lines.
            while (reader.Read())
            {
                using var value = JsonDocument.ParseValue(ref reader);
                foreach (var entry in Entries(value.RootElement))
                    read.Add(Entry(read.Count, entry));
            }
        }
        catch (JsonException e)
        {
            throw new UsageException(Sentences.Get("Offers.NotJson", path, (e.LineNumber ?? 0) + 1));
        }
        return read;
    }

    private static IEnumerable<JsonElement> Entries(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray(),
        JsonValueKind.Object when value.TryGetProperty("resultats", out var results) && results.ValueKind == JsonValueKind.Array => results.EnumerateArray(),
        _ => [value],
    };

    private static ReadOffer Entry(int index, JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object)
            return new ReadOffer.Bad(index, "", "", Sentences.Get("Offers.NotAnObject"));
        return FranceTravailOffer.Looks(entry)
            ? new ReadOffer.Good(index, FranceTravailOffer.Map(entry))
            : OfContract(index, entry);
    }

    private static ReadOffer OfContract(int index, JsonElement entry)
    {
        try
        {
            return new ReadOffer.Good(index, JsonParser.Default.Parse<Offer>(entry.GetRawText()));
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            // The parser explains in English and stops at the first; which field it is, is found by trying each alone.
            var field = entry.EnumerateObject().FirstOrDefault(p => !Parses(p));
            var known = field.Value.ValueKind != JsonValueKind.Undefined && Known(field.Name);
            return new ReadOffer.Bad(
                index,
                entry.TryGetProperty("reference", out var reference) && reference.ValueKind == JsonValueKind.String ? reference.GetString()! : "",
                field.Value.ValueKind == JsonValueKind.Undefined ? "" : field.Name,
                Sentences.Get(known ? "Offers.FieldUnreadable" : "Offers.FieldUnknown"));
        }
    }

    private static bool Parses(JsonProperty property)
    {
        try
        {
            _ = JsonParser.Default.Parse<Offer>($"{{{JsonSerializer.Serialize(property.Name)}:{property.Value.GetRawText()}}}");
            return true;
        }
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException)
        {
            return false;
        }
    }

    private static bool Known(string name) =>
        Offer.Descriptor.Fields.InDeclarationOrder().Any((FieldDescriptor f) => f.JsonName == name || f.Name == name);
}
