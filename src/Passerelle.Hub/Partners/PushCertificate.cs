using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Options;

namespace Passerelle.Hub.Partners;

/// <summary>The certificate that the hub shows to partners' servers, read again when its file changes: certificates are renewed while the hub runs.</summary>
public sealed partial class PushCertificate(IOptions<PushOptions> options, TimeProvider time, ILogger<PushCertificate> logger)
{
    static readonly TimeSpan BelievedFor = TimeSpan.FromSeconds(5);

    readonly Lock gate = new();
    SslStreamCertificateContext? current;
    DateTime written;
    long since;

    /// <summary>Null when there is none. The same object as long as the file is the same.</summary>
    public SslStreamCertificateContext? Current()
    {
        if (options.Value.ClientCertificate is not { } file) return null;
        lock (gate)
        {
            if (current is not null && time.GetElapsedTime(since) < BelievedFor) return current;
            since = time.GetTimestamp();
            var now = File.GetLastWriteTimeUtc(file);
            if (current is not null && now == written) return current;
            try { (current, written) = (Read(file), now); }
            // Half written, or gone for a moment: the one before goes on until the file is whole.
            catch (Exception e) when (current is not null && e is CryptographicException or IOException or UnauthorizedAccessException) { LogUnreadable(e); }
            return current;
        }
    }

    public static SslStreamCertificateContext Read(string file)
    {
        var intermediates = new X509Certificate2Collection();
        intermediates.ImportFromPemFile(file);
        return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPemFile(file), intermediates, offline: true);
    }

    [LoggerMessage(1, LogLevel.Error, "Push:ClientCertificate cannot be read; the one before goes on")]
    partial void LogUnreadable(Exception exception);
}
