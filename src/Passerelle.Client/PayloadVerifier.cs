using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using NSec.Cryptography;
using Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Client;

/// <summary>
/// Tells whether an exchange that was pushed comes from the hub, unchanged and just now. For a partner's own server:
/// <code>
/// public override Task&lt;DeliverExchangeResponse&gt; DeliverExchange(DeliverExchangeRequest request, ServerCallContext context)
/// {
///     verifier.Verify(context.RequestHeaders, request.Envelope);
///     // ... put it in safe keeping; a repeat (same Exchange) has been received already
/// }
/// </code>
/// Thread-safe: make one and keep it. The attempt's number and the time of creation are not signed.
/// </summary>
public sealed class PayloadVerifier
{
    /// <summary>How far the signature's time may be from ours, either way: 5 minutes.</summary>
    public static readonly TimeSpan DefaultTolerance = TimeSpan.FromMinutes(5);

    private const string IdHeader = "webhook-id";
    private const string TimestampHeader = "webhook-timestamp";
    private const string SignatureHeader = "webhook-signature";
    private const string SecretPrefix = "whsec_";
    private const string PublicKeyPrefix = "whpk_";

    // Far more than anybody rotates; a stranger does not make us verify thousands.
    private const int MaxSignatures = 16;

    private readonly List<byte[]> _secrets = [];
    private readonly List<PublicKey> _publicKeys = [];
    private readonly TimeSpan _tolerance;
    private readonly TimeProvider _time;

    /// <summary>Accepts what any of these keys has signed: during a change of keys, name the old and the new one.</summary>
    /// <param name="keys">As the hub's operator gave them: secrets <c>whsec_...</c> (HMAC-SHA256) and public keys <c>whpk_...</c> (Ed25519), at least one.</param>
    /// <param name="tolerance">How far the signature's time may be from ours, either way, inclusive; default <see cref="DefaultTolerance"/>.</param>
    /// <param name="time">The clock; default the system's.</param>
    /// <exception cref="ArgumentException">There is no key, or one of them is none.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The tolerance is negative.</exception>
    public PayloadVerifier(IEnumerable<string> keys, TimeSpan? tolerance = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(keys);
        _tolerance = tolerance ?? DefaultTolerance;
        ArgumentOutOfRangeException.ThrowIfLessThan(_tolerance, TimeSpan.Zero, nameof(tolerance));
        _time = time ?? TimeProvider.System;
        foreach (var key in keys)
        {
            // What is wrong is said without the key: it may be a secret.
            if (Decode(key, SecretPrefix) is { Length: >= 24 and <= 64 } secret)
                _secrets.Add(secret);
            else if (Decode(key, PublicKeyPrefix) is { } bytes && PublicKey.TryImport(SignatureAlgorithm.Ed25519, bytes, KeyBlobFormat.RawPublicKey, out var publicKey))
                _publicKeys.Add(publicKey!);
            else
                throw new ArgumentException($"Key {_secrets.Count + _publicKeys.Count + 1} is neither {SecretPrefix} nor {PublicKeyPrefix} followed by its base64.", nameof(keys));
        }
        if (_secrets.Count + _publicKeys.Count == 0)
            throw new ArgumentException("Without a key nothing can be verified.", nameof(keys));
    }

    /// <summary>Does nothing when the envelope is the hub's; otherwise ends the call with UNAUTHENTICATED, upon which the hub tries again later.</summary>
    /// <param name="metadata">What came with the call: <c>context.RequestHeaders</c>.</param>
    /// <param name="envelope">What came in the request.</param>
    /// <exception cref="PayloadNotVerifiedException">It is not, or one cannot tell: <see cref="PayloadNotVerifiedException.Problem"/> says why.</exception>
    public void Verify(Metadata metadata, Envelope envelope)
    {
        var problem = Check(metadata, envelope);
        if (problem != PayloadProblem.None)
            throw new PayloadNotVerifiedException(problem);
    }

    /// <summary>The same without an exception.</summary>
    /// <param name="metadata">What came with the call: <c>context.RequestHeaders</c>.</param>
    /// <param name="envelope">What came in the request; <see langword="null"/> is never verified.</param>
    /// <returns><see cref="PayloadProblem.None"/>, or what is wrong.</returns>
    public PayloadProblem Check(Metadata metadata, Envelope? envelope)
    {
        ArgumentNullException.ThrowIfNull(metadata);
        var ids = Values(metadata, IdHeader);
        var timestamps = Values(metadata, TimestampHeader);
        var signatures = Values(metadata, SignatureHeader);
        if (ids.Count == 0 || timestamps.Count == 0 || signatures.Count == 0)
            return PayloadProblem.Missing;
        if (ids.Count > 1 || timestamps.Count > 1 || !long.TryParse(timestamps[0], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            return PayloadProblem.Malformed;
        var shown = Read(signatures);
        if (shown is null)
            return PayloadProblem.Malformed;

        var now = _time.GetUtcNow().ToUnixTimeMilliseconds();
        // Decimal: a timestamp may be any number that fits, and must not overflow.
        var age = now - (seconds * 1000m);
        if (age > (decimal)_tolerance.TotalMilliseconds)
            return PayloadProblem.TooOld;
        if (-age > (decimal)_tolerance.TotalMilliseconds)
            return PayloadProblem.TooNew;

        if (envelope?.Payload is null || ids[0] != envelope.Exchange || !IsUnambiguous(envelope))
            return PayloadProblem.NoSignatureMatches;
        return AnyMatches(shown, ContentOf(envelope, timestamps[0])) ? PayloadProblem.None : PayloadProblem.NoSignatureMatches;
    }

    private bool AnyMatches(List<(bool IsHmac, byte[] Signature)> shown, byte[] content)
    {
        // Every secret against every signature, each in constant time: how long it takes tells nothing about how near a guess was.
        var matches = false;
        foreach (var secret in _secrets)
        {
            var expected = HMACSHA256.HashData(secret, content);
            foreach (var (isHmac, signature) in shown)
                matches |= isHmac && CryptographicOperations.FixedTimeEquals(expected, signature);
        }
        foreach (var publicKey in _publicKeys)
        {
            foreach (var (isHmac, signature) in shown)
                matches |= !isHmac && SignatureAlgorithm.Ed25519.Verify(publicKey, content, signature);
        }
        return matches;
    }

    /// <summary>The signatures of the versions that we know; others are from a newer hub, and left out. Null where there is none, or too many.</summary>
    private static List<(bool IsHmac, byte[] Signature)>? Read(List<string> values)
    {
        var tokens = values.SelectMany(v => v.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Take(MaxSignatures + 1).ToList();
        var known = new List<(bool, byte[])>();
        foreach (var token in tokens)
        {
            if (Decode(token, "v1,") is { Length: 32 } hmac)
                known.Add((true, hmac));
            else if (Decode(token, "v1a,") is { Length: 64 } ed25519)
                known.Add((false, ed25519));
        }
        return known.Count == 0 || tokens.Count > MaxSignatures ? null : known;
    }

    // One text for one envelope: without this, bytes could be moved from one part to its neighbour under the same signature.
    private static bool IsUnambiguous(Envelope envelope) =>
        !envelope.Exchange.Contains('.', StringComparison.Ordinal)
        && !$"{envelope.Kind}{envelope.Case}{envelope.Subject}{envelope.Payload.TypeUrl}".Contains('\n', StringComparison.Ordinal);

    private static byte[] ContentOf(Envelope envelope, string timestamp)
    {
        var before = $"{envelope.Exchange}.{timestamp}.{envelope.Kind}\n{envelope.Case}\n{envelope.Subject}\n{envelope.Payload.TypeUrl}\n";
        return [.. Encoding.UTF8.GetBytes(before), .. envelope.Payload.Value.Span];
    }

    private static List<string> Values(Metadata metadata, string key) => [.. metadata.Where(e => !e.IsBinary && e.Key == key && e.Value.Length > 0).Select(e => e.Value)];

    private static byte[]? Decode(string text, string prefix)
    {
        if (!text.StartsWith(prefix, StringComparison.Ordinal))
            return null;
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text[prefix.Length..], bytes, out var written) ? bytes[..written] : null;
    }
}

/// <summary>Why an exchange that was pushed is not believed to be the hub's.</summary>
public enum PayloadProblem
{
    /// <summary>Nothing is wrong.</summary>
    None = 0,

    /// <summary>The metadata holds no signature, or not all that belongs to one: the caller is not the hub, or the hub has no key for this partner.</summary>
    Missing,

    /// <summary>The metadata cannot be read: a time that is no number of seconds, or no signature of a version that this package knows.</summary>
    Malformed,

    /// <summary>It was signed longer ago than the tolerance: somebody repeats it, or the clock of this machine is ahead.</summary>
    TooOld,

    /// <summary>It was signed further in the future than the tolerance: the clock of this machine is behind.</summary>
    TooNew,

    /// <summary>No key signed this: the envelope was changed, or the keys are not the ones that the hub signs with.</summary>
    NoSignatureMatches,
}

/// <summary>An exchange that was pushed is not believed to be the hub's. Thrown out of a call, it ends it with UNAUTHENTICATED.</summary>
/// <param name="problem">Why.</param>
public sealed class PayloadNotVerifiedException(PayloadProblem problem)
    : RpcException(new Status(StatusCode.Unauthenticated, $"The signature was not verified: {problem}."))
{
    /// <summary>Why.</summary>
    public PayloadProblem Problem => problem;
}
