using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using Exchange = Passerelle.Contracts.Exchanges.V1.Exchange;

namespace Passerelle.Tests.Exchanges;

/// <summary>What tests of operators' calls do with a hub, step by step.</summary>
static class Operators
{
    public static async Task<string> ReferAsync(this HubHost hub, string partner = Candidate.Push) => (await (await Candidate.ReadyAsync(hub)).ReferAsync(partner)).Exchange;

    /// <summary>Two adults of one case, referred one after the other: two exchanges in one line.</summary>
    public static async Task<(string First, string Second)> ReferBothAsync(this HubHost hub, string partner = Candidate.Push)
    {
        var first = await Candidate.ReadyAsync(hub);
        var second = first with { Household = first.Household with { FirstAdult = first.Household.SecondAdult } };
        await second.AttachCvAsync();
        await second.ConsentAsync();
        return ((await first.ReferAsync(partner)).Exchange, (await second.ReferAsync(partner)).Exchange);
    }

    /// <summary>An exchange that its partner has refused for good.</summary>
    public static async Task<string> GiveUpAsync(this HubHost hub)
    {
        var name = await hub.ReferAsync();
        hub.Partner.Next(new SendOutcome.Refused("INVALID_ARGUMENT"));
        await hub.RunAsync<DeliverDue>();
        return name;
    }

    public static async Task<ExplainExchangeResponse> ExplainAsync(this HubHost hub, string name) => await hub.Exchanges().ExplainExchangeAsync(new() { Name = name });

    public static async Task<Exchange> RedeliverAsync(this HubHost hub, string name) => (await hub.Exchanges().RedeliverExchangeAsync(new() { Name = name })).Exchange;

    public static async Task<Exchange> WithdrawAsync(this HubHost hub, string name, string reason) =>
        (await hub.Exchanges().WithdrawExchangeAsync(new() { Name = name, Reason = reason })).Exchange;

    /// <summary>The types of what has happened to an exchange, oldest first.</summary>
    public static async Task<List<string>> EventsAsync(this HubHost hub, string name)
    {
        await using var command = hub.Source.CreateCommand("select type from events where subject = $1 order by sequence");
        command.Parameters.Add(new() { Value = name });
        await using var reader = await command.ExecuteReaderAsync();
        var types = new List<string>();
        while (await reader.ReadAsync()) types.Add(reader.GetString(0));
        return types;
    }
}
