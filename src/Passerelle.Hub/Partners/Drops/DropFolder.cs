using System.Globalization;
using System.Text;

namespace Passerelle.Hub.Partners.Drops;

/// <summary>A file as a look has found it.</summary>
public readonly record struct DropSight(string Name, long SizeBytes, DateTime WriteTime);

/// <summary>
/// One partner's folder: it writes into depot/, and finds what was made of its files in done/ and refused/, a report beside each. Only files in these three are touched, no link is
/// followed, and no name from outside is ever a path.
/// </summary>
/// <param name="root">Of all folders, as <see cref="RealPath"/> gives it.</param>
public sealed class DropFolder(string root, string partnerId)
{
    public const string ReportSuffix = ".compte-rendu.txt";

    /// <summary>What a file system allows, less what is put before and behind.</summary>
    const int MostNameBytes = 200;

    /// <summary>While they are being written, clients call them so.</summary>
    static readonly string[] unfinished = [".part", ".partial", ".tmp", ".temp", ".filepart"];

    static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");

    readonly string depot = Path.Combine(root, partnerId, "depot");

    public string PartnerId => partnerId;

    /// <summary>The folders below a root whose names may be partners'.</summary>
    public static IEnumerable<string> NamesIn(string root) => Directory.Exists(root) ? Directory.EnumerateDirectories(root).Select(p => Path.GetFileName(p)!) : [];

    /// <summary>A path none of whose parts is a link.</summary>
    public static string RealPath(string path)
    {
        var real = Path.GetPathRoot(Path.GetFullPath(path))!;
        foreach (var part in Path.GetFullPath(path).Split(Path.DirectorySeparatorChar, StringSplitOptions.RemoveEmptyEntries))
        {
            real = Path.Combine(real, part);
            if (new DirectoryInfo(real).ResolveLinkTarget(returnFinalTarget: false) is { } target) real = RealPath(target.FullName);
        }

        return real;
    }

    /// <summary>What lies in the depot and may be a file to take, the oldest first; nothing where there is no depot.</summary>
    public IReadOnlyList<DropSight> Look() =>
        !IsFolder(Path.Combine(root, partnerId)) || !IsFolder(depot) ? [] :
        [.. from file in new DirectoryInfo(depot).EnumerateFiles()
            where IsFile(file) && !file.Name.StartsWith('.') && !unfinished.Contains(file.Extension, StringComparer.OrdinalIgnoreCase)
            orderby file.LastWriteTimeUtc, file.Name
            select SightOf(file)];

    /// <returns>Null when it is no longer what was seen.</returns>
    public FileStream? Open(DropSight sight)
    {
        var path = Path.Combine(depot, sight.Name);
        if (!IsStill(sight)) return null;
        try
        {
            // Its writer may go on, or take it away: no lock of ours is in the way.
            var file = new FileStream(path, new FileStreamOptions { Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 });
            // A link may have taken its place since: what counts is where the open file is.
            if (File.ResolveLinkTarget($"/proc/self/fd/{file.SafeFileHandle.DangerousGetHandle()}", returnFinalTarget: false)?.FullName == path && file.Length == sight.SizeBytes) return file;
            file.Dispose();
            return null;
        }
        catch (Exception gone) when (gone is FileNotFoundException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Puts a file away with its report beside it: whoever dies before it has moved does both again. What has changed since it was seen stays: it is another file.</summary>
    /// <param name="folder">`done` or `refused`.</param>
    /// <param name="keepsFile">Else only the report is kept.</param>
    public void PutAway(DropSight sight, string folder, string report, bool keepsFile)
    {
        var to = Path.Combine(root, partnerId, folder);
        Directory.CreateDirectory(to);
        if (!IsFolder(to)) throw new IOException("One of a drop folder's own folders is a link.");
        // By the file's own time: done twice, it is in one place.
        var name = Path.Combine(to, $"{TimeZoneInfo.ConvertTimeFromUtc(sight.WriteTime, Paris):yyyyMMdd-HHmmss}-{Shown(sight.Name)}");
        File.Delete(name + ".part");
        // New, or not at all: whatever lies there, nothing is written through it.
        using (var text = new StreamWriter(new FileStream(name + ".part", FileMode.CreateNew), Encoding.UTF8)) text.Write(report);
        File.Move(name + ".part", name + ReportSuffix, overwrite: true);
        if (!IsStill(sight)) return;
        if (keepsFile) File.Move(Path.Combine(depot, sight.Name), name, overwrite: true);
        else File.Delete(Path.Combine(depot, sight.Name));
    }

    /// <summary>Removes the reports of done/ and refused/ that were written before, and the files beside them.</summary>
    public void Clear(DateTime before)
    {
        foreach (var folder in (string[])["done", "refused"])
        {
            var there = new DirectoryInfo(Path.Combine(root, partnerId, folder));
            if (!IsFolder(there.FullName)) continue;
            foreach (var report in there.EnumerateFiles("*" + ReportSuffix).Where(file => IsFile(file) && file.LastWriteTimeUtc < before).ToList())
            {
                File.Delete(report.FullName[..^ReportSuffix.Length]);
                report.Delete();
            }
        }
    }

    /// <summary>A name that can be shown and kept: the partner's, without what controls a screen or leads anywhere.</summary>
    public static string Shown(string name)
    {
        var bytes = 0;
        return string.Concat(name.EnumerateRunes().Select(rune => IsPlain(rune) ? rune : new Rune('_')).TakeWhile(rune => (bytes += rune.Utf8SequenceLength) <= MostNameBytes));
    }

    static bool IsPlain(Rune rune) =>
        rune.Value is not ('/' or '\\' or 0xFFFD) && Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);

    bool IsStill(DropSight sight) => new FileInfo(Path.Combine(depot, sight.Name)) is { Exists: true } file && IsFile(file) && SightOf(file) == sight;

    static DropSight SightOf(FileInfo file) => new(file.Name, file.Length, file.LastWriteTimeUtc);

    static bool IsFolder(string folder) => new DirectoryInfo(folder) is { Exists: true, LinkTarget: null };

    static bool IsFile(FileInfo file) => file.LinkTarget is null && (file.Attributes & (FileAttributes.Device | FileAttributes.ReparsePoint | FileAttributes.Directory)) == 0;
}
