using Passerelle.Hub.Partners.Drops;
using Passerelle.Tests.Housing;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Docker;

/// <summary>The SFTP door as agencies find it: the server, its settings and its accounts are those of docker/sftp, the client is OpenSSH's.</summary>
public sealed class SftpTests(Postgres postgres)
{
    [Fact]
    public async Task A_file_that_an_agency_uploads_is_imported_and_the_report_can_be_fetched()
    {
        await using var sftp = await SftpServer.StartAsync(postgres);
        await using var hub = await HubAsync(sftp);
        await File.WriteAllBytesAsync(sftp.Local("Annonces.csv"), Feed.OfSales(["T1", "T2"]));

        Succeeded(await sftp.SftpAsync("agence", "put Annonces.csv"));
        await LookTwiceAsync(hub);

        Assert.Equal(2, (await hub.OnMarketAsync()).Count);
        Succeeded(await sftp.SftpAsync("agence", "get /done/*.compte-rendu.txt compte-rendu.txt"));
        Assert.StartsWith("Compte rendu du fichier « Annonces.csv »", await File.ReadAllTextAsync(sftp.Local("compte-rendu.txt")), StringComparison.Ordinal);
        Assert.DoesNotContain("Annonces.csv", Succeeded(await sftp.SftpAsync("agence", "ls")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_still_being_uploaded_is_not_imported_until_it_is_renamed()
    {
        await using var sftp = await SftpServer.StartAsync(postgres);
        await using var hub = await HubAsync(sftp);
        await File.WriteAllBytesAsync(sftp.Local("Annonces.csv"), Feed.OfSales(["T1", "T2"]));

        Succeeded(await sftp.SftpAsync("agence", "put Annonces.csv Annonces.csv.filepart"));
        await LookTwiceAsync(hub);
        Assert.Empty(await hub.OnMarketAsync());

        Succeeded(await sftp.SftpAsync("agence", "rename Annonces.csv.filepart Annonces.csv"));
        await LookTwiceAsync(hub);
        Assert.Equal(2, (await hub.OnMarketAsync()).Count);
    }

    [Fact]
    public async Task An_account_sees_its_own_folder_and_nothing_above_or_beside_it()
    {
        await using var sftp = await SftpServer.StartAsync(postgres);
        await File.WriteAllTextAsync(Path.Combine(sftp.Drops, "agence-deux/depot/secret.csv"), "secret");
        await File.WriteAllTextAsync(sftp.Local("a.csv"), "x");

        var output = Succeeded(await sftp.SftpAsync(
            "agence",
            "ls /", "-ls /..", "-ls /../agence-deux", "-get /../agence-deux/depot/secret.csv pris.csv", "-get /etc/passwd pris.csv", "-symlink / depot", "-symlink ../../agence-deux/depot voisine",
            "-put a.csv /a.csv", "-put a.csv /done/a.csv", "-mkdir /x", "-mkdir x", "-chmod 777 /", "-rename /done /depot/done", "ls /"));

        Assert.False(File.Exists(sftp.Local("pris.csv")));
        Assert.DoesNotContain("secret", output.Replace("/secret.csv", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Equal(["depot", "done", "refused"], Directory.EnumerateFileSystemEntries(Path.Combine(sftp.Drops, "agence")).Select(p => Path.GetFileName(p)).Order());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(sftp.Drops, "agence/depot")));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(sftp.Drops, "agence/done")));
    }

    [Fact]
    public async Task There_is_no_shell_no_command_and_no_way_through()
    {
        await using var sftp = await SftpServer.StartAsync(postgres);

        var command = await sftp.SshAsync("agence", [], "id");
        Assert.NotEqual(0, command.Code);
        Assert.Contains("This service allows sftp connections only.", command.Output, StringComparison.Ordinal);
        var shell = await sftp.SshAsync("agence", ["-tt"]);
        Assert.NotEqual(0, shell.Code);
        Assert.Contains("PTY allocation request failed", shell.Output, StringComparison.Ordinal);
        // The server itself listens there: a way through would be answered.
        var through = await sftp.SshAsync("agence", ["-W", $"127.0.0.1:{sftp.Port}"]);
        Assert.NotEqual(0, through.Code);
        Assert.DoesNotContain("SSH-2.0", through.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_account_is_opened_by_its_own_key_or_password_and_nobody_elses()
    {
        await using var sftp = await SftpServer.StartAsync(postgres);

        Succeeded(await sftp.SftpWithPasswordAsync("agence-deux", SftpServer.Password));
        Assert.NotEqual(0, (await sftp.SftpWithPasswordAsync("agence-deux", "un autre")).Code);
        // The password is agence-deux's, the key is agence's: of the machine's own accounts, neither opens any.
        Assert.NotEqual(0, (await sftp.SftpWithPasswordAsync("agence", SftpServer.Password)).Code);
        Assert.NotEqual(0, (await sftp.SftpAsync("root", "ls")).Code);
        Assert.NotEqual(0, (await sftp.SftpWithPasswordAsync("root", "")).Code);
    }

    Task<HubHost> HubAsync(SftpServer sftp) => HubHost.StartAsync(postgres, "Drops:Root=" + sftp.Drops, "Drops:Quiet=00:00:00");

    static async Task LookTwiceAsync(HubHost hub)
    {
        await hub.RunAsync<TakeDrops>();
        await hub.RunAsync<TakeDrops>();
    }

    static string Succeeded((int Code, string Output) run)
    {
        Assert.True(run.Code == 0, run.Output);
        return run.Output;
    }
}
