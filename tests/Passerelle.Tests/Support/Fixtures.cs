namespace Passerelle.Tests.Support;

/// <summary>
/// Real files of partners, which live beside the project and never in it: in the folder that PASSERELLE_FIXTURES names, or
/// in ../shared/fixtures. A test that needs one is reported as skipped where the folder is absent.
/// </summary>
static class Fixtures
{
    static readonly Lazy<string?> Root = new(FindRoot);

    /// <summary>The file's full path; skips the calling test when there are no fixtures.</summary>
    public static string PathOf(string relative)
    {
        Assert.SkipUnless(Root.Value is not null, "The real files are not here: set PASSERELLE_FIXTURES to their folder.");
        return Path.Combine(Root.Value!, relative);
    }

    public static FileStream Open(string relative) => File.OpenRead(PathOf(relative));

    static string? FindRoot()
    {
        if (Environment.GetEnvironmentVariable("PASSERELLE_FIXTURES") is { Length: > 0 } configured)
            return Directory.Exists(configured) ? configured : null;

        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "Passerelle.slnx")))
                continue;
            var fixtures = Path.GetFullPath(Path.Combine(folder.FullName, "..", "shared", "fixtures"));
            return Directory.Exists(fixtures) ? fixtures : null;
        }

        return null;
    }
}
