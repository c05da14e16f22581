using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Docker;

/// <summary>What docker/sftp starts, on a port of this machine: the real sshd, with the accounts `agence` (by key) and `agence-deux` (by password).
/// It has mounts of its own, so that its accounts are nobody's on the machine, and nothing of it is left when it ends.</summary>
sealed class SftpServer : IAsyncDisposable
{
    public const string Password = "mot de passe d’essai";

    const string Start =
        """
        set -eu
        cp -a /etc/. "$1/etc"
        mount --bind "$1/etc" /etc
        mount --bind "$1/run" /run
        mount --bind "$1/drops" /mnt
        export DROPS=/mnt ACCOUNTS="$1/accounts" KEYS="$1/keys" HUB_USER=0:0
        shift
        exec "$@"
        """;

    readonly string folder;
    readonly Process server;

    SftpServer(string folder, int port, Process server) => (this.folder, Port, this.server) = (folder, port, server);

    public int Port { get; }

    /// <summary>As the hub sees it.</summary>
    public string Drops => Path.Combine(folder, "drops");

    /// <summary>Skips the calling test where the machine does not allow it, and says why.</summary>
    public static async Task<SftpServer> StartAsync(Postgres postgres)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "sshd shuts accounts into folders on Linux.");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can shut an account into a folder: run the tests as root.");
        Assert.SkipUnless((await RunAsync("unshare", ["--mount", "true"])).Code == 0, "This machine gives root no mounts of its own (unshare --mount fails): the test's accounts would be the machine's.");
        Assert.True(File.Exists("/usr/sbin/sshd"), "OpenSSH's server is missing: install the package openssh-server.");

        var (folder, port) = (postgres.NewFolder(), FreePort());
        foreach (var name in (string[])["etc", "run", "drops", "keys", "accounts/agence", "accounts/agence-deux"]) Directory.CreateDirectory(Path.Combine(folder, name));
        Assert.Equal(0, (await RunAsync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(folder, "agence")])).Code);
        File.Copy(Path.Combine(folder, "agence.pub"), Path.Combine(folder, "accounts/agence/authorized_keys"));
        await File.WriteAllTextAsync(Path.Combine(folder, "accounts/agence-deux/password"), (await RunAsync("openssl", ["passwd", "-6", Password])).Output);

        var server = Process.Start(new ProcessStartInfo("unshare",
        [
            "--mount", "--propagation", "private", "sh", "-c", Start, "sftp", folder,
            Path.Combine(Repository.Root, "docker/sftp/entrypoint.sh"), "-o", $"Port={port}", "-o", "ListenAddress=127.0.0.1", "-E", Path.Combine(folder, "log"),
        ])
        { RedirectStandardError = true })!;
        var started = new SftpServer(folder, port, server);
        await Eventually.BecomesTrueAsync(started.ListensAsync, () => "sshd does not listen: " + (server.HasExited ? server.StandardError.ReadToEnd() : "it is still starting."));
        return started;
    }

    /// <summary>Does this in one session of OpenSSH's client; a command that begins with `-` may fail.</summary>
    public async Task<(int Code, string Output)> SftpAsync(string account, params string[] commands)
    {
        var script = Path.Combine(folder, "script");
        await File.WriteAllLinesAsync(script, commands);
        return await RunAsync("sftp", ["-oBatchMode=no", .. Options("-P"), "-b", script, $"{account}@127.0.0.1"], folder, Answers(Password));
    }

    /// <summary>Asks for something else than files.</summary>
    /// <param name="options">Of ssh.</param>
    /// <param name="command">To run there; empty: none.</param>
    public Task<(int Code, string Output)> SshAsync(string account, string[] options, params string[] command) =>
        RunAsync("ssh", [.. Options("-p"), .. options, $"{account}@127.0.0.1", .. command], folder, Answers(Password));

    public Task<(int Code, string Output)> SftpWithPasswordAsync(string account, string password) =>
        RunAsync("sftp", ["-oBatchMode=no", "-oPubkeyAuthentication=no", .. Options("-P"), "-b", "/dev/null", $"{account}@127.0.0.1"], folder, Answers(password));

    /// <summary>Where a client's `get` has put a file.</summary>
    public string Local(string name) => Path.Combine(folder, name);

    public async ValueTask DisposeAsync()
    {
        if (!server.HasExited) server.Kill(entireProcessTree: true);
        await server.WaitForExitAsync();
        server.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    string[] Options(string portOption) =>
    [
        "-F", "none", portOption, $"{Port}", "-i", Path.Combine(folder, "agence"), "-oIdentitiesOnly=yes", "-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=" + Path.Combine(folder, "known"),
        "-oNumberOfPasswordPrompts=1", "-oLogLevel=ERROR",
    ];

    /// <summary>A program that answers the client's question.</summary>
    string Answers(string password)
    {
        var program = Path.Combine(folder, "ask-" + Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(password)))[..8]);
        if (!File.Exists(program)) File.WriteAllText(program, $"#!/bin/sh\nprintf '%s\\n' '{password}'\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return program;
    }

    async Task<bool> ListensAsync()
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return server.HasExited;
        }
    }

    static async Task<(int Code, string Output)> RunAsync(string program, IEnumerable<string> arguments, string? folder = null, string? asks = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder ?? "" };
        if (asks is not null) (start.Environment["SSH_ASKPASS"], start.Environment["SSH_ASKPASS_REQUIRE"]) = (asks, "force");
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, await output + await errors);
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
