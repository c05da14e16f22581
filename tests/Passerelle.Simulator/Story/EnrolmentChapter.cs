using System.Security.Cryptography;
using Google.Protobuf;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Schooling.V1;
using Passerelle.Simulator.Hub;
using Date = Google.Type.Date;

namespace Passerelle.Simulator.Story;

/// <summary>The child's enrolment file goes to a school, which asks for what is missing and accepts when it comes.</summary>
static class EnrolmentChapter
{
    const int ChunkSize = 64 * 1024;

    public static async Task PlayAsync(Journey journey)
    {
        journey.Teller.Heading("A child is enrolled at a school");
        var documents = new List<string>();
        await journey.StepAsync("Two documents about the child are uploaded.", async () =>
        {
            documents.Add(await UploadAsync(journey, Document.Types.Kind.FamilyRecord, "livret-de-famille.pdf", DemoDocuments.Pdf("Livret de famille")));
            // Large enough to travel in several chunks.
            documents.Add(await UploadAsync(journey, Document.Types.Kind.ProofOfAddress, "justificatif-de-domicile.pdf", DemoDocuments.Pdf("Justificatif de domicile", weight: 150_000)));
        });

        var first = new Enrolment();
        await journey.StepAsync("The enrolment file goes to ecole-demo with both documents.", async () => first = await CreateAsync(journey, documents));
        await journey.StepAsync("ecole-demo fetches the file, downloads and verifies the documents, and asks for the vaccination record.", () => IncompleteAsync(journey, first));

        var again = new Enrolment();
        await journey.StepAsync("The vaccination record is uploaded and the file is completed: it goes again, whole.", async () =>
        {
            var record = await UploadAsync(journey, Document.Types.Kind.VaccinationRecord, "certificat-de-vaccination.pdf", DemoDocuments.Pdf("Certificat de vaccination"));
            again = await CompleteAsync(journey, first, [.. documents, record], record);
        });
        await journey.StepAsync("ecole-demo accepts: the child is enrolled.", () => AcceptedAsync(journey, again));
    }

    static async Task<string> UploadAsync(Journey journey, Document.Types.Kind kind, string fileName, byte[] bytes)
    {
        using var call = journey.Crm.Documents.UploadDocument(cancellationToken: journey.Stop);
        await call.SendAsync(Messages(), journey.Stop);
        var response = await call.ResponseAsync;
        journey.Say($"{response.Name}: {Summary.Words(kind)}, {bytes.Length} bytes");
        return response.Name;

        IEnumerable<UploadDocumentRequest> Messages()
        {
            yield return new()
            {
                Header = new()
                {
                    RequestId = journey.NewRequestId(),
                    Document = new()
                    {
                        Person = journey.Child,
                        Kind = kind,
                        FileName = fileName,
                        MediaType = "application/pdf",
                        SizeBytes = bytes.Length,
                        Sha256 = ByteString.CopyFrom(SHA256.HashData(bytes)),
                    },
                },
            };
            foreach (var chunk in bytes.Chunk(ChunkSize)) yield return new() { Chunk = UnsafeByteOperations.UnsafeWrap(chunk) };
        }
    }

    static async Task<Enrolment> CreateAsync(Journey journey, IReadOnlyCollection<string> documents)
    {
        var start = journey.Time.GetUtcNow().AddDays(45);
        var response = await journey.Crm.Enrolments.CreateEnrolmentAsync(new()
        {
            RequestId = journey.NewRequestId(),
            Person = journey.Child,
            Partner = journey.Ecole.Partner,
            Level = Level.Ce2,
            StartDate = new Date { Year = start.Year, Month = start.Month, Day = start.Day },
            PreviousSchool = "École Exemple, Nantes",
            Documents = { documents },
        }, cancellationToken: journey.Stop);
        var enrolment = response.Enrolment;
        Expect.Equal(Enrolment.Types.State.Submitted, enrolment.State, "state of the enrolment");
        Expect.Equal(2, enrolment.Documents.Count, "documents of the enrolment");
        journey.Made(enrolment.Exchange);
        journey.Say($"{enrolment.Name}, travels as {enrolment.Exchange}");
        return enrolment;
    }

    static async Task IncompleteAsync(Journey journey, Enrolment sent)
    {
        await AnsweredAsync(journey, sent.Exchange, "documents_missing");
        var enrolment = (await journey.Crm.Enrolments.GetEnrolmentAsync(new() { Name = sent.Name }, cancellationToken: journey.Stop)).Enrolment;
        Expect.Equal(Enrolment.Types.State.Incomplete, enrolment.State, "state of the enrolment");
        Expect.That(enrolment.MissingKinds is [Document.Types.Kind.VaccinationRecord], "the vaccination record as missing", $"{enrolment.MissingKinds}");
        journey.Say($"Missing: {string.Join(", ", enrolment.MissingKinds.Select(Summary.Words))}");
    }

    static async Task<Enrolment> CompleteAsync(Journey journey, Enrolment first, IReadOnlyCollection<string> expected, string added)
    {
        var response = await journey.Crm.Enrolments.CompleteEnrolmentAsync(
            new() { RequestId = journey.NewRequestId(), Name = first.Name, Documents = { added } }, cancellationToken: journey.Stop);
        var enrolment = response.Enrolment;
        Expect.Equal(Enrolment.Types.State.Submitted, enrolment.State, "state of the enrolment");
        Expect.That(enrolment.Documents.SequenceEqual(expected), "the three documents in the order in which they were added", $"{enrolment.Documents}");
        Expect.That(enrolment.Exchange != first.Exchange, "a new exchange", "the one before");
        Expect.Equal(0, enrolment.MissingKinds.Count, "kinds still missing");
        journey.Made(enrolment.Exchange);
        journey.Say($"{enrolment.Name} travels again, as {enrolment.Exchange}");
        return enrolment;
    }

    static async Task AcceptedAsync(Journey journey, Enrolment sent)
    {
        var exchange = await AnsweredAsync(journey, sent.Exchange, "accepted");
        var enrolment = (await journey.Crm.Enrolments.GetEnrolmentAsync(new() { Name = sent.Name }, cancellationToken: journey.Stop)).Enrolment;
        Expect.Equal(Enrolment.Types.State.Accepted, enrolment.State, "state of the enrolment");
        journey.Say($"Accepted; the school's window: {Summary.Describe(exchange.Window)}.");
    }

    static async Task<Exchange> AnsweredAsync(Journey journey, string name, string answer)
    {
        var exchange = (await journey.AnsweredAsync(name)).Exchange;
        Expect.Equal(Exchange.Types.State.Answered, exchange.State, "state of the exchange");
        Expect.That(exchange.AnswerCode.StartsWith(answer, StringComparison.OrdinalIgnoreCase), $"the answer {answer}", $"\"{exchange.AnswerCode}\"");
        Windows.Met(exchange, journey.PromisedUntil);
        return exchange;
    }
}
