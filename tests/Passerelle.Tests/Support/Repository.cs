namespace Passerelle.Tests.Support;

/// <summary>The source tree that these tests belong to: some of them read it.</summary>
static class Repository
{
    /// <summary>The folder that holds Passerelle.slnx.</summary>
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    static string FindRoot(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Passerelle.slnx")))
                return folder.FullName;
        throw new InvalidOperationException($"No Passerelle.slnx above {start}: these tests run from the source tree.");
    }
}
