using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Partners.Drops;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Housing;

/// <summary>Takes what estate agencies put into their folders: the same import as by upload.</summary>
public sealed class ListingDrops(IServiceScopeFactory scopes) : IDropDoor
{
    const int ReadAtOnce = 64 * 1024;

    public PartnerKind Kind => PartnerKind.Housing;

    public async Task<DropOutcome> TakeAsync(DroppedFile file, CancellationToken ct)
    {
        try
        {
            using var spool = new FeedSpool();
            var buffer = new byte[ReadAtOnce];
            while (await file.Content.ReadAsync(buffer, ct) is > 0 and var read) await spool.WriteAsync(buffer.AsMemory(0, read), ct);
            await using var scope = scopes.CreateAsyncScope();
            var response = await scope.ServiceProvider.GetRequiredService<FeedImport>()
                .RunAsync(new FeedArrival(file.PartnerId, spool, file.Name, ArriveTime: file.WriteTime), sha256 => MarkOf(file, sha256), ct);
            return new DropOutcome.Taken(FeedReportText.Of(response.Report));
        }
        catch (FeedUnderWay)
        {
            return new DropOutcome.Later();
        }
        catch (FeedRefused refused)
        {
            var report = FeedReportText.OfRefused(file.Name, refused.Message);
            return refused.Kind is FeedRefusal.Truncated or FeedRefusal.Empty ? new DropOutcome.Cut(report) : new DropOutcome.Refused(report);
        }
    }

    /// <summary>The same name, content and time are the same file, which has been taken if a report was lost.</summary>
    static CallMark MarkOf(DroppedFile file, byte[] sha256)
    {
        var digest = SHA256.HashData([.. sha256, .. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{file.WriteTime.UtcTicks} {file.Name}"))]);
        return new CallMark($"drops/{file.PartnerId}", new Guid(digest.AsSpan(0, 16)), "drop", digest);
    }
}
