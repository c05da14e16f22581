using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Npgsql;

namespace Passerelle.Benchmarks.Harness;

/// <summary>What the figures were measured on: without it they mean nothing.</summary>
/// <param name="Postgresql">None where what is measured needs none.</param>
sealed record Machine(string Cpu, int Cores, double MemoryGb, string Os, string Dotnet, PostgresSettings? Postgresql)
{
    public static Machine Describe() => new(
        CpuModel(),
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024), 1),
        RuntimeInformation.OSDescription,
        Environment.Version.ToString(),
        null);

    public static async Task<Machine> DescribeAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        return Describe() with
        {
            Postgresql = new PostgresSettings(await ShowAsync("server_version"), await ShowAsync("fsync"), await ShowAsync("synchronous_commit"), await ShowAsync("shared_buffers")),
        };

        async Task<string> ShowAsync(string setting)
        {
            await using var command = source.CreateCommand("show " + setting);
            return (string)(await command.ExecuteScalarAsync(ct))!;
        }
    }

    public string ToSentence() => string.Create(CultureInfo.InvariantCulture, $"{Cpu}, {Cores} cores, {MemoryGb:0.#} GB; {Os}; .NET {Dotnet}{Postgresql?.ToSentence()}");

    static string CpuModel()
    {
        const string CpuInfo = "/proc/cpuinfo";
        var named = File.Exists(CpuInfo) ? File.ReadLines(CpuInfo).FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal)) : null;
        return named?[(named.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
    }
}

sealed record PostgresSettings(string Version, string Fsync, string SynchronousCommit, string SharedBuffers)
{
    [JsonIgnore]
    public bool AreDurable => Fsync == "on" && SynchronousCommit == "on";

    public string ToSentence() => $"; PostgreSQL {Version}, fsync {Fsync}, synchronous_commit {SynchronousCommit}, shared_buffers {SharedBuffers}";
}
