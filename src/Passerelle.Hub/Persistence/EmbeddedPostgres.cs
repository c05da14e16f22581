using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Passerelle.Hub.Persistence;

/// <summary>A private PostgreSQL cluster in a folder, for development and tests: made when it is not there, started, and gone with the process that owns it, even when that is killed.</summary>
public sealed class EmbeddedPostgres : IAsyncDisposable
{
    /// <summary>A Unix socket's path may be 107 bytes long, and PostgreSQL adds its own name to the folder's.</summary>
    const int MaxSocketFolder = 107 - 25;

    readonly Process guard;
    readonly string? socketFolderOfOurs;

    EmbeddedPostgres(Process guard, string socketFolder, bool socketFolderIsOurs)
    {
        this.guard = guard;
        SocketFolder = socketFolder;
        socketFolderOfOurs = socketFolderIsOurs ? socketFolder : null;
    }

    public string SocketFolder { get; }

    public string ConnectionString(string database) =>
        new NpgsqlConnectionStringBuilder { Host = SocketFolder, Username = "postgres", Database = database, IncludeErrorDetail = false }.ToString();

    /// <param name="folder">Holds the cluster (in `pg`).</param>
    /// <param name="durable">False for throw-away clusters: no fsync.</param>
    /// <param name="settings">More server settings, name=value.</param>
    public static async Task<EmbeddedPostgres> StartAsync(string folder, bool durable, IEnumerable<string> settings, CancellationToken ct)
    {
        var binaries = FindBinaries();
        folder = Path.GetFullPath(folder);
        Directory.CreateDirectory(folder);
        var user = await UnprivilegedUserAsync(ct);
        var data = await DataFolderAsync(folder, user, ct);
        if (!File.Exists(Path.Combine(data, "PG_VERSION")))
        {
            await RunAsync(user, folder, Path.Combine(binaries, "initdb"), ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", .. durable ? Array.Empty<string>() : ["--no-sync"]], ct);
        }
        else if (await File.ReadAllTextAsync(Path.Combine(data, "PG_VERSION"), ct) is var version && !binaries.Contains($"/{version.Trim()}/", StringComparison.Ordinal) && Directory.Exists($"/usr/lib/postgresql/{version.Trim()}/bin"))
        {
            binaries = $"/usr/lib/postgresql/{version.Trim()}/bin";
        }

        var (socket, ours) = await SocketFolderAsync(data, user, ct);
        List<string> arguments = ["-D", data, "-c", "listen_addresses=", "-c", $"unix_socket_directories={socket}"];
        if (!durable) arguments.AddRange(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
        foreach (var setting in settings) arguments.AddRange(["-c", setting]);
        // The shell ends PostgreSQL when its standard input closes: that is when we dispose, and when we die.
        var script = "\"$@\" & p=$!; trap 'kill -INT $p 2>/dev/null' TERM; cat >/dev/null; kill -INT $p 2>/dev/null; wait $p";
        var guard = Start(user, folder, "/bin/sh", ["-c", script, "postgres", Path.Combine(binaries, "postgres"), .. arguments], Path.Combine(folder, "postgres.log"));
        var postgres = new EmbeddedPostgres(guard, socket, ours);
        try { await postgres.WaitUntilReadyAsync(ct); }
        catch { await postgres.DisposeAsync(); throw; }
        return postgres;
    }

    /// <summary>Makes a database when it is not there.</summary>
    public async Task EnsureDatabaseAsync(string database, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString("postgres"));
        await using var exists = source.CreateCommand("select 1 from pg_database where datname = $1");
        exists.Parameters.Add(new() { Value = database });
        if (await exists.ExecuteScalarAsync(CancellationToken.None) is not null) return;
        await using var create = source.CreateCommand($"create database {database}");
        await create.ExecuteNonQueryAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        guard.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try { await guard.WaitForExitAsync(patience.Token); }
        catch (OperationCanceledException) { guard.Kill(entireProcessTree: true); }
        guard.Dispose();
        if (socketFolderOfOurs is not null && Directory.Exists(socketFolderOfOurs)) Directory.Delete(socketFolderOfOurs, recursive: true);
    }

    /// <summary>The newest installed PostgreSQL.</summary>
    public static string FindBinaries()
    {
        var candidates = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var v) ? v : 0).Select(d => Path.Combine(d, "bin"))
            : [];
        candidates = candidates.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries));
        return candidates.FirstOrDefault(d => File.Exists(Path.Combine(d, "initdb")) && File.Exists(Path.Combine(d, "postgres")))
            ?? throw new InvalidOperationException("PostgreSQL's programs are not installed. On Debian or Ubuntu: apt-get install postgresql. Elsewhere, put initdb and postgres on the PATH.");
    }

    async Task WaitUntilReadyAsync(CancellationToken ct)
    {
        var started = Stopwatch.GetTimestamp();
        await using var source = NpgsqlDataSource.Create(ConnectionString("postgres"));
        while (true)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(ct);
                return;
            }
            catch (NpgsqlException) when (!guard.HasExited && Stopwatch.GetElapsedTime(started) < TimeSpan.FromSeconds(60))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, ct);
            }
            catch (NpgsqlException e)
            {
                throw new InvalidOperationException("The embedded PostgreSQL did not start; see postgres.log beside its data.", e);
            }
        }
    }

    /// <summary>initdb and postgres refuse root: as root, they run as another user.</summary>
    static async Task<string?> UnprivilegedUserAsync(CancellationToken ct)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root") return null;
        return await ExistsAsync("postgres", ct) ? "postgres" : "nobody";
    }

    /// <summary>Beside our other data; or, where the other user cannot walk down to it (a clone in root's home), in a place of its own under /var/lib.</summary>
    static async Task<string> DataFolderAsync(string folder, string? user, CancellationToken ct)
    {
        var data = Path.Combine(folder, "pg");
        if (user is null) return data;
        if (!await SucceedsAsync(user, folder, "/usr/bin/test", ["-x", folder], ct))
            data = $"/var/lib/passerelle/{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(folder)))[..16]}";
        Directory.CreateDirectory(data);
        await RunAsync(null, folder, "/bin/chown", ["-R", user, data], ct);
        await RunAsync(null, folder, "/bin/chmod", ["700", data], ct);
        return data;
    }

    static async Task<bool> ExistsAsync(string user, CancellationToken ct) =>
        (await File.ReadAllLinesAsync("/etc/passwd", ct)).Any(line => line.StartsWith(user + ":", StringComparison.Ordinal));

    /// <summary>In the cluster's own folder, where only its owner gets; a path too long for a socket stands in the temporary folder instead.</summary>
    static async Task<(string Folder, bool Ours)> SocketFolderAsync(string data, string? user, CancellationToken ct)
    {
        if (data.Length <= MaxSocketFolder) return (data, false);
        var temporary = Directory.CreateTempSubdirectory("passerelle-").FullName;
        if (user is not null) await RunAsync(null, temporary, "/bin/chown", [user, temporary], ct);
        return (temporary, true);
    }

    static Process Start(string? user, string folder, string program, IEnumerable<string> arguments, string log)
    {
        // Output goes to a file by way of the shell: a pipe that nobody reads any more would stop the server.
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, UseShellExecute = false, WorkingDirectory = "/" };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add($"log=$1; shift; exec setsid {(user is null ? "" : $"setpriv --reuid={user} --regid=$(id -g {user}) --clear-groups ")}\"$@\" >>\"$log\" 2>&1");
        start.ArgumentList.Add("guard");
        start.ArgumentList.Add(log);
        start.ArgumentList.Add(program);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        Directory.CreateDirectory(folder);
        return Process.Start(start)!;
    }

    static async Task RunAsync(string? user, string folder, string program, string[] arguments, CancellationToken ct)
    {
        if (!await SucceedsAsync(user, folder, program, arguments, ct))
            throw new InvalidOperationException($"{Path.GetFileName(program)} failed; see initdb.log in {folder}.");
    }

    static async Task<bool> SucceedsAsync(string? user, string folder, string program, string[] arguments, CancellationToken ct)
    {
        using var process = Start(user, folder, program, arguments, Path.Combine(folder, "initdb.log"));
        process.StandardInput.Close();
        await process.WaitForExitAsync(ct);
        return process.ExitCode == 0;
    }
}
