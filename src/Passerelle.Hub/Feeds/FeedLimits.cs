namespace Passerelle.Hub.Feeds;

/// <summary>How much of a partner's file the hub is willing to read.</summary>
public sealed record FeedLimits
{
    public static FeedLimits Default { get; } = new();

    /// <summary>Bytes of CSV after inflation. Measured while reading; what an archive declares is only used to refuse sooner.</summary>
    public long MaxUncompressedBytes { get; init; } = 512L * 1024 * 1024;

    /// <summary>Bytes of one line. A real line is 3 to 20 KB; megabytes mean a quote that is never closed.</summary>
    public int MaxLineBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of an archive's table of contents: some 50,000 files, against archives made only of entries.</summary>
    public int MaxDirectoryBytes { get; init; } = 4 * 1024 * 1024;
}
