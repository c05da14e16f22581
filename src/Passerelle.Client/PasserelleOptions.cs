using System.Security.Cryptography.X509Certificates;
using Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Client;

/// <summary>How to reach the hub. Everything but <see cref="Address"/> has a default; a client copies what it needs when it connects.</summary>
public sealed class PasserelleOptions
{
    /// <summary>
    /// The hub, e.g. <c>https://passerelle.example:8443</c>. Required. <c>http</c> means HTTP/2 without TLS: the key then travels in clear,
    /// which is for a loopback address or a network that is trusted.
    /// </summary>
    public required Uri Address { get; init; }

    /// <summary>The API key, sent as <c>authorization: Bearer</c> with every call. <see langword="null"/> (the default): none is sent.</summary>
    public string? ApiKey { get; init; }

    /// <summary>
    /// Why an internal application reads persons' data, sent with every call; <see cref="Reading"/> says it for one call. <see cref="AccessPurpose.Unspecified"/> (the default): nothing
    /// is sent, and calls that read persons' data are refused (ACCESS_PURPOSE_MISSING) unless they say it themselves. Partners need not say it.
    /// </summary>
    public AccessPurpose Purpose { get; init; }

    /// <summary>The person on whose behalf this process reads, as an identifier of your own; see <see cref="Reading.For"/>. <see langword="null"/> (the default): none is sent.</summary>
    public string? Actor { get; init; }

    /// <summary>The client certificate with its private key, for mutual TLS. <see langword="null"/> (the default): none is shown.</summary>
    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>
    /// The authority that signed the hub's certificate, when it is not one that the operating system trusts: then it alone is trusted.
    /// <see langword="null"/> (the default): the operating system decides. Wins over <see cref="TrustedAuthorityFile"/>.
    /// </summary>
    public X509Certificate2? TrustedAuthority { get; init; }

    /// <summary>The same as <see cref="TrustedAuthority"/>, as the path of a PEM file that holds one certificate or several.</summary>
    public string? TrustedAuthorityFile { get; init; }

    /// <summary>How often a call is tried in all while the hub is UNAVAILABLE, 1 to 5; default 5. Only calls that are safe to repeat are.</summary>
    public int MaxAttempts { get; init; } = 5;

    /// <summary>The longest pause before the second attempt, or before the first reconnection of a stream; default 200 ms. It doubles each time, with jitter.</summary>
    public TimeSpan FirstBackoff { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause before any attempt or reconnection; default 10 s.</summary>
    public TimeSpan MaxBackoff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A watched stream that stays silent for so long is opened again; default 90 s. The hub sends a checkpoint at least every 30 s, so that
    /// a longer silence means that something between it and us has lost the stream.
    /// </summary>
    public TimeSpan MaxSilence { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>How long a connection may take to open; default 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>After how much silence a connection in use is probed by an HTTP/2 ping; default 30 s. It is given up when no answer comes within 15 s.</summary>
    public TimeSpan KeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The largest message that is accepted, in bytes; default 16 MiB.</summary>
    public int MaxReceiveBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>The largest message that is sent, in bytes; default 4 MiB.</summary>
    public int MaxSendBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Where the time comes from, for request ids and pauses; default <see cref="TimeProvider.System"/>.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Called before each pause that precedes the reconnection of a watched stream; default: nothing is called. It must not throw.</summary>
    public Action<Reconnection>? Reconnecting { get; init; }

    internal void Validate()
    {
        if (!Address.IsAbsoluteUri || Address.Scheme is not ("http" or "https"))
            throw new ArgumentException("Address must be an absolute http or https address.", nameof(Address));
        // The message must not repeat the key.
        if (ApiKey is not null && (ApiKey.Length == 0 || ApiKey.Any(c => c is <= ' ' or > '~')))
            throw new ArgumentException("ApiKey must hold printable ASCII characters only, without blanks.", nameof(ApiKey));
        if (Actor is not null && (Actor.Length is 0 or > 100 || !Actor.All(c => char.IsAsciiLetterOrDigit(c) || "._:/-".Contains(c))))
            throw new ArgumentException("Actor must be 1 to 100 letters, digits and characters of ._:/-", nameof(Actor));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxAttempts, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxAttempts, 5);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(FirstBackoff, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxBackoff, FirstBackoff);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(MaxSilence, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxReceiveBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSendBytes, 1);
    }
}

/// <summary>A watched stream that ended and is about to be opened again.</summary>
/// <param name="Attempt">1 for the first reconnection since the stream last gave something.</param>
/// <param name="Pause">How long the pause before it is.</param>
/// <param name="Error">Why the stream ended; <see langword="null"/> when the hub closed it without an error, or it was silent for too long.</param>
public sealed record Reconnection(int Attempt, TimeSpan Pause, PasserelleError? Error);
