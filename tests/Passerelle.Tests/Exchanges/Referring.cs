using Grpc.Core;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Hub.Partners;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Exchanges;

/// <summary>Several exchanges at once, and what comes of them in an inbox.</summary>
static class Referring
{
    /// <summary>That many persons of as many cases, referred one after the other.</summary>
    public static async Task<List<string>> SeparatelyAsync(HubHost hub, int count, string partner)
    {
        var made = new List<string>();
        for (var n = 0; n < count; n++) made.Add((await (await Candidate.ReadyAsync(hub)).ReferAsync(partner)).Exchange);
        return made;
    }

    /// <summary>That many adults of one case, referred one after the other.</summary>
    public static async Task<List<string>> FamilyAsync(HubHost hub, int count, string partner)
    {
        var opened = await new CaseService.CaseServiceClient(hub.As("crm")).OpenCaseAsync(
            new() { RequestId = Household.NewId(), Members = { Enumerable.Range(0, count).Select(n => Household.AnAdult($"N{n}")) } });
        var made = new List<string>();
        foreach (var person in opened.Case.Members)
        {
            var candidate = new Candidate(hub, new Household(opened.Case.Name, person, person, person));
            await candidate.AttachCvAsync();
            await candidate.ConsentAsync();
            made.Add((await candidate.ReferAsync(partner)).Exchange);
        }

        return made;
    }

    /// <summary>The items up to the first checkpoint, which is the last one.</summary>
    public static async Task<List<WatchInboxResponse>> ItemsAsync(HubHost hub, string cursor = "", string partner = "interim")
    {
        using var inbox = hub.Inbox(partner).WatchInbox(new() { StartCursor = cursor });
        var items = await inbox.ItemsAsync();
        await hub.EndAsync(inbox);
        return items;
    }

    /// <summary>Ends a stream, also for the hub: until it knows, what is due could go to this one.</summary>
    public static async Task EndAsync(this HubHost hub, AsyncServerStreamingCall<WatchInboxResponse> inbox)
    {
        var open = await OpenAsync();
        inbox.Dispose();
        await Eventually.BecomesTrueAsync(async () => await OpenAsync() < open, () => "The stream did not end.");

        Task<int> OpenAsync() => hub.WithAsync<OpenStreams, int>(streams => Task.FromResult(streams.Count));
    }

    public static async Task<List<WatchInboxResponse>> ItemsAsync(this AsyncServerStreamingCall<WatchInboxResponse> inbox)
    {
        var items = new List<WatchInboxResponse>();
        while (await inbox.ResponseStream.MoveNext(TestContext.Current.CancellationToken))
        {
            items.Add(inbox.ResponseStream.Current);
            if (items[^1].CheckpointTime is not null) return items;
        }

        throw new InvalidOperationException("The inbox ended.");
    }

    public static IEnumerable<(string Exchange, int Attempt)> Given(this IEnumerable<WatchInboxResponse> items) =>
        items.Where(i => i.Envelope is not null).Select(i => (i.Envelope.Exchange, i.Envelope.Attempt));

    public static async Task<Exchange> AcknowledgeAsync(this HubHost hub, string exchange, string partner = "interim") =>
        (await hub.Inbox(partner).AcknowledgeExchangeAsync(new() { Name = exchange })).Exchange;

    public static Task ServeByPullAsync(this HubHost hub, string partner) => hub.ExecuteAsync($"update partners set delivery = 'pull', push_address = null where id = '{partner}'");

    public static Task ServeByPushAsync(this HubHost hub, string partner) => hub.ExecuteAsync($"update partners set delivery = 'push', push_address = 'http://{partner}.invalid' where id = '{partner}'");
}
