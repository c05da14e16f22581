using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Serialization;
using Npgsql;

namespace Passerelle.Benchmarks.Harness;

/// <summary>What the figures were measured on: without it they mean nothing.</summary>
sealed record Machine(string Cpu, int Cores, double MemoryGb, string Os, string Dotnet, PostgresSettings Postgresql)
{
    public static async Task<Machine> DescribeAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        return new Machine(
            CpuModel(),
            Environment.ProcessorCount,
            Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (1024.0 * 1024 * 1024), 1),
            RuntimeInformation.OSDescription,
            Environment.Version.ToString(),
            new PostgresSettings(await ShowAsync("server_version"), await ShowAsync("fsync"), await ShowAsync("synchronous_commit"), await ShowAsync("shared_buffers")));

        async Task<string> ShowAsync(string setting)
        {
            await using var command = source.CreateCommand("show " + setting);
            return (string)(await command.ExecuteScalarAsync(ct))!;
        }
    }

    public string ToSentence() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Cpu}, {Cores} cores, {MemoryGb:0.#} GB; {Os}; .NET {Dotnet}; PostgreSQL {Postgresql.Version}, fsync {Postgresql.Fsync}, synchronous_commit {Postgresql.SynchronousCommit}, shared_buffers {Postgresql.SharedBuffers}");

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
}
