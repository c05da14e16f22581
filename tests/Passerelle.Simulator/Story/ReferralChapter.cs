using System.Security.Cryptography;
using System.Text;
using Grpc.Core;
using Passerelle.Contracts.Clocks.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Privacy.V1;
using Passerelle.Simulator.Hub;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace Passerelle.Simulator.Story;

/// <summary>The spouse's CV goes to two employment partners: not before consent is given, and one of them only at the second try.</summary>
static class ReferralChapter
{
    public static async Task PlayAsync(Journey journey)
    {
        journey.Teller.Heading("A CV reaches two employment agencies");
        await journey.StepAsync("A referral without a CV and without consent is refused.", () => RefusedAsync(journey, "CV_MISSING", "CONSENT_MISSING"));
        await journey.StepAsync("The spouse's CV (JSON Resume) is attached.", () => AttachAsync(journey));
        await journey.StepAsync("A referral with a CV but without consent is refused: the CV stays where it is.", () => RefusedAsync(journey, "CONSENT_MISSING"));
        await journey.StepAsync("The spouse consents to being introduced to employment agencies.", () => ConsentAsync(journey));
        Referral pushed = new(), pulled = new();
        await journey.StepAsync("The spouse is referred to emploi-demo, whose server the hub calls.", async () => pushed = await ReferAsync(journey, journey.Emploi));
        await journey.StepAsync("The spouse is referred to interim-demo, which has no server and fetches what is for it.", async () => pulled = await ReferAsync(journey, journey.Interim));
        await journey.StepAsync("emploi-demo's server is unavailable at first; the hub tries again; emploi-demo is interested.", () => InterestedAsync(journey, pushed));
        await journey.StepAsync("interim-demo acknowledges, and declines with a coded reason.", () => DeclinedAsync(journey, pulled));
    }

    static async Task RefusedAsync(Journey journey, params string[] reasons)
    {
        var reason = await Expect.RefusedAsync(
            journey.Crm.Referrals.CreateReferralAsync(Referring(journey, journey.Emploi), cancellationToken: journey.Stop), StatusCode.FailedPrecondition, reasons);
        journey.Say($"FAILED_PRECONDITION, reason {reason}");
    }

    static async Task AttachAsync(Journey journey)
    {
        using var reader = new StreamReader(typeof(ReferralChapter).Assembly.GetManifestResourceStream("cv.json")!, Encoding.UTF8);
        var resume = await reader.ReadToEndAsync(journey.Stop);
        var response = await journey.Crm.Cvs.AttachCvAsync(
            new() { RequestId = journey.NewRequestId(), Person = journey.Spouse, JsonResume = resume }, cancellationToken: journey.Stop);
        var bytes = Encoding.UTF8.GetBytes(resume);
        Expect.Equal(bytes.Length, response.Cv.SizeBytes, "size of the CV");
        Expect.That(response.Cv.Sha256.Span.SequenceEqual(SHA256.HashData(bytes)), "the SHA-256 of what was sent", "another one");
        journey.Say($"{response.Cv.Name}, {response.Cv.SizeBytes} bytes");
    }

    static async Task ConsentAsync(Journey journey)
    {
        var response = await journey.Crm.Consents.RecordConsentAsync(new()
        {
            RequestId = journey.NewRequestId(),
            Consent = new() { Person = journey.Spouse, Purpose = Purpose.EmploymentReferral, TextVersion = "2026-09", Method = Consent.Types.Method.Signed },
        }, cancellationToken: journey.Stop);
        journey.Consent = response.Consent.Name;
        Expect.That(response.Consent.ExpireTime is not null, "an end of the consent", "none");
        journey.Say($"{response.Consent.Name}, for every employment partner, until {Paris.Moment(response.Consent.ExpireTime)}");
    }

    static async Task<Referral> ReferAsync(Journey journey, HubConnection partner)
    {
        var response = await journey.Crm.Referrals.CreateReferralAsync(Referring(journey, partner), cancellationToken: journey.Stop);
        var referral = response.Referral;
        Expect.Equal(Referral.Types.State.Open, referral.State, "state of the referral");
        Expect.Equal(partner.Partner, referral.Partner, "partner of the referral");
        journey.Made(referral.Exchange);
        journey.Say($"{referral.Name}, travels as {referral.Exchange}");
        return referral;
    }

    static async Task InterestedAsync(Journey journey, Referral referral)
    {
        var (exchange, attempts) = await AnsweredAsync(journey, referral, "interested");
        Expect.AtLeast(2, attempts.Count, "attempts");
        Expect.Equal(Attempt.Types.Outcome.NotYet, attempts[0].Outcome, "outcome of the first attempt");
        Expect.Equal("UNAVAILABLE", attempts[0].Error, "error of the first attempt");
        Expect.Equal(Attempt.Types.Outcome.Accepted, attempts[^1].Outcome, "outcome of the last attempt");
        Expect.Equal("push", attempts[^1].Transport, "transport");
        journey.Say($"Delivered at attempt {attempts.Count}, answered {exchange.AnswerCode}; its window: {Summary.Describe(exchange.Window)}.");
        var answered = await journey.Crm.Referrals.GetReferralAsync(new() { Name = referral.Name }, cancellationToken: journey.Stop);
        Expect.Equal(Referral.Types.State.Interested, answered.Referral.State, "state of the referral");
    }

    static async Task DeclinedAsync(Journey journey, Referral referral)
    {
        var (exchange, attempts) = await AnsweredAsync(journey, referral, "declined");
        Expect.Equal("pull", attempts[^1].Transport, "transport");
        var answered = await journey.Crm.Referrals.GetReferralAsync(new() { Name = referral.Name }, cancellationToken: journey.Stop);
        Expect.Equal(Referral.Types.State.Declined, answered.Referral.State, "state of the referral");
        Expect.Equal(DeclineReason.NoOpening, answered.Referral.DeclineReason, "reason");
        journey.Say($"Declined because of {Summary.Words(answered.Referral.DeclineReason)}; its window: {Summary.Describe(exchange.Window)}.");
    }

    static async Task<(Exchange, IReadOnlyList<Attempt>)> AnsweredAsync(Journey journey, Referral referral, string answer)
    {
        var response = await journey.AnsweredAsync(referral.Exchange);
        var exchange = response.Exchange;
        Expect.Equal(Exchange.Types.State.Answered, exchange.State, "state of the exchange");
        Expect.That(exchange.AnswerCode.StartsWith(answer, StringComparison.OrdinalIgnoreCase), $"the answer {answer}", $"\"{exchange.AnswerCode}\"");
        Windows.Met(exchange, journey.PromisedUntil);
        Expect.AtLeast(1, response.Attempts.Count, "attempts");
        return (exchange, response.Attempts);
    }

    static CreateReferralRequest Referring(Journey journey, HubConnection partner) => new()
    {
        RequestId = journey.NewRequestId(),
        Person = journey.Spouse,
        Partner = partner.Partner,
        Introduction = "Camille cherche un poste de comptable dans l'agglomération de Caen, à partir de janvier.",
    };
}

static class Windows
{
    /// <summary>The partner's window ran from the delivery, to end with the promise that it serves at the latest, and the answer stopped it in time.</summary>
    public static void Met(Exchange exchange, Timestamp promisedUntil)
    {
        var window = exchange.Window;
        Expect.That(window is not null, "a window on the answered exchange", "none");
        Expect.Equal(Clock.Types.State.Met, window!.State, "state of the partner's window");
        Expect.Equal(exchange.DeliveryTime, window.StartTime, "start of the window (the delivery)");
        Expect.Equal(promisedUntil, window.DueTime, "end of the window (the promise, which began before)");
        Expect.Equal(exchange.AnswerTime, window.AnswerTime, "answer that stopped the window");
    }
}
