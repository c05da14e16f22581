using System.Security.Cryptography;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Schooling.V1;

namespace Passerelle.Hub.Schooling;

/// <summary>A stream of UploadDocument, read and checked: what comes out is what the header announced.</summary>
public sealed record DocumentUpload(Guid RequestId, Guid PersonId, Wire.UploadDocumentRequest.Types.Header Header, ReadOnlyMemory<byte> Content)
{
    const int MaxFileName = 200;
    const int MaxChunk = 1024 * 1024;
    const string Path = "header.document";

    public static async Task<DocumentUpload> ReadAsync(IAsyncStreamReader<Wire.UploadDocumentRequest> stream, CancellationToken ct)
    {
        if (!await stream.MoveNext(ct) || stream.Current.Header is not { } header) throw new StreamMalformed("The stream must begin with its header.");
        var (requestId, personId) = Check(header);
        var announced = header.Document;
        var content = await ReadChunksAsync(stream, announced.SizeBytes, ct);
        if (content.Length != announced.SizeBytes || !SHA256.HashData(content.Span).AsSpan().SequenceEqual(announced.Sha256.Span)) throw new DocumentChecksumMismatch();
        if (!MediaTypes.Fits(announced.MediaType, content.Span)) throw new FieldInvalid([new() { Field = $"{Path}.media_type", Description = "is not what the content is" }]);
        return new DocumentUpload(requestId, personId, header, content);
    }

    static (Guid RequestId, Guid PersonId) Check(Wire.UploadDocumentRequest.Types.Header header)
    {
        var violations = new Violations();
        var document = header.Document ?? new Wire.Document();
        var requestId = violations.RequestId(header.RequestId, "header.request_id");
        violations.Check(document.Name.Length == 0, $"{Path}.name", "is output only");
        violations.Check(document.CreateTime is null, $"{Path}.create_time", "is output only");
        var personId = violations.Id(document.Person, Names.Persons, $"{Path}.person");
        violations.Member(document.Kind, $"{Path}.kind");
        violations.Text(document.FileName, $"{Path}.file_name", MaxFileName);
        violations.Check(!IsPath(document.FileName), $"{Path}.file_name", "must be a file's name, without a path");
        violations.Check(MediaTypes.All.Contains(document.MediaType), $"{Path}.media_type", $"must be one of {string.Join(", ", MediaTypes.All)}");
        violations.Check(document.SizeBytes > 0, $"{Path}.size_bytes", "must be at least 1");
        violations.Check(document.Sha256.Length == SHA256.HashSizeInBytes, $"{Path}.sha256", $"must be {SHA256.HashSizeInBytes} bytes");
        violations.ThrowIfAny();
        if (document.SizeBytes > Document.MaxSize) throw new TooLarge("The document", Document.MaxSize);
        return (requestId, personId);
    }

    /// <summary>Whoever saves it under this name must not leave the folder, on any system.</summary>
    static bool IsPath(string fileName) => fileName is "." or ".." || fileName.Any(c => c is '/' or '\\' or ':' || char.IsControl(c));

    /// <summary>Stops reading as soon as there is more than announced, or than there may be. Room is made as bytes come, not as they are announced.</summary>
    static async Task<ReadOnlyMemory<byte>> ReadChunksAsync(IAsyncStreamReader<Wire.UploadDocumentRequest> stream, long announced, CancellationToken ct)
    {
        var content = new MemoryStream();
        while (await stream.MoveNext(ct))
        {
            if (stream.Current.ItemCase != Wire.UploadDocumentRequest.ItemOneofCase.Chunk) throw new StreamMalformed("After the header come chunks only.");
            var chunk = stream.Current.Chunk;
            if (chunk.Length is 0 or > MaxChunk) throw new FieldInvalid([new() { Field = "chunk", Description = $"must be 1 to {MaxChunk} bytes" }]);
            if (content.Length + chunk.Length > Document.MaxSize) throw new TooLarge("The document", Document.MaxSize);
            if (content.Length + chunk.Length > announced) throw new DocumentChecksumMismatch();
            content.Write(chunk.Span);
        }

        return content.GetBuffer().AsMemory(0, (int)content.Length);
    }
}

/// <summary>The bytes are not those that the header announced: cut, lengthened or damaged on the way.</summary>
public sealed class DocumentChecksumMismatch()
    : Refusal(StatusCode.InvalidArgument, ErrorReason.DocumentChecksumMismatch, "The bytes received do not have the size or SHA-256 that the header announced.");
