using Google.Protobuf.WellKnownTypes;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Contracts.Housing.V1;
using Passerelle.Simulator.Hub;
using Passerelle.Simulator.Story;

namespace Passerelle.Simulator.Partners;

/// <summary>An estate agency shows homes from ten o'clock on: who asks for an earlier visit is offered the late morning.</summary>
sealed class HousingDesk(HubConnection hub) : IDesk
{
    const int OpensAt = 10;

    public bool Reads(Envelope envelope) => envelope.Payload is { } payload && envelope.Kind switch
    {
        "visit_request" => payload.TryUnpack<VisitRequestFile>(out var file) && file.VisitRequest == envelope.Subject && (file.AskedSlots.Count > 0 || file.Confirmed is not null),
        "visit_release" => payload.TryUnpack<VisitReleaseNotice>(out var notice) && notice.VisitRequest == envelope.Subject,
        _ => false,
    };

    public async Task<string> AnswerAsync(Envelope envelope, AnswerChoice choice, string requestId, CancellationToken ct)
    {
        var request = new AnswerVisitRequestRequest { RequestId = requestId, Name = envelope.Subject };
        var file = envelope.Kind == "visit_request" ? envelope.Payload.Unpack<VisitRequestFile>() : null;
        if (file is not { AskedSlots: [var best, ..] })
            request.Noted = new();
        else if (choice == AnswerChoice.Decline)
            request.Refused = new() { Reason = VisitRefusalReason.NoTime, Message = "Personne n'est disponible ce jour-là." };
        else if (choice == AnswerChoice.Usual && Paris.HourOf(best.StartTime) < OpensAt)
            request.Proposed = new() { Slots = { From(best.StartTime) }, Message = "L'agence ouvre à 10 h." };
        else
            request.Accepted = new() { StartTime = best.StartTime, Message = "Rendez-vous devant l'immeuble." };
        var response = await hub.VisitRequests.AnswerVisitRequestAsync(request, cancellationToken: ct);
        return response.VisitRequest.State.ToString().ToLowerInvariant();
    }

    /// <summary>The same day from ten to noon.</summary>
    static TimeSlot From(Timestamp asked)
    {
        var opening = asked.ToDateTimeOffset().AddHours(OpensAt - Paris.HourOf(asked));
        opening = opening.AddMinutes(-opening.Minute).AddSeconds(-opening.Second);
        return new TimeSlot { StartTime = opening.ToTimestamp(), EndTime = opening.AddHours(2).ToTimestamp() };
    }
}
