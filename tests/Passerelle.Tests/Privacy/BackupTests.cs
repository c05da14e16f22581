using System.Diagnostics;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Privacy;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Schooling;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Privacy;

/// <summary>Backups with PostgreSQL's own programs and the scripts of docker/: what they show, and what they have forgotten.</summary>
public sealed class BackupTests(Postgres postgres)
{
    [Fact]
    public async Task A_person_erased_after_the_data_were_dumped_is_unreadable_when_they_are_restored_and_the_others_are_readable()
    {
        var (database, before, after) = (await postgres.CloneAsync(), postgres.NewFolder(), postgres.NewFolder());
        WholeHousehold erased, kept;
        await using (var hub = await HubHost.StartOnNewAsync(database))
        {
            (erased, kept) = (await WholeHousehold.OpenAsync(hub), await WholeHousehold.OpenAsync(hub));
            await BackUpAsync(database, before);
            foreach (var person in (string[])[erased.Household.FirstAdult, erased.Household.SecondAdult, erased.Household.Child]) await hub.DestroyAsync(person);
            await BackUpAsync(database, after);
        }

        var data = Assert.Single(Directory.GetFiles(before, "data-*.dump"));
        var (newest, older) = (Path.Combine(after, "vault.dump"), Path.Combine(before, "vault.dump"));
        var restored = await RestoreAsync(data, newest);
        await using (var hub = await HubHost.StartOnNewAsync(restored))
        {
            await AssertErasedAsync(hub, erased);
            await AssertReadableAsync(hub, kept);
            Assert.Equal(1, await FindAsync(hub, "marqueur-un@exemple.invalid"));
        }

        // Somebody has kept an older dump of the vault: the tombstones of the newest put what it brings back away again.
        var mixed = await RestoreAsync(data, older);
        await ExecuteAsync(mixed, "drop table vault.destroyed");
        await RunAsync(mixed, after, "pg_restore", "--exit-on-error", "--schema=vault", "--table=destroyed", "--dbname=" + Environments(mixed)["PGDATABASE"], newest);
        await using (var hub = await HubHost.StartOnNewAsync(mixed))
        {
            Assert.Equal(3, await hub.WithAsync<Vault, int>(vault => vault.BuryAsync(TestContext.Current.CancellationToken)));
            await AssertErasedAsync(hub, erased);
            await AssertReadableAsync(hub, kept);
        }
    }

    [Fact]
    public async Task The_bytes_of_a_whole_dump_show_nobody()
    {
        var (database, folder) = (await postgres.CloneAsync(), postgres.NewFolder());
        await using var hub = await HubHost.StartOnNewAsync(database);
        await WholeHousehold.OpenAsync(hub);
        foreach (var format in (string[])["plain", "custom"])
        {
            var file = Path.Combine(folder, format);
            // Uncompressed: nothing hides by its form.
            await RunAsync(database, folder, "pg_dump", "--format=" + format, "--compress=0", "--file=" + file);
            var text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
            Assert.Contains("person_keys", text);
            Assert.False(Marker.IsIn(text), $"A marker is in the {format} dump.");
            Assert.DoesNotContain("exemple.invalid", text);
        }
    }

    [Fact]
    public async Task A_dump_without_the_vault_holds_no_key_and_nothing_that_leads_to_a_person()
    {
        var (database, folder) = (await postgres.CloneAsync(), postgres.NewFolder());
        await using var hub = await HubHost.StartOnNewAsync(database);
        await WholeHousehold.OpenAsync(hub);
        var secrets = await hub.QueryAsync(async db => (await db.PersonKeys.Select(k => k.Wrapped).ToListAsync()).Concat(await db.PersonLookups.Select(l => l.Token).ToListAsync()).ToList());
        var file = Path.Combine(folder, "data");
        await RunAsync(database, folder, "pg_dump", "--format=plain", "--exclude-schema=vault", "--file=" + file);
        var text = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        Assert.Contains("persons", text);
        Assert.All(secrets, s => Assert.DoesNotContain(Convert.ToHexStringLower(s), text));
    }

    [Fact]
    public async Task Only_the_newest_vault_is_kept_and_only_for_its_owner()
    {
        var (database, folder) = (await postgres.CloneAsync(), Path.Combine(postgres.NewFolder(), "backups"));
        await BackUpAsync(database, folder);
        var first = File.GetLastWriteTimeUtc(Path.Combine(folder, "vault.dump"));
        await Eventually.BecomesTrueAsync(async () =>
        {
            await BackUpAsync(database, folder);
            return Directory.GetFiles(folder, "data-*.dump").Length > 1;
        }, () => "No second dump of the data.");
        Assert.True(File.GetLastWriteTimeUtc(Path.Combine(folder, "vault.dump")) > first);
        Assert.Equal(["vault.dump"], Directory.GetFiles(folder).Select(Path.GetFileName).Where(f => !f!.StartsWith("data-", StringComparison.Ordinal)));
        Assert.All(Directory.GetFiles(folder), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
    }

    static async Task AssertErasedAsync(HubHost hub, WholeHousehold erased)
    {
        Assert.All((await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = erased.Household.Case })).Members, m => Assert.True(m.Erased));
        var request = await new RequestService.RequestServiceClient(hub.As("crm")).GetRequestAsync(new() { Name = erased.Request });
        var referral = await hub.Referrals().GetReferralAsync(new() { Name = erased.Referral });
        Assert.Equal(("", "", "", ""), (request.Text, request.AnswerText, referral.Introduction, referral.AnswerMessage));
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => School.DownloadAsync(hub, "crm", erased.Document));
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => School.DownloadAsync(hub, "ecole", erased.Document));
    }

    static async Task AssertReadableAsync(HubHost hub, WholeHousehold kept)
    {
        var shown = await new CaseService.CaseServiceClient(hub.As("crm")).GetCaseAsync(new() { Name = kept.Household.Case });
        Assert.Equal([Marker.Of("NOM-UN"), Marker.Of("NOM-DEUX"), Marker.Of("NOM-TROIS")], shown.Members.Select(m => m.FamilyName));
        Assert.Equal(Marker.Of("DEMANDE"), (await new RequestService.RequestServiceClient(hub.As("crm")).GetRequestAsync(new() { Name = kept.Request })).Text);
        Assert.Equal(School.Pdf("LIVRET"), (await School.DownloadAsync(hub, "ecole", kept.Document)).Content);
    }

    static async Task<int> FindAsync(HubHost hub, string email) => (await new CaseService.CaseServiceClient(hub.As("crm")).FindPersonsAsync(new() { Email = email })).Matches.Count;

    static Task BackUpAsync(string database, string folder) => RunAsync(database, "/", Repository.PathOf("docker", "backup.sh"), folder);

    async Task<string> RestoreAsync(string data, string vault)
    {
        var empty = await postgres.EmptyAsync();
        await RunAsync(empty, "/", Repository.PathOf("docker", "restore.sh"), data, vault);
        return empty;
    }

    static async Task ExecuteAsync(string database, string sql)
    {
        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }

    static async Task RunAsync(string database, string folder, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program.Contains('/', StringComparison.Ordinal) ? program : Path.Combine(EmbeddedPostgres.FindBinaries(), program), arguments)
        {
            WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        foreach (var (name, value) in Environments(database)) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{program}: {await output}{await error}");
    }

    /// <summary>What libpq's programs go by.</summary>
    static Dictionary<string, string> Environments(string database)
    {
        var connection = new NpgsqlConnectionStringBuilder(database);
        return new()
        {
            ["PGHOST"] = connection.Host!, ["PGUSER"] = connection.Username!, ["PGDATABASE"] = connection.Database!,
            ["PATH"] = $"{EmbeddedPostgres.FindBinaries()}:{Environment.GetEnvironmentVariable("PATH")}",
        };
    }
}
