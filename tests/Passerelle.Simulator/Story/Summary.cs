using Passerelle.Contracts.Clocks.V1;
using Passerelle.Contracts.Exchanges.V1;
using Grpc.Core;

namespace Passerelle.Simulator.Story;

/// <summary>The final table, read from the hub: the request and every exchange of the story.</summary>
static class Summary
{
    public static async Task<IReadOnlyList<SummaryRow>> ReadAsync(Journey journey)
    {
        var rows = new List<SummaryRow>();
        try
        {
            var request = (await journey.Crm.Requests.GetRequestAsync(new() { Name = journey.Request }, cancellationToken: journey.Stop)).Request;
            rows.Add(new("household", "answer", 0, "-", Paris.Clock(request.Promise?.AnswerTime), Words(request.AnswerKind), Describe(request.Promise)));
            foreach (var name in journey.Exchanges)
            {
                var exchange = (await journey.Crm.Exchanges.GetExchangeAsync(new() { Name = name }, cancellationToken: journey.Stop)).Exchange;
                rows.Add(new(Id(exchange.Partner), What(exchange), exchange.AttemptCount, Paris.Clock(exchange.DeliveryTime),
                    Paris.Clock(exchange.AnswerTime), exchange.AnswerCode == "" ? "-" : exchange.AnswerCode.Replace('_', ' '), Describe(exchange.Window)));
            }
        }
        catch (Exception e) when (e is Mismatch or RpcException && !journey.Stop.IsCancellationRequested)
        {
            // The steps have told already; the table shows what there is.
        }
        return rows;
    }

    public static string Describe(Clock? clock) => clock?.State switch
    {
        null => "not started",
        Clock.Types.State.Running => $"running until {Paris.Short(clock.DueTime)}",
        Clock.Types.State.Overdue => $"overdue since {Paris.Short(clock.DueTime)}",
        var state => Words(state.Value),
    };

    public static string Id(string partner) => partner.Replace("partners/", "", StringComparison.Ordinal);

    /// <summary>`CallLogged` reads `call logged`.</summary>
    public static string Words<T>(T value) where T : struct, Enum =>
        System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()).Replace('_', ' ');

    static string What(Exchange exchange) => exchange.Kind switch
    {
        "referral" => "CV",
        "enrolment" => "enrolment file",
        "visit_request" => "visit",
        var other => other,
    };
}
