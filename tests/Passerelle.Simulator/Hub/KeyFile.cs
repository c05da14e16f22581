using System.Text.Json;

namespace Passerelle.Simulator.Hub;

/// <summary>What the hub writes for its demonstration: where it listens, and a key for each caller.</summary>
sealed record KeyFile(KeyFileAddresses Addresses, string? Authority, IReadOnlyList<KeyFileCaller> Callers)
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { RespectNullableAnnotations = true };
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(200);

    public KeyFileCaller Caller(string name) =>
        Callers.FirstOrDefault(caller => caller.Name == name)
        ?? throw new InvalidDataException($"The keys file has no caller named {name}.");

    /// <summary>
    /// Reads the file; waits for it when it is not there yet, since the hub writes it while it starts
    /// and in a container setup both start together.
    /// </summary>
    public static async Task<KeyFile> ReadAsync(string path, TimeProvider time, CancellationToken ct)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            try
            {
                await using var file = File.OpenRead(path);
                return await JsonSerializer.DeserializeAsync<KeyFile>(file, Json, ct)
                    ?? throw new InvalidDataException($"{path} holds null.");
            }
            catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException
                && time.GetElapsedTime(start) < Patience)
            {
                await Task.Delay(BetweenLooks, time, ct);
            }
        }
    }
}

sealed record KeyFileAddresses(string Http, string Grpc, string? GrpcTls = null);

sealed record KeyFileCaller(string Name, string Kind, string? Partner, string Key, string? Certificate, IReadOnlyList<string>? VerifyWith = null);
