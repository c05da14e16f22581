using Passerelle.Contracts.Privacy.V1;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using EscalateRecalls = Passerelle.Hub.Rights.EscalateRecalls;

namespace Passerelle.Tests.Rights;

/// <summary>Persons whose data went to many are erased: everybody who got it has said so, or is escalated.</summary>
public sealed class ErasureAtScaleTests(Postgres postgres)
{
    const int Recipients = 12;
    const int Dead = 3;

    [Fact]
    public Task Each_recipient_of_a_few_has_answered_or_is_escalated() => EraseAsync(4);

    [Fact(Explicit = true)]
    public Task Each_recipient_of_1000_has_answered_or_is_escalated() => EraseAsync(1000);

    async Task EraseAsync(int persons)
    {
        await using var hub = await HubHost.StartAsync(postgres, "Lanes:MaxPerSecond=0", "Lanes:MaxInFlight=1000");
        var partners = Enumerable.Range(1, Recipients).Select(n => $"agence-emploi-{n:00}").ToArray();
        foreach (var partner in partners)
        {
            await hub.AddPartnerAsync(partner);
            await hub.IssueKeyAsync(partner);
        }

        var erased = new List<(string Person, string Recall)>();
        var candidates = new List<Candidate>();
        for (var i = 0; i < persons; i++)
        {
            candidates.Add(await Candidate.ReadyAsync(hub));
            foreach (var partner in partners) await candidates[i].ReferAsync(partner);
        }

        await hub.RunAsync<DeliverDue>();
        var dead = partners[..Dead].ToHashSet();
        hub.Partner.Always = (partner, _) => Task.FromResult<SendOutcome>(dead.Contains(partner) ? new SendOutcome.NotYet("UNAVAILABLE", Contact: Contact.Missed) : new SendOutcome.Accepted());
        var rights = new PersonRightsService.PersonRightsServiceClient(hub.As("crm"));
        foreach (var candidate in candidates) erased.Add((candidate.Person, (await rights.ErasePersonAsync(new() { Name = candidate.Person })).Recall));
        await hub.RunAsync<DeliverDue>();

        var recalls = new RecallService.RecallServiceClient(hub.As("crm"));
        var answering = hub.Partner.Received.Where(e => e.Kind == "recall").DistinctBy(e => e.Subject).ToDictionary(e => e.Subject);
        foreach (var (_, name) in erased)
        {
            var recall = (await recalls.GetRecallAsync(new() { Name = name })).Recall;
            Assert.Equal(partners.Select(p => $"partners/{p}"), recall.Recipients.Select(r => r.Partner));
            foreach (var one in recall.Recipients.Where(r => !dead.Contains(r.Partner["partners/".Length..])))
            {
                Assert.True(answering.ContainsKey(one.Name), $"{one.Partner} was not told.");
                await new RecallService.RecallServiceClient(hub.As(one.Partner["partners/".Length..])).AnswerRecallAsync(new() { RequestId = Household.NewId(), Name = one.Name, Outcome = RecallOutcome.Done });
            }
        }

        var due = (await recalls.GetRecallAsync(new() { Name = erased[^1].Recall })).Recall.Recipients[0].DueTime.ToDateTimeOffset();
        await hub.Time.FreezeAsync(due);
        await hub.RunAsync<EscalateRecalls>();
        foreach (var (_, name) in erased)
        {
            var recall = (await recalls.GetRecallAsync(new() { Name = name })).Recall;
            Assert.Equal(Recipients - Dead, recall.Recipients.Count(r => r.Outcome == RecallOutcome.Done));
            Assert.Equal(dead.Order().Select(p => $"partners/{p}"), recall.Recipients.Where(r => r.EscalateTime is not null && r.AnswerTime is null).Select(r => r.Partner));
        }
    }
}
