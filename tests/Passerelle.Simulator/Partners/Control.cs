using System.Text.Json;

namespace Passerelle.Simulator.Partners;

/// <summary>
/// Reads what the partners received and commands their behaviour. It shares the port of the push door, which without TLS
/// speaks HTTP/2 only: call it with prior knowledge of HTTP/2.
/// </summary>
static class Control
{
    public static void Map(WebApplication app)
    {
        app.MapGet("/control", (DemoPartners partners) =>
            Results.Json(partners.All.ToDictionary(partner => partner.Id, Report), Behaviour.Json));

        app.MapGet("/control/{id}", (DemoPartners partners, string id) =>
            Find(partners, id) is { } partner ? Results.Json(Report(partner), Behaviour.Json) : Results.NotFound());

        // The whole behaviour is replaced: what the body leaves out is as at birth, not as before.
        app.MapPut("/control/{id}", async (DemoPartners partners, string id, HttpRequest request, CancellationToken ct) =>
        {
            if (Find(partners, id) is not { } partner) return Results.NotFound();
            try
            {
                partner.Behaviour = await JsonSerializer.DeserializeAsync<Behaviour>(request.Body, Behaviour.Json, ct) ?? new();
                return Results.Json(Report(partner), Behaviour.Json);
            }
            catch (JsonException e)
            {
                return Results.Text($"{e.Message}\n", statusCode: StatusCodes.Status400BadRequest);
            }
        });
    }

    static DemoPartner? Find(DemoPartners partners, string id) => partners.All.FirstOrDefault(partner => partner.Id == id);

    static PartnerReport Report(DemoPartner partner) => new(partner.Behaviour, partner.Ledger.Report());

    sealed record PartnerReport(Behaviour Behaviour, IReadOnlyList<LedgerLine> Received);
}
