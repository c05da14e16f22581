using System.Globalization;
using System.Text;

namespace Passerelle.Hub.Platform.Chains;

/// <summary>Where a chain ended at some time, written down outside the database: one line of a file that is only added to.</summary>
/// <param name="Time">By the database's clock.</param>
public sealed record Anchor(DateTimeOffset Time, string Chain, long Sequence, byte[] Hash)
{
    const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Time.UtcDateTime.ToString(TimeFormat, CultureInfo.InvariantCulture)} {Chain} {Sequence} {Convert.ToHexStringLower(Hash)}");

    public static Anchor? Parse(string line)
    {
        var parts = line.Split(' ');
        if (parts.Length != 4 || parts[1].Length == 0 || parts[3].Length != 64 || !parts[3].All(char.IsAsciiHexDigitLower)) return null;
        return DateTimeOffset.TryParseExact(parts[0], TimeFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            && long.TryParse(parts[2], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? new Anchor(time, parts[1], sequence, Convert.FromHexString(parts[3])) : null;
    }
}

/// <summary>What an anchors' file says.</summary>
/// <param name="Unreadable">The numbers of lines that are no anchors.</param>
public sealed record Anchors(IReadOnlyList<Anchor> All, IReadOnlyList<long> Unreadable)
{
    public static readonly Anchors None = new([], []);

    public ILookup<long, byte[]> Of(string chain) => All.Where(a => a.Chain == chain).ToLookup(a => a.Sequence, a => a.Hash);
}

/// <summary>The file itself. Several nodes on one machine may share it.</summary>
public sealed class AnchorFile(string path, TimeProvider time)
{
    static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(50);
    const int MostBusy = 100;

    /// <summary>On the disk when this returns.</summary>
    public async Task AppendAsync(IEnumerable<Anchor> anchors, CancellationToken ct)
    {
        var bytes = Encoding.UTF8.GetBytes(string.Concat(anchors.Select(a => a + "\n")));
        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } folder) Directory.CreateDirectory(folder);
        await using var file = await OpenAsync(FileAccess.ReadWrite, FileMode.OpenOrCreate, ct);
        // A line that a power cut left unfinished stays what it is; ours begins on a new one.
        if (file.Length > 0)
        {
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n') bytes = [(byte)'\n', .. bytes];
        }

        file.Seek(0, SeekOrigin.End);
        await file.WriteAsync(bytes, ct);
        file.Flush(flushToDisk: true);
    }

    /// <exception cref="FileNotFoundException">There is none.</exception>
    public async Task<Anchors> ReadAsync(CancellationToken ct)
    {
        await using var file = await OpenAsync(FileAccess.Read, FileMode.Open, ct);
        using var reader = new StreamReader(file, Encoding.UTF8);
        var (anchors, unreadable) = (new List<Anchor>(), new List<long>());
        for (var number = 1; await reader.ReadLineAsync(ct) is { } line; number++)
        {
            if (Anchor.Parse(line) is { } anchor) anchors.Add(anchor);
            else unreadable.Add(number);
        }

        return new Anchors(anchors, unreadable);
    }

    /// <summary>One at a time, whoever it is: each waits for the other, which holds it for a moment.</summary>
    async Task<FileStream> OpenAsync(FileAccess access, FileMode mode, CancellationToken ct)
    {
        for (var busy = 1; ; busy++)
        {
            try
            {
                var options = new FileStreamOptions { Mode = mode, Access = access, Share = FileShare.None };
                if (mode == FileMode.OpenOrCreate && !OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
                return new FileStream(path, options);
            }
            // Not missing, not forbidden: somebody has it.
            catch (IOException e) when (e.GetType() == typeof(IOException) && busy < MostBusy)
            {
                await Task.Delay(BusyPause, time, ct);
            }
        }
    }
}
