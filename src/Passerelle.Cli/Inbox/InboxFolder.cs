using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Passerelle.Cli.Settings;
using Passerelle.Client;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Schooling.V1;

namespace Passerelle.Cli.Inbox;

/// <summary>
/// The folder where exchanges are put: the CV or the documents of each, then its envelope. A program that watches the folder waits for the
/// envelope (<c>*.referral.json</c>, <c>*.enrolment.json</c>): once it is there, all is there.
/// </summary>
internal sealed class InboxFolder
{
    private static readonly JsonFormatter Formatter = new(
        new JsonFormatter.Settings(false, TypeRegistry.FromMessages(ReferralFile.Descriptor, EnrolmentFile.Descriptor)).WithIndentation());

    private readonly string _folder;
    private readonly PasserelleClient _client;
    private readonly Action<string> _note;

    private InboxFolder(string folder, PasserelleClient client, Action<string> note)
    {
        _folder = folder;
        _client = client;
        _note = note;
    }

    public static InboxFolder Open(string path, PasserelleClient client, DateTimeOffset now, Action<string> note)
    {
        var folder = Path.GetFullPath(path);
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            // What a crash left half written is personal data too, and may never come again. An hour: not what another process is writing now.
            foreach (var partial in Directory.EnumerateFiles(folder, ".exchanges-*" + SafeFile.PartialSuffix).Where(f => File.GetLastWriteTimeUtc(f) < now.UtcDateTime.AddHours(-1)))
                SafeFile.TryDelete(partial);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(Sentences.Get("Inbox.FolderUnusable", Printable.Line(path)));
        }
        return new InboxFolder(folder, client, note);
    }

    /// <summary>Puts an exchange on the disk. Once this has returned, it is safe to acknowledge it; a repeat changes nothing.</summary>
    /// <returns>The names of its files, the envelope last.</returns>
    /// <exception cref="UnknownPayloadException">The payload is newer than this program.</exception>
    public async Task<List<string>> KeepAsync(Envelope envelope, CancellationToken cancellationToken)
    {
        var stem = SafeName.Of(envelope.Exchange);
        var names = new List<string>();
        string kind;
        if (envelope.Payload?.TryUnpack<ReferralFile>(out var referral) == true)
        {
            kind = "referral";
            names.Add(await KeepAsync($"{stem}.cv.json", Encoding.UTF8.GetBytes(referral.JsonResume), cancellationToken));
        }
        else if (envelope.Payload?.TryUnpack<EnrolmentFile>(out var enrolment) == true)
        {
            kind = "enrolment";
            for (var i = 0; i < enrolment.Documents.Count; i++)
                names.Add(await KeepAsync($"{stem}.{i + 1:00}-{SafeName.OfFile(enrolment.Documents[i].FileName)}", enrolment.Documents[i], cancellationToken));
        }
        else
        {
            throw new UnknownPayloadException();
        }

        // The envelope must not survive a power cut that its documents do not.
        SafeFile.FlushFolder(_folder);
        // The number of the attempt is about the journey, not the exchange: with it every repeat would be another file.
        var kept = envelope.Clone();
        kept.Attempt = 0;
        names.Add(await KeepAsync($"{stem}.{kind}.json", Encoding.UTF8.GetBytes(Formatter.Format(kept) + '\n'), cancellationToken));
        SafeFile.FlushFolder(_folder);
        return names;
    }

    private async Task<string> KeepAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        var (path, there) = await PlaceAsync(name, SHA256.HashData(content), cancellationToken);
        if (!there)
            await SafeFile.WriteAsync(path, file => file.WriteAsync(content, cancellationToken).AsTask());
        return Path.GetFileName(path);
    }

    private async Task<string> KeepAsync(string name, Document document, CancellationToken cancellationToken)
    {
        // Not downloaded twice: each download is a disclosure.
        var (path, there) = await PlaceAsync(name, document.Sha256.ToByteArray(), cancellationToken);
        if (!there)
        {
            await SafeFile.WriteAsync(path, async file =>
            {
                var downloaded = await _client.DownloadDocumentAsync(document.Name, file, cancellationToken: cancellationToken);
                // Whole, but not what the enrolment file announced.
                if (downloaded.Sha256 != document.Sha256)
                    throw new DocumentCorruptException(document.Name);
            });
        }
        return Path.GetFileName(path);
    }

    /// <summary>Where a content goes, and whether it is there already. A file with another content keeps its name: the new one gets its own.</summary>
    private async Task<(string Path, bool There)> PlaceAsync(string name, byte[] sha256, CancellationToken cancellationToken)
    {
        var path = Inside(name);
        if (!File.Exists(path))
            return (path, false);
        if ((await SafeFile.HashAsync(path, cancellationToken)).AsSpan().SequenceEqual(sha256))
            return (path, true);

        // Composed anew at each attempt, e.g. with the CV that was attached meanwhile. Named by its content, so that its own repeat finds it.
        var other = Inside(Path.GetFileNameWithoutExtension(name) + '.' + Convert.ToHexStringLower(sha256.AsSpan(0, Math.Min(4, sha256.Length))) + Path.GetExtension(name));
        if (File.Exists(other))
        {
            return (await SafeFile.HashAsync(other, cancellationToken)).AsSpan().SequenceEqual(sha256)
                ? (other, true)
                : throw new IOException($"{Path.GetFileName(other)}: another content has this name.");
        }
        _note(Sentences.Get("Inbox.Differs", Path.GetFileName(path), Path.GetFileName(other)));
        return (other, false);
    }

    // SafeName leaves nothing to get out with; if it ever did, this is where it would end.
    private string Inside(string name)
    {
        var path = Path.GetFullPath(Path.Combine(_folder, name));
        return Path.GetDirectoryName(path) == Path.TrimEndingDirectorySeparator(_folder) ? path : throw new IOException("A file name leads out of the folder.");
    }
}

/// <summary>An exchange whose payload this program does not know: it is newer.</summary>
internal sealed class UnknownPayloadException : Exception;
