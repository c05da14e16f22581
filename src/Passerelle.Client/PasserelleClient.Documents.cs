using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Passerelle.Contracts.Schooling.V1;

namespace Passerelle.Client;

public sealed partial class PasserelleClient
{
    private const int MaxDocumentBytes = 10 * 1024 * 1024;

    /// <summary>
    /// Uploads a supporting document; its size and SHA-256 are computed here. While the hub is UNAVAILABLE it is sent again under the same
    /// request id; the hub keeps it once.
    /// </summary>
    /// <param name="person">Whom it is about: <c>persons/{uuid}</c>.</param>
    /// <param name="kind">What it proves.</param>
    /// <param name="fileName">1 to 200 characters, no path.</param>
    /// <param name="mediaType"><c>application/pdf</c>, <c>image/jpeg</c> or <c>image/png</c>.</param>
    /// <param name="content">Read from where it stands to its end and kept in memory: 1 byte to 10 MiB.</param>
    /// <param name="requestId">To repeat an upload that an earlier run may have done; <see langword="null"/>: a new one.</param>
    /// <param name="sent">Told how many bytes were sent so far; starts again from less when the document is sent again.</param>
    /// <param name="cancellationToken">Stops the upload.</param>
    /// <returns>The document, with the name that the hub gave it.</returns>
    /// <exception cref="ArgumentException"><paramref name="content"/> is longer than 10 MiB.</exception>
    /// <exception cref="RpcException">FIELD_INVALID, DOCUMENT_CHECKSUM_MISMATCH, RESOURCE_NOT_FOUND or REQUEST_ID_REUSED.</exception>
    public async Task<Document> UploadDocumentAsync(
        string person, Document.Types.Kind kind, string fileName, string mediaType, Stream content,
        Guid? requestId = null, IProgress<long>? sent = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        // The header announces the SHA-256, so that the whole content is needed before its first byte can leave.
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (bytes.Length + read > MaxDocumentBytes)
                throw new ArgumentException("A document holds at most 10 MiB.", nameof(content));
            bytes.Write(buffer, 0, read);
        }
        var document = new Document
        {
            Person = person,
            Kind = kind,
            FileName = fileName,
            MediaType = mediaType,
            SizeBytes = bytes.Length,
            Sha256 = ByteString.CopyFrom(SHA256.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length))),
        };
        var header = new UploadDocumentRequest { Header = new() { RequestId = RequestId(requestId), Document = document } };
        var response = await _backoff.RepeatAsync(
            () =>
            {
                bytes.Position = 0;
                return Upload.SendAsync(
                    Documents.UploadDocument(cancellationToken: cancellationToken), header, bytes, chunk => new UploadDocumentRequest { Chunk = chunk }, sent, cancellationToken);
            },
            repeatable: true,
            cancellationToken);
        var uploaded = document.Clone();
        uploaded.Name = response.Name;
        uploaded.CreateTime = response.CreateTime;
        return uploaded;
    }

    /// <summary>
    /// Downloads a document and checks its size and SHA-256. The bytes are written as they come: until this has returned, do not use them, and
    /// throw them away when it throws. For a partner each download is a disclosure that the hub records: do not download twice what you have.
    /// </summary>
    /// <param name="name"><c>documents/{uuid}</c>.</param>
    /// <param name="destination">Where the bytes go.</param>
    /// <param name="received">Told how many bytes came so far.</param>
    /// <param name="cancellationToken">Stops the download.</param>
    /// <returns>The document without its content.</returns>
    /// <exception cref="DocumentCorruptException">The bytes do not have the announced size or SHA-256.</exception>
    /// <exception cref="RpcException">RESOURCE_NOT_FOUND; UNAVAILABLE when nothing came for <see cref="PasserelleOptions.MaxSilence"/>.</exception>
    public async Task<Document> DownloadDocumentAsync(
        string name, Stream destination, IProgress<long>? received = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        using var call = Documents.DownloadDocument(new DownloadDocumentRequest { Name = name }, cancellationToken: cancellationToken);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Document? document = null;
        long size = 0;
        try
        {
            // A connection can stall for ever without an error: silence is one.
            while (await call.ResponseStream.MoveNext(cancellationToken).WaitAsync(_options.MaxSilence, _options.TimeProvider, cancellationToken))
            {
                var item = call.ResponseStream.Current;
                if (item.ItemCase == DownloadDocumentResponse.ItemOneofCase.Document && document is null)
                {
                    document = item.Document;
                    continue;
                }
                size += item.Chunk.Length;
                // Without its header, or longer than announced: there is no point in filling a disk to find out by how much.
                if (document is null || size > document.SizeBytes)
                    throw new DocumentCorruptException(name);
                hash.AppendData(item.Chunk.Span);
                await destination.WriteAsync(item.Chunk.Memory, cancellationToken);
                received?.Report(size);
            }
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Cancelled && cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "The download fell silent.", e));
        }
        if (document is null || size != document.SizeBytes || !hash.GetHashAndReset().AsSpan().SequenceEqual(document.Sha256.Span))
            throw new DocumentCorruptException(name);
        return document;
    }
}

/// <summary>A document came with another size or SHA-256 than announced: what was written of it must not be used. Downloading it again may help.</summary>
/// <param name="document"><c>documents/{uuid}</c>.</param>
public sealed class DocumentCorruptException(string document)
    : IOException($"{document} does not have the size or SHA-256 that the hub announced.")
{
    /// <summary><c>documents/{uuid}</c>.</summary>
    public string Document { get; } = document;
}
