using CsCheck;
using Passerelle.Hub.Partners.Drops;

namespace Passerelle.Tests.Partners.Drops;

/// <summary>What the hub touches of a partner's folder, and what it does not.</summary>
public sealed class DropFolderTests : IDisposable
{
    readonly string root = DropFolder.RealPath(Directory.CreateTempSubdirectory("passerelle-drops-").FullName);
    readonly DropFolder folder;

    public DropFolderTests()
    {
        Directory.CreateDirectory(Depot);
        folder = new DropFolder(root, "agence");
    }

    string Depot => Path.Combine(root, "agence", "depot");

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public void Files_are_seen_the_oldest_first_and_what_is_still_being_written_is_not()
    {
        Put("b.csv", 2);
        Put("a.csv", 1);
        foreach (var name in (string[])["c.csv.part", "c.csv.filepart", "c.TMP", ".c.csv"]) Put(name, 0);
        Directory.CreateDirectory(Path.Combine(Depot, "d.csv"));

        Assert.Equal(["a.csv", "b.csv"], folder.Look().Select(s => s.Name));
    }

    [Fact]
    public void No_link_is_followed_wherever_it_leads_and_whenever_it_came()
    {
        var secret = Path.Combine(root, "secret");
        File.WriteAllText(secret, "secret");
        File.CreateSymbolicLink(Path.Combine(Depot, "link.csv"), secret);
        Assert.Empty(folder.Look());

        // A link that takes the place of a file that was seen, of the same size and time.
        var seen = Put("a.csv", 1, "secret");
        File.SetLastWriteTimeUtc(secret, seen.WriteTime);
        File.Delete(Path.Combine(Depot, "a.csv"));
        File.CreateSymbolicLink(Path.Combine(Depot, "a.csv"), secret);
        Assert.Null(folder.Open(seen));
        folder.PutAway(seen, "done", "compte rendu", keepsFile: true);
        Assert.Equal("secret", File.ReadAllText(secret));
        Assert.DoesNotContain(Directory.EnumerateFiles(Path.Combine(root, "agence", "done")), f => !f.EndsWith(DropFolder.ReportSuffix, StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_that_is_a_link_is_none_and_nothing_is_put_into_one()
    {
        var elsewhere = Directory.CreateDirectory(Path.Combine(root, "elsewhere", "depot"));
        File.WriteAllText(Path.Combine(elsewhere.FullName, "a.csv"), "x");
        Directory.CreateSymbolicLink(Path.Combine(root, "lien"), elsewhere.Parent!.FullName);
        Assert.Empty(new DropFolder(root, "lien").Look());

        Directory.CreateDirectory(Path.Combine(root, "autre"));
        Directory.CreateSymbolicLink(Path.Combine(root, "autre", "depot"), elsewhere.FullName);
        Assert.Empty(new DropFolder(root, "autre").Look());

        var seen = Put("a.csv", 1);
        Directory.CreateSymbolicLink(Path.Combine(root, "agence", "done"), elsewhere.FullName);
        Assert.Throws<IOException>(() => folder.PutAway(seen, "done", "compte rendu", keepsFile: true));
        Assert.Single(elsewhere.EnumerateFiles());
        folder.Clear(DateTime.MaxValue);
        Assert.Single(elsewhere.EnumerateFiles());
    }

    [Fact]
    public void What_has_changed_since_it_was_seen_is_neither_read_nor_moved()
    {
        var seen = Put("a.csv", 1);
        File.AppendAllText(Path.Combine(Depot, "a.csv"), "more");

        Assert.Null(folder.Open(seen));
        folder.PutAway(seen, "done", "compte rendu", keepsFile: true);

        Assert.Equal("a.csv", Assert.Single(folder.Look()).Name);
    }

    [Fact]
    public void Put_away_twice_it_is_in_one_place()
    {
        var seen = Put("a.csv", 1);
        folder.PutAway(seen, "done", "compte rendu", keepsFile: true);
        folder.PutAway(seen, "done", "compte rendu", keepsFile: true);

        Assert.Equal(["20260313-160201-a.csv", "20260313-160201-a.csv.compte-rendu.txt"], Directory.EnumerateFiles(Path.Combine(root, "agence", "done")).Select(f => Path.GetFileName(f)).Order());
    }

    [Fact]
    public void No_report_is_written_through_a_link()
    {
        var (seen, secret, done) = (Put("a.csv", 1), Path.Combine(root, "secret"), Path.Combine(root, "agence", "done"));
        File.WriteAllText(secret, "secret");
        Directory.CreateDirectory(done);
        foreach (var name in (string[])["20260313-160201-a.csv", "20260313-160201-a.csv.part", "20260313-160201-a.csv.compte-rendu.txt"]) File.CreateSymbolicLink(Path.Combine(done, name), secret);

        folder.PutAway(seen, "done", "compte rendu", keepsFile: true);

        Assert.Equal("secret", File.ReadAllText(secret));
        Assert.Equal("compte rendu", File.ReadAllText(Path.Combine(done, "20260313-160201-a.csv.compte-rendu.txt")));
    }

    [Fact]
    public void Without_keeping_files_the_report_alone_stays()
    {
        folder.PutAway(Put("a.csv", 1), "refused", "compte rendu", keepsFile: false);

        Assert.Equal("20260313-160201-a.csv.compte-rendu.txt", Path.GetFileName(Assert.Single(Directory.EnumerateFiles(Path.Combine(root, "agence", "refused")))));
        Assert.Empty(folder.Look());
    }

    [Fact]
    public void What_has_lain_there_for_longer_is_removed_with_its_report()
    {
        folder.PutAway(Put("old.csv", 1), "done", "compte rendu", keepsFile: true);
        folder.PutAway(Put("new.csv", 1), "done", "compte rendu", keepsFile: true);
        var done = Path.Combine(root, "agence", "done");
        // The file's own time is the partner's to choose: the report's counts.
        File.SetLastWriteTimeUtc(Path.Combine(done, "20260313-160201-old.csv.compte-rendu.txt"), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        folder.Clear(new DateTime(2026, 1, 2, 0, 0, 0, DateTimeKind.Utc));

        Assert.Equal(["20260313-160201-new.csv", "20260313-160201-new.csv.compte-rendu.txt"], Directory.EnumerateFiles(done).Select(f => Path.GetFileName(f)).Order());
    }

    [Theory]
    [InlineData("Annonces été.csv", "Annonces été.csv")]
    [InlineData("a\u001b[31m\n.csv", "a_[31m_.csv")]
    [InlineData(@"..\..\a.csv", ".._.._a.csv")]
    [InlineData("../../a.csv", ".._.._a.csv")]
    public void A_name_is_shown_without_what_controls_a_screen_or_leads_anywhere(string name, string shown) => Assert.Equal(shown, DropFolder.Shown(name));

    [Fact]
    public void Whatever_a_name_is_what_is_shown_of_it_is_a_name() =>
        Gen.String[0, 300].Sample(name => DropFolder.Shown(name) is { Length: <= 200 } shown && !shown.Any(char.IsControl) && !shown.Contains('/', StringComparison.Ordinal));

    DropSight Put(string name, int second, string content = "contenu")
    {
        var path = Path.Combine(Depot, name);
        File.WriteAllText(path, content);
        File.SetLastWriteTimeUtc(path, new DateTime(2026, 3, 13, 15, 2, second, DateTimeKind.Utc));
        return new DropSight(name, new FileInfo(path).Length, File.GetLastWriteTimeUtc(path));
    }
}
