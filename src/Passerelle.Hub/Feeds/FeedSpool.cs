using System.Security.Cryptography;

namespace Passerelle.Hub.Feeds;

/// <summary>Keeps a feed on disk while it arrives: it is read twice, and memory is not for files. The file loses its name as soon as it
/// is open, so that nothing of it is left however the hub ends.</summary>
public sealed class FeedSpool : IDisposable
{
    public const long MaxBytes = 64L * 1024 * 1024;

    readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public FeedSpool()
    {
        var path = Path.Combine(Path.GetTempPath(), "passerelle-feed-" + Path.GetRandomFileName());
        File = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.DeleteOnClose,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        System.IO.File.Delete(path);
    }

    public FileStream File { get; }

    public async Task WriteAsync(ReadOnlyMemory<byte> chunk, CancellationToken ct)
    {
        if (File.Length + chunk.Length > MaxBytes) throw new FeedRefused(FeedRefusal.TooLargeAsSent, MaxBytes / (1024 * 1024));
        hash.AppendData(chunk.Span);
        await File.WriteAsync(chunk, ct);
    }

    /// <summary>SHA-256 of what came.</summary>
    public byte[] Hash() => hash.GetCurrentHash();

    public void Dispose()
    {
        hash.Dispose();
        File.Dispose();
    }
}
