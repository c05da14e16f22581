using System.Collections.Concurrent;
using System.Security.Cryptography;
using Grpc.Core;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Schooling.V1;
using Passerelle.Simulator.Hub;

namespace Passerelle.Simulator.Partners;

/// <summary>A school office downloads the documents, asks for the vaccination record when there is none, and accepts a whole file.</summary>
sealed class SchoolDesk(HubConnection hub, TimeProvider time) : IDesk
{
    static readonly TimeSpan DownloadLimit = TimeSpan.FromSeconds(30);

    // Documents keep their name when the file comes again whole: what was downloaded and verified is not fetched twice.
    readonly ConcurrentDictionary<string, bool> _verified = new(StringComparer.Ordinal);

    public bool Reads(Envelope envelope) =>
        envelope.Kind == "enrolment"
        && envelope.Payload is { } payload
        && payload.TryUnpack<EnrolmentFile>(out var file)
        && file.Enrolment == envelope.Subject
        && file.Pupil is not null;

    public async Task<string> AnswerAsync(Envelope envelope, AnswerChoice choice, string requestId, CancellationToken ct)
    {
        var file = envelope.Payload.Unpack<EnrolmentFile>();
        foreach (var document in file.Documents)
        {
            if (_verified.ContainsKey(document.Name)) continue;
            await DownloadAsync(document, ct);
            _verified[document.Name] = true;
        }

        var request = new AnswerEnrolmentRequest { RequestId = requestId, Name = envelope.Subject };
        var vaccinated = file.Documents.Any(document => document.Kind == Document.Types.Kind.VaccinationRecord);
        if (choice == AnswerChoice.Decline)
            request.Refused = new() { Reason = RefusalReason.NoPlace, Message = "La classe est complète." };
        else if (choice == AnswerChoice.Usual && !vaccinated)
            request.DocumentsMissing = new() { Kinds = { Document.Types.Kind.VaccinationRecord }, Message = "Merci de joindre le certificat de vaccination." };
        else
            request.Accepted = new() { Message = "L'enfant est attendu à 8 h 30 à l'accueil de l'école." };
        var response = await hub.Enrolments.AnswerEnrolmentAsync(request, cancellationToken: ct);
        return response.Enrolment.State.ToString().ToLowerInvariant();
    }

    /// <summary>Size and hash must be those that the file announced and that the download repeats.</summary>
    async Task DownloadAsync(Document announced, CancellationToken ct)
    {
        using var call = hub.Documents.DownloadDocument(
            new() { Name = announced.Name }, deadline: (time.GetUtcNow() + DownloadLimit).UtcDateTime, cancellationToken: ct);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Document? header = null;
        var size = 0L;
        await foreach (var item in call.ResponseStream.ReadAllAsync(ct))
        {
            if (item.ItemCase == DownloadDocumentResponse.ItemOneofCase.Document) header = item.Document;
            else size += item.Chunk.Length;
            hash.AppendData(item.Chunk.Span);
        }
        var sha256 = hash.GetHashAndReset();
        var whole = header is not null
            && header.SizeBytes == size && announced.SizeBytes == size
            && header.Sha256.Span.SequenceEqual(sha256) && announced.Sha256.Span.SequenceEqual(sha256);
        if (!whole) throw new InvalidDataException($"{announced.Name}: {size} bytes came, {announced.SizeBytes} were announced, or the hash differs");
    }
}
