using CsCheck;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Passerelle.Client;
using Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Tests.Client;

public sealed class PayloadVerifierTests
{
    // Known answers, computed with Python's hmac and with OpenSSL over the text that the contract describes; keys are the bytes 0 to 31, and 32 to 63.
    private const string Secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    private const string Hmac = "v1,gknuCcq3M6AEUJM7w7ibTB+7tU9XZvric9lYKnGdRf8=";
    private const string NewSecret = "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8=";
    private const string NewHmac = "v1,48dKRCW7l7HvNZ4IqmUpiHPiIcQA9cKAh+0M2aLwnFQ=";
    private const string PublicKey = "whpk_A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=";
    private const string Ed25519 = "v1a,KMZ/feyrRCdpZ3SrEFlqxegt/4oznVXCFvuU3HguWa6Fy1rIGItjVVIj7pxD2wClLdLw1AJz2GP5yUdlydYTDQ==";
    private const string NewPublicKey = "whpk_Kay64UG8yvCyLhqU000LxzYeUm0L/hLIl5S8kyKWbdc=";
    private const string NewEd25519 = "v1a,zyFUcwg5krAUi7q48zJJc52CSIDfwqyQAn/hoUihznBRhSwPt384j5U5iSg8N5ja5+GWxl7BGtevVqO9/qbDBg==";
    private const string Id = "exchanges/01990000-0000-7000-8000-00000000000a";
    private const string Timestamp = "1790000000";

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1790000000));

    [Theory]
    [InlineData(Secret, Hmac)]
    [InlineData(NewSecret, NewHmac)]
    [InlineData(PublicKey, Ed25519)]
    [InlineData(NewPublicKey, NewEd25519)]
    public void What_the_hub_signed_is_verified(string key, string signature)
    {
        var verifier = new PayloadVerifier([key], time: _time);
        verifier.Verify(Signed(signature), AnEnvelope());
        Assert.Equal(PayloadProblem.None, verifier.Check(Signed(signature), AnEnvelope()));
    }

    public static TheoryData<string, Action<Envelope>> Tamperings => new()
    {
        { "exchange", e => e.Exchange = "exchanges/01990000-0000-7000-8000-0000000000ff" },
        { "kind", e => e.Kind = "enrolment" },
        { "case", e => e.Case = "cases/01990000-0000-7000-8000-0000000000ff" },
        { "subject", e => e.Subject = "referrals/01990000-0000-7000-8000-0000000000ff" },
        { "type", e => e.Payload.TypeUrl = "type.googleapis.com/passerelle.schooling.v1.EnrolmentFile" },
        { "payload", e => e.Payload.Value = ByteString.CopyFrom([.. e.Payload.Value.Span[..^1], 0]) },
        { "a byte more", e => e.Payload.Value = ByteString.CopyFrom([.. e.Payload.Value.Span, 0]) },
        { "no payload", e => e.Payload = null },
        { "a boundary moved", e => (e.Kind, e.Case) = ($"{e.Kind}\n{e.Case}", "") },
        { "payload moved into the type", e => (e.Payload.TypeUrl, e.Payload.Value) = (e.Payload.TypeUrl + "\n", ByteString.CopyFrom(e.Payload.Value.Span[1..])) },
    };

    [Theory]
    [MemberData(nameof(Tamperings), DisableDiscoveryEnumeration = true)]
    public void What_was_changed_on_the_way_is_not(string what, Action<Envelope> tamper)
    {
        var envelope = AnEnvelope();
        tamper(envelope);
        foreach (var (key, signature) in new[] { (Secret, Hmac), (PublicKey, Ed25519) })
            Assert.True(PayloadProblem.NoSignatureMatches == new PayloadVerifier([key], time: _time).Check(Signed(signature), envelope), what);
    }

    [Fact]
    public void Another_id_or_time_than_the_signed_one_is_not_believed()
    {
        var verifier = new PayloadVerifier([Secret, PublicKey], time: _time);
        var other = AnEnvelope();
        other.Exchange = "exchanges/01990000-0000-7000-8000-0000000000ff";
        Assert.Equal(PayloadProblem.NoSignatureMatches, verifier.Check(With(other.Exchange, Timestamp, $"{Hmac} {Ed25519}"), other));
        Assert.Equal(PayloadProblem.NoSignatureMatches, verifier.Check(With(Id, "1790000001", $"{Hmac} {Ed25519}"), AnEnvelope()));
        // The same bytes, cut elsewhere: the point belongs to the boundary.
        other.Exchange = $"{Id}.{Timestamp}";
        Assert.Equal(PayloadProblem.NoSignatureMatches, verifier.Check(With(other.Exchange, Timestamp, Hmac), other));
    }

    [Theory]
    [InlineData(0, PayloadProblem.None)]
    [InlineData(300, PayloadProblem.None)]
    [InlineData(300.001, PayloadProblem.TooOld)]
    [InlineData(-300, PayloadProblem.None)]
    [InlineData(-300.001, PayloadProblem.TooNew)]
    [InlineData(86400 * 365, PayloadProblem.TooOld)]
    public void A_repeat_outside_the_tolerance_is_refused(double secondsLater, PayloadProblem expected)
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1790000000).AddMilliseconds(Math.Round(secondsLater * 1000)));
        Assert.Equal(expected, new PayloadVerifier([Secret], time: time).Check(Signed(Hmac), AnEnvelope()));
    }

    [Fact]
    public void The_tolerance_can_be_set()
    {
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(PayloadProblem.TooOld, new PayloadVerifier([Secret], TimeSpan.FromSeconds(10), _time).Check(Signed(Hmac), AnEnvelope()));
        Assert.Equal(PayloadProblem.None, new PayloadVerifier([Secret], TimeSpan.FromSeconds(11), _time).Check(Signed(Hmac), AnEnvelope()));
    }

    [Theory]
    [InlineData($"{Hmac} {NewHmac}", Secret)] // the partner has not changed over yet
    [InlineData($"{Hmac} {NewHmac}", NewSecret)] // it has
    [InlineData($"{Hmac} {NewHmac}", Secret, NewSecret)]
    [InlineData(NewHmac, Secret, NewSecret)] // the old one has ended
    [InlineData($"{Hmac} {NewEd25519}", NewPublicKey)] // from one kind to the other
    [InlineData($"v9,AAAA {Hmac}", Secret)] // a version of the future beside
    public void While_keys_are_changed_one_of_them_suffices(string signatures, params string[] keys) =>
        Assert.Equal(PayloadProblem.None, new PayloadVerifier(keys, time: _time).Check(Signed(signatures), AnEnvelope()));

    [Theory]
    [InlineData(Hmac, NewSecret)]
    [InlineData(Ed25519, NewPublicKey)]
    [InlineData(Hmac, PublicKey)]
    [InlineData(Ed25519, Secret)]
    [InlineData(NewHmac, Secret)] // the old key alone, after it has ended
    public void Another_key_verifies_nothing(string signature, string key) =>
        Assert.Equal(PayloadProblem.NoSignatureMatches, new PayloadVerifier([key], time: _time).Check(Signed(signature), AnEnvelope()));

    [Theory]
    [InlineData(null, Timestamp, Hmac, PayloadProblem.Missing)]
    [InlineData(Id, null, Hmac, PayloadProblem.Missing)]
    [InlineData(Id, Timestamp, null, PayloadProblem.Missing)]
    [InlineData(Id, Timestamp, "", PayloadProblem.Missing)]
    [InlineData(Id, "soon", Hmac, PayloadProblem.Malformed)]
    [InlineData(Id, "-1790000000", Hmac, PayloadProblem.Malformed)]
    [InlineData(Id, " 1790000000", Hmac, PayloadProblem.Malformed)]
    [InlineData(Id, "9223372036854775808", Hmac, PayloadProblem.Malformed)]
    [InlineData(Id, "9223372036854775807", Hmac, PayloadProblem.TooNew)]
    [InlineData(Id, "0", Hmac, PayloadProblem.TooOld)]
    [InlineData(Id, Timestamp, "gknuCcq3M6AEUJM7w7ibTB+7tU9XZvric9lYKnGdRf8=", PayloadProblem.Malformed)]
    [InlineData(Id, Timestamp, "v1,gknu", PayloadProblem.Malformed)]
    [InlineData(Id, Timestamp, "v1,%%%", PayloadProblem.Malformed)]
    [InlineData(Id, Timestamp, "v1a,gknuCcq3M6AEUJM7w7ibTB+7tU9XZvric9lYKnGdRf8=", PayloadProblem.Malformed)]
    [InlineData(Id, Timestamp, "v9,AAAA", PayloadProblem.Malformed)]
    public void What_is_wrong_is_said(string? id, string? timestamp, string? signature, PayloadProblem expected) =>
        Assert.Equal(expected, new PayloadVerifier([Secret, PublicKey], time: _time).Check(With(id, timestamp, signature), AnEnvelope()));

    [Fact]
    public void Twice_the_same_entry_is_malformed_but_signatures_may_come_in_several()
    {
        var verifier = new PayloadVerifier([Secret], time: _time);
        var twice = Signed(Hmac);
        twice.Add("webhook-id", Id);
        Assert.Equal(PayloadProblem.Malformed, verifier.Check(twice, AnEnvelope()));
        var several = Signed(NewHmac);
        several.Add("webhook-signature", Hmac);
        Assert.Equal(PayloadProblem.None, verifier.Check(several, AnEnvelope()));
        Assert.Equal(PayloadProblem.Malformed, verifier.Check(Signed(string.Join(' ', Enumerable.Repeat(NewHmac, 10_000).Append(Hmac))), AnEnvelope()));
    }

    [Fact]
    public void Thrown_out_of_a_call_it_ends_it_with_UNAUTHENTICATED_and_never_repeats_what_came()
    {
        var thrown = Assert.Throws<PayloadNotVerifiedException>(() => new PayloadVerifier([Secret], time: _time).Verify(Signed(NewHmac), AnEnvelope()));
        Assert.Equal((PayloadProblem.NoSignatureMatches, StatusCode.Unauthenticated), (thrown.Problem, thrown.StatusCode));
        Assert.Equal("The signature was not verified: NoSignatureMatches.", thrown.Status.Detail);
    }

    [Theory]
    [InlineData("")]
    [InlineData("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")]
    [InlineData("whsec_AAAA")]
    [InlineData("whsec_not base64")]
    [InlineData("whpk_AAAA")]
    [InlineData("whpk_")]
    public void What_is_no_key_is_refused_without_being_repeated(string key)
    {
        var refused = Assert.Throws<ArgumentException>(() => new PayloadVerifier([Secret, key]));
        Assert.StartsWith("Key 2 is neither", refused.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new PayloadVerifier([]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new PayloadVerifier([Secret], TimeSpan.FromSeconds(-1)));
    }

    [Fact]
    public void Whatever_metadata_comes_nothing_but_the_signed_one_is_verified_and_nothing_throws()
    {
        var verifier = new PayloadVerifier([Secret, PublicKey], time: _time);
        string[] pieces = ["", "v1,", "v1a,", " ", ",", Id, Timestamp, Hmac[..^2], Ed25519[..^3], NewHmac];
        var part = Gen.OneOf(Gen.Int[0, pieces.Length - 1].Select(i => pieces[i]), Gen.String[Gen.Char[' ', '~'], 0, 12]);
        Gen.Select(part, part, Gen.Select(part, part, (one, other) => one + other)).Sample((id, timestamp, signature) =>
            verifier.Check(With(id, timestamp, signature), AnEnvelope()) != PayloadProblem.None
            && verifier.Check(With(Id, Timestamp, signature), AnEnvelope()) != PayloadProblem.None);
    }

    private static Envelope AnEnvelope() => new()
    {
        Exchange = Id,
        Kind = "referral",
        Case = "cases/01990000-0000-7000-8000-00000000000b",
        Subject = "referrals/01990000-0000-7000-8000-00000000000c",
        Attempt = 2,
        Payload = new Any { TypeUrl = "type.googleapis.com/passerelle.employment.v1.ReferralFile", Value = ByteString.CopyFrom(Convert.FromHexString("0a07c389636f6c652e0a1200ff2e76312c")) },
    };

    private static Metadata Signed(string signature) => With(Id, Timestamp, signature);

    private static Metadata With(string? id, string? timestamp, string? signature)
    {
        var metadata = new Metadata();
        if (id is not null) metadata.Add("webhook-id", id);
        if (timestamp is not null) metadata.Add("webhook-timestamp", timestamp);
        if (signature is not null) metadata.Add("webhook-signature", signature);
        return metadata;
    }
}
