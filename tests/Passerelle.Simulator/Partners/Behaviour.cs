using System.Text.Json;
using System.Text.Json.Serialization;
using Grpc.Core;

namespace Passerelle.Simulator.Partners;

/// <summary>What a partner answers to what it has received.</summary>
enum AnswerChoice
{
    /// <summary>What its desk finds: an agency is interested; a school asks for what is missing and accepts a whole file; an estate agency shows homes while it is open.</summary>
    Usual,
    /// <summary>Interested or accepted, whatever the file holds.</summary>
    Accept,
    /// <summary>Declined or refused, with a coded reason.</summary>
    Decline,
    /// <summary>It keeps silent: its window runs out.</summary>
    None,
}

/// <summary>How a partner behaves from now on. The property names in JSON are camelCase, codes are as in `UNAVAILABLE`.</summary>
sealed record Behaviour
{
    /// <summary>The first this many deliveries of each exchange fail with <see cref="FailWith"/>.</summary>
    public int FailFirst { get; init; }

    [JsonConverter(typeof(CanonicalCode))]
    public StatusCode FailWith { get; init; } = StatusCode.Unavailable;

    /// <summary>When set, every delivery is turned away with this code.</summary>
    [JsonConverter(typeof(CanonicalCode))]
    public StatusCode? RefuseWith { get; init; }

    /// <summary>Sent as `google.rpc.RetryInfo` with a delivery that is turned away.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>How long it sits on a delivery before it says anything.</summary>
    public TimeSpan Hang { get; init; }

    public AnswerChoice Answer { get; init; }

    /// <summary>From keeping an exchange to answering it. Zero answers while the hub may still be noting the delivery.</summary>
    public TimeSpan AnswerDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>What becomes of the nth delivery of one exchange: null when it is kept.</summary>
    public StatusCode? TurnsAway(int delivery) => RefuseWith ?? (delivery <= FailFirst ? FailWith : null);

    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };

    sealed class CanonicalCode() : JsonStringEnumConverter<StatusCode>(JsonNamingPolicy.SnakeCaseUpper, allowIntegerValues: false);
}
