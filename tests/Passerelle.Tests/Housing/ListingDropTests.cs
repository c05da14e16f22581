using Microsoft.Extensions.DependencyInjection;
using Passerelle.Hub.Partners.Drops;
using Passerelle.Tests.Housing.Feeds;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing;

/// <summary>Files of listings that come by folder: taken once, when they are whole, with a report beside them.</summary>
public sealed class ListingDropTests(Postgres postgres)
{
    [Fact]
    public async Task A_file_is_imported_and_put_away_with_its_report()
    {
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, drops.Settings);
        drops.Put("Annonces_20260313-1602.csv", Feed.OfSales(["T1", "T2"]));

        await LookTwiceAsync(hub);

        var report = Assert.Single((await hub.Feeds().ListImportReportsAsync(new())).Reports);
        Assert.Equal(("Annonces_20260313-1602.csv", 2, "poliris 4.12"), (report.FileName, report.NewCount, report.Format));
        Assert.Equal(new DateTimeOffset(2026, 3, 13, 15, 2, 0, TimeSpan.Zero), report.MakeTime.ToDateTimeOffset());
        Assert.Empty(drops.In("depot"));
        var (file, text) = drops.Report("done");
        Assert.EndsWith("-Annonces_20260313-1602.csv", file, StringComparison.Ordinal);
        Assert.Equal(Feed.OfSales(["T1", "T2"]), File.ReadAllBytes(file));
        Assert.StartsWith("Compte rendu du fichier « Annonces_20260313-1602.csv »\r\n", text, StringComparison.Ordinal);
        Assert.Matches(@"Annonces nouvelles\s+2\r\n", text);
        Assert.Contains(report.Name, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_real_archive_comes_in_as_it_is()
    {
        var archive = Feed.OfFixture(Feed.Zip);
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, drops.Settings);
        drops.Put("RC-1577371.zip", archive);

        await LookTwiceAsync(hub);

        Assert.Equal(109, (await hub.OnMarketAsync()).Count);
    }

    [Fact]
    public async Task What_is_refused_is_put_aside_with_a_sentence_that_says_why()
    {
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, drops.Settings);
        await hub.ImportAsync(Feed.OfSales(["T1"]));
        drops.Put("catalogue.pdf", "%PDF-1.7 et la suite"u8.ToArray());

        await LookTwiceAsync(hub);

        var (_, text) = drops.Report("refused");
        Assert.Contains("Le fichier a été refusé.", text, StringComparison.Ordinal);
        Assert.Contains("Rien n’a été modifié.", text, StringComparison.Ordinal);
        Assert.Single(await hub.OnMarketAsync());
    }

    [Fact]
    public async Task Half_a_file_waits_for_the_rest_and_is_refused_when_it_does_not_come()
    {
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, drops.Settings);
        var zip = Poliris.Zip(("Annonces.csv", Poliris.File(Poliris.Sale("T1"), Poliris.Sale("T2"))));
        drops.Put("Annonces.zip", zip[..(zip.Length / 2)]);

        await LookTwiceAsync(hub);
        await LookTwiceAsync(hub);
        Assert.Single(drops.In("depot"));
        Assert.Empty(drops.In("refused"));

        drops.Put("Annonces.zip", zip);
        await LookTwiceAsync(hub);
        Assert.Equal(2, (await hub.OnMarketAsync()).Count);

        await using var impatient = await hub.StartBesideAsync([.. drops.Settings, "Drops:Patience=00:00:00"]);
        drops.Put("Annonces.zip", zip[..(zip.Length / 2)]);
        await LookTwiceAsync(impatient);
        Assert.Contains("Le fichier est incomplet ou abîmé", drops.Report("refused").Text, StringComparison.Ordinal);
        Assert.Equal(2, (await hub.OnMarketAsync()).Count);
    }

    [Fact]
    public async Task An_empty_file_may_be_one_that_has_just_begun()
    {
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, drops.Settings);
        drops.Put("Annonces.csv", []);
        await LookTwiceAsync(hub);
        Assert.Single(drops.In("depot"));
    }

    [Fact]
    public async Task A_hub_that_dies_between_import_and_move_imports_once()
    {
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, drops.Settings);
        var file = drops.Put("Annonces.csv", Feed.OfSales(["T1", "T2"]));
        var written = File.GetLastWriteTimeUtc(file);
        await LookTwiceAsync(hub);
        var first = drops.Report("done");
        // As if it had not come so far.
        drops.Put("Annonces.csv", Feed.OfSales(["T1", "T2"]));
        File.SetLastWriteTimeUtc(file, written);
        File.Delete(first.File);

        await using var next = await hub.StartBesideAsync(drops.Settings);
        await LookTwiceAsync(next);

        Assert.Single((await hub.Feeds().ListImportReportsAsync(new())).Reports);
        Assert.Equal(first, drops.Report("done"));
        Assert.Empty(drops.In("depot"));
    }

    [Fact]
    public async Task The_same_file_of_another_day_is_another_import()
    {
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, drops.Settings);
        foreach (var day in (int[])[13, 14])
        {
            File.SetLastWriteTimeUtc(drops.Put("Annonces.csv", Feed.OfSales(["T1"])), new DateTime(2026, 3, day, 5, 0, 0, DateTimeKind.Utc));
            await LookTwiceAsync(hub);
        }

        Assert.Equal([1, 0], (await hub.Feeds().ListImportReportsAsync(new())).Reports.Select(r => r.UnchangedCount));
    }

    [Fact]
    public async Task While_another_feed_of_the_partner_is_applied_the_file_waits()
    {
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, drops.Settings);
        drops.Put("Annonces.csv", Feed.OfSales(["T1"]));
        await using (await hub.HoldFeedLockAsync("agence"))
        {
            await LookTwiceAsync(hub);
            Assert.Single(drops.In("depot"));
        }

        await hub.RunAsync<TakeDrops>();
        Assert.Empty(drops.In("depot"));
        Assert.Single(await hub.OnMarketAsync());
    }

    [Fact]
    public async Task Two_hubs_that_look_at_once_take_each_file_once()
    {
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, drops.Settings);
        await using var beside = await hub.StartBesideAsync(drops.Settings);
        for (var i = 1; i <= 5; i++) drops.Put($"Annonces_2026031{i}-0600.csv", Feed.OfSales(Feed.Ids(1, i)));

        await Task.WhenAll(LookTwiceAsync(hub), LookTwiceAsync(beside));
        await Task.WhenAll(LookTwiceAsync(hub), LookTwiceAsync(beside));

        Assert.Empty(drops.In("depot"));
        Assert.Equal(5, (await hub.Feeds().ListImportReportsAsync(new())).Reports.Count);
        Assert.Equal(5, (await hub.OnMarketAsync()).Count);
    }

    [Fact]
    public async Task A_file_that_breaks_its_door_is_in_nobodys_way()
    {
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, drops.Settings);
        hub.ExpectedErrors = text => text.StartsWith("A file of agence could not be taken", StringComparison.Ordinal);
        await hub.ExecuteAsync("alter table listings add constraint broken check (technical_id <> 'T13')");
        drops.Put("a.csv", Feed.OfSales(["T13"]));
        drops.Put("b.csv", Feed.OfSales(["T1"]));
        drops.Put("a.csv", Feed.OfSales(["T1"]), "agence-deux");

        await LookTwiceAsync(hub);

        Assert.EndsWith("a.csv", Assert.Single(drops.In("depot")), StringComparison.Ordinal);
        Assert.Empty(drops.In("depot", "agence-deux"));
        Assert.Equal(["T1"], (await hub.OnMarketAsync()).Select(l => l.TechnicalId));
    }

    [Fact]
    public async Task Folders_of_nobody_and_of_partners_whose_files_nobody_takes_are_left_alone()
    {
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, drops.Settings);
        foreach (var folder in (string[])["inconnu", "emploi", "Agence", "lost+found"]) drops.Put("Annonces.csv", Feed.OfSales(["T1"]), folder);

        await LookTwiceAsync(hub);

        Assert.Empty((await hub.Feeds("crm").ListImportReportsAsync(new())).Reports);
        Assert.All((string[])["inconnu", "emploi", "Agence", "lost+found"], folder => Assert.Single(drops.In("depot", folder)));
    }

    [Fact]
    public async Task A_file_that_holds_somebodys_name_is_named_to_nobody_but_its_partner()
    {
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, drops.Settings);
        // The hub looks for the marker in its logs and job arguments when it ends; a report keeps the name, as of an upload.
        drops.Put($"{Marker.Of("NOM")}.pdf", "%PDF-1.7"u8.ToArray());
        await LookTwiceAsync(hub);
        Assert.Contains(Marker.Of("NOM"), drops.Report("refused").Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hangfire_takes_what_lies_there()
    {
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, [.. drops.Settings, "Drops:LookEvery=00:00:00.2", "Jobs:Server=true", "Jobs:Watchdog=true"]);
        drops.Put("Annonces.csv", Feed.OfSales(["T1"]));
        await Eventually.BecomesTrueAsync(() => drops.In("depot").Count == 0, "The file still lies there.");
        Assert.Single(await hub.OnMarketAsync());
    }

    [Fact]
    public async Task Nothing_is_due_where_nothing_lies_and_without_folders()
    {
        using var drops = new Drops(postgres);
        await using var hub = await HubHost.StartAsync(postgres, drops.Settings);
        var work = hub.Services.GetRequiredService<TakeDrops>();
        Assert.Null(await work.OldestDueAsync(CancellationToken.None));
        drops.Put("Annonces.csv", Feed.OfSales(["T1"]));
        Assert.Null(await work.OldestDueAsync(CancellationToken.None));
        Assert.True(await work.OldestDueAsync(CancellationToken.None) >= TimeSpan.Zero);

        await using var without = await HubHost.StartAsync(postgres);
        Assert.Null(await without.Services.GetRequiredService<TakeDrops>().OldestDueAsync(CancellationToken.None));
    }

    /// <summary>One look says nothing; the second takes what it finds the same.</summary>
    static async Task LookTwiceAsync(HubHost hub)
    {
        await hub.RunAsync<TakeDrops>();
        await hub.RunAsync<TakeDrops>();
    }

    /// <summary>Folders of this test's own.</summary>
    sealed class Drops(Postgres postgres) : IDisposable
    {
        readonly string root = postgres.NewFolder();

        public string[] Settings => ["Drops:Root=" + root, "Drops:Quiet=00:00:00"];

        public string Put(string name, byte[] content, string partner = "agence")
        {
            var path = Path.Combine(Directory.CreateDirectory(Path.Combine(root, partner, "depot")).FullName, name);
            File.WriteAllBytes(path, content);
            return path;
        }

        public IReadOnlyList<string> In(string folder, string partner = "agence") =>
            Directory.Exists(Path.Combine(root, partner, folder)) ? [.. Directory.EnumerateFiles(Path.Combine(root, partner, folder))] : [];

        /// <summary>The one that is there, and the file beside it.</summary>
        public (string File, string Text) Report(string folder)
        {
            var report = Assert.Single(In(folder), f => f.EndsWith(DropFolder.ReportSuffix, StringComparison.Ordinal));
            return (report[..^DropFolder.ReportSuffix.Length], File.ReadAllText(report));
        }

        public void Dispose() => Directory.Delete(root, recursive: true);
    }
}
