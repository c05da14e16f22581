using System.ComponentModel.DataAnnotations;

namespace Passerelle.Hub.Partners;

/// <summary>How much one caller may take of one node; whatever its keys, they count together. Section `Limits`. What is over it is refused with RATE_LIMITED and when to try again; nobody waits in line.</summary>
public sealed class LimitOptions : IValidatableObject
{
    /// <summary>Of a partner: 500 calls a second (1,000 at once after a quiet moment), 100 open at a time, and 20 streams.</summary>
    public CallerLimits Partner { get; set; } = new() { CallsPerSecond = 500, Burst = 1_000, OpenCalls = 100, OpenStreams = 20 };

    /// <summary>Of an internal application: 50,000 calls a second (100,000 at once), 2,000 open at a time, and 500 streams. It keeps a loop that has run wild from taking a node down; none of ours comes near it.</summary>
    public CallerLimits Application { get; set; } = new() { CallsPerSecond = 50_000, Burst = 100_000, OpenCalls = 2_000, OpenStreams = 500 };

    /// <summary>Keys and certificates a second from one address that are not known on this node and have to be looked up: who guesses is slowed down, who is known is not. Twenty times as many at once. Default 20.</summary>
    [Range(1, 1_000_000)]
    public int StrangersPerSecond { get; set; } = 20;

    /// <summary>The largest message that is read, in bytes. Default 4 MiB, minimum 2 MiB (an upload's chunk, with room).</summary>
    [Range(2 * 1024 * 1024, 64 * 1024 * 1024)]
    public int MaxMessageBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>How long a client stream may keep the hub waiting for its next message. Default 1 minute.</summary>
    public TimeSpan StreamPatience { get; set; } = TimeSpan.FromMinutes(1);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (StreamPatience <= TimeSpan.Zero) yield return new ValidationResult("Limits:StreamPatience must be positive.");
        foreach (var (name, limits) in ((string, CallerLimits)[])[(nameof(Partner), Partner), (nameof(Application), Application)])
            if (limits.CallsPerSecond < 1 || limits.Burst < limits.CallsPerSecond || limits.OpenCalls < 1 || limits.OpenStreams < 1)
                yield return new ValidationResult($"Limits:{name}: all must be at least 1, and Burst at least CallsPerSecond.");
    }
}

public sealed class CallerLimits
{
    /// <summary>Calls a second, streams included, in the long run.</summary>
    public int CallsPerSecond { get; set; }

    /// <summary>Calls at once, after a time with fewer.</summary>
    public int Burst { get; set; }

    /// <summary>Calls that are under way at a time, without streams.</summary>
    public int OpenCalls { get; set; }

    /// <summary>Streams that are open at a time, either way.</summary>
    public int OpenStreams { get; set; }
}
