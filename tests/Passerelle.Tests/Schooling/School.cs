using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Schooling.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Schooling;

/// <summary>What the service and a school do with each other, step by step. Every file name and content is a marker.</summary>
static class School
{
    /// <summary>The bytes of a document, which say whose they are.</summary>
    public static byte[] Pdf(string mark) => Encoding.UTF8.GetBytes($"%PDF-1.7\n{Marker.Of("CONTENU-" + mark)}\n%%EOF\n");

    public static Document DocumentOf(string person, byte[] content, Document.Types.Kind kind = Document.Types.Kind.FamilyRecord) => new()
    {
        Person = person,
        Kind = kind,
        FileName = Marker.Of("livret") + ".pdf",
        MediaType = "application/pdf",
        SizeBytes = content.Length,
        Sha256 = ByteString.CopyFrom(SHA256.HashData(content)),
    };

    public static UploadDocumentRequest Header(Document document, string? requestId = null) => new() { Header = new() { RequestId = requestId ?? Household.NewId(), Document = document } };

    public static UploadDocumentRequest Chunk(byte[] bytes) => new() { Chunk = ByteString.CopyFrom(bytes) };

    public static async Task<string> UploadAsync(HubHost hub, string person, byte[] content, Document.Types.Kind kind = Document.Types.Kind.FamilyRecord) =>
        (await UploadAsync(hub, [Header(DocumentOf(person, content, kind)), .. content.Chunk(64 * 1024).Select(Chunk)])).Name;

    public static async Task<UploadDocumentResponse> UploadAsync(HubHost hub, params IEnumerable<UploadDocumentRequest> messages)
    {
        using var call = new DocumentService.DocumentServiceClient(hub.As("crm")).UploadDocument(deadline: Soon);
        try
        {
            foreach (var message in messages) await call.RequestStream.WriteAsync(message);
            await call.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or InvalidOperationException or IOException or OperationCanceledException)
        {
            // The hub has stopped reading: its response says why.
        }

        return await call.ResponseAsync;
    }

    public static async Task<(Document Document, byte[] Content)> DownloadAsync(HubHost hub, string caller, string name)
    {
        using var call = new DocumentService.DocumentServiceClient(hub.As(caller)).DownloadDocument(new() { Name = name }, deadline: Soon);
        Document? document = null;
        var content = new MemoryStream();
        await foreach (var message in call.ResponseStream.ReadAllAsync())
        {
            Assert.Equal(document is null, message.Document is not null);
            document ??= message.Document;
            Assert.True(message.Chunk.Length <= 64 * 1024);
            message.Chunk.WriteTo(content);
        }

        Assert.NotNull(document);
        return (document, content.ToArray());
    }

    public static EnrolmentService.EnrolmentServiceClient Enrolments(HubHost hub, string caller) => new(hub.As(caller));

    public static CreateEnrolmentRequest EnrolmentOf(string child, params IEnumerable<string> documents) => new()
    {
        RequestId = Household.NewId(),
        Person = child,
        Partner = "partners/ecole",
        Level = Level.Cp,
        StartDate = new() { Year = 2027, Month = 9, Day = 1 },
        PreviousSchool = Marker.Of("ECOLE-AVANT"),
        Documents = { documents },
    };

    public static async Task<Enrolment> EnrolAsync(HubHost hub, string child, params IEnumerable<string> documents) =>
        (await Enrolments(hub, "crm").CreateEnrolmentAsync(EnrolmentOf(child, documents))).Enrolment;

    public static async Task<Enrolment> CompleteAsync(HubHost hub, string enrolment, params IEnumerable<string> documents) =>
        (await Enrolments(hub, "crm").CompleteEnrolmentAsync(new() { RequestId = Household.NewId(), Name = enrolment, Documents = { documents } })).Enrolment;

    public static async Task<Enrolment> GetAsync(HubHost hub, string name, string caller = "crm") =>
        (await Enrolments(hub, caller).GetEnrolmentAsync(new() { Name = name })).Enrolment;

    /// <summary>What waits in the school's inbox; null when nothing does.</summary>
    public static async Task<Envelope?> PullAsync(HubHost hub, string school = "ecole")
    {
        using var call = new InboxService.InboxServiceClient(hub.As(school)).WatchInbox(new(), deadline: Soon);
        Assert.True(await call.ResponseStream.MoveNext(TestContext.Current.CancellationToken));
        return call.ResponseStream.Current.Envelope;
    }

    /// <summary>The school fetches the file and acknowledges it.</summary>
    public static async Task<EnrolmentFile> ReceiveAsync(HubHost hub, string school = "ecole")
    {
        var envelope = await PullAsync(hub, school);
        Assert.NotNull(envelope);
        await new InboxService.InboxServiceClient(hub.As(school)).AcknowledgeExchangeAsync(new() { Name = envelope.Exchange });
        return envelope.Payload.Unpack<EnrolmentFile>();
    }

    public static async Task<Enrolment> AnswerAsync(HubHost hub, AnswerEnrolmentRequest answer, string school = "ecole") =>
        (await Enrolments(hub, school).AnswerEnrolmentAsync(answer)).Enrolment;

    public static AnswerEnrolmentRequest Accepted(string enrolment) => new() { RequestId = Household.NewId(), Name = enrolment, Accepted = new() { Message = Marker.Of("BIENVENUE") } };

    public static AnswerEnrolmentRequest Refused(string enrolment) =>
        new() { RequestId = Household.NewId(), Name = enrolment, Refused = new() { Reason = RefusalReason.OutOfSector, Message = Marker.Of("HORS-SECTEUR") } };

    public static AnswerEnrolmentRequest Missing(string enrolment, params IEnumerable<Document.Types.Kind> kinds) =>
        new() { RequestId = Household.NewId(), Name = enrolment, DocumentsMissing = new() { Kinds = { kinds }, Message = Marker.Of("MANQUE") } };

    public static async Task<Exchange> ExchangeAsync(HubHost hub, string name) =>
        (await new ExchangeService.ExchangeServiceClient(hub.As("crm")).GetExchangeAsync(new() { Name = name })).Exchange;

    /// <summary>One clear error, and nothing changed.</summary>
    public static async Task<HubError> RefusedAsync(HubHost hub, ErrorReason reason, StatusCode code, Func<Task> call)
    {
        var before = await hub.DumpAsync();
        var error = await HubError.OfAsync(reason, code, call);
        Assert.Equal(before, await hub.DumpAsync());
        return error;
    }

    /// <summary>A call that hangs fails the test, instead of the run.</summary>
    static DateTime Soon => TimeProvider.System.GetUtcNow().AddMinutes(1).UtcDateTime;
}
