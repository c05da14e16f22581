namespace Passerelle.Tests.Cli;

/// <summary>Real files of partners, which are never part of the project: a test that wants one is skipped where they are absent.</summary>
internal static class Fixtures
{
    public static string Folder(string name)
    {
        var root = Environment.GetEnvironmentVariable("PASSERELLE_FIXTURES") ?? Beside();
        var folder = root is null ? null : Path.Combine(root, name);
        Assert.SkipUnless(Directory.Exists(folder), $"The fixtures {name} are not here; set PASSERELLE_FIXTURES.");
        return folder!;
    }

    private static string? Beside()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Passerelle.slnx")))
                return Path.Combine(folder.FullName, "..", "shared", "fixtures");
        }
        return null;
    }
}
