using System.Text.Json;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Simulator.Hub;

namespace Passerelle.Simulator.Partners;

/// <summary>An employment agency reads the CV and is interested, or declines with a reason.</summary>
sealed class EmploymentDesk(HubConnection hub) : IDesk
{
    public bool Reads(Envelope envelope) =>
        envelope.Kind == "referral"
        && envelope.Payload is { } payload
        && payload.TryUnpack<ReferralFile>(out var file)
        && file.Referral == envelope.Subject
        && NamesAPerson(file.JsonResume);

    public async Task<string> AnswerAsync(Envelope envelope, AnswerChoice choice, string requestId, CancellationToken ct)
    {
        var request = new AnswerReferralRequest { RequestId = requestId, Name = envelope.Subject };
        if (choice == AnswerChoice.Decline)
            request.Declined = new() { Reason = DeclineReason.NoOpening, Message = "Aucun poste ouvert dans ce métier pour le moment." };
        else
            request.Interested = new() { Message = "Nous proposons un entretien à Caen ; appeler l'agence le matin." };
        var response = await hub.Referrals.AnswerReferralAsync(request, cancellationToken: ct);
        return response.Referral.State.ToString().ToLowerInvariant();
    }

    /// <summary>An agency's software files a CV under a name; a CV without one is of no use to it.</summary>
    static bool NamesAPerson(string jsonResume)
    {
        try
        {
            using var resume = JsonDocument.Parse(jsonResume);
            return resume.RootElement.TryGetProperty("basics", out var basics)
                && basics.TryGetProperty("name", out var name)
                && name.ValueKind == JsonValueKind.String
                && name.GetString() != "";
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }
}
