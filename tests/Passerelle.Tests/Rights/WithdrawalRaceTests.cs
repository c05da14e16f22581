using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Exchanges;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Rights;

/// <summary>Withdrawals against sends that are queued, on their way and tried again: once a withdrawal has been answered, nothing is composed any more.</summary>
public sealed class WithdrawalRaceTests(Postgres postgres)
{
    const int Seed = 20280101;

    [Fact]
    public Task Nothing_leaves_after_a_withdrawal_was_answered() => RaceAsync(150);

    [Fact(Explicit = true)]
    public Task Nothing_leaves_after_any_of_10000_withdrawals() => RaceAsync(10_000);

    async Task RaceAsync(int races)
    {
        await using var hub = await HubHost.StartAsync(postgres, "Delivery:RetrySchedule:0=00:00:00.010", "Lanes:MaxPerSecond=0", "Lanes:DownAfter=1000000", "Lanes:MaxInFlight=1000");
        var random = new Random(Seed);
        // A withdrawal is asked for when so many sends have reached the partner as was drawn for it, or when its own did: slow or fast, the machine meets the same races.
        var withdrawals = new ConcurrentDictionary<string, Start>();
        var arrived = 0;
        // Five sends fail and are tried again at once; the partner takes its time, so that withdrawals find some on their way.
        hub.Partner.Always = async (_, envelope) =>
        {
            if (envelope.Kind != "referral") return new SendOutcome.Accepted();
            var count = Interlocked.Increment(ref arrived);
            foreach (var start in withdrawals.Values.Where(s => s.After <= count)) start.Now.TrySetResult();
            if (envelope.Attempt == 6 && withdrawals.TryGetValue(envelope.Exchange, out var own)) own.Now.TrySetResult();
            await Task.Delay(TimeSpan.FromMilliseconds(envelope.Attempt % 5), TimeProvider.System);
            return envelope.Attempt < 6 ? new SendOutcome.NotYet("UNAVAILABLE") : new SendOutcome.Accepted();
        };
        var sent = new ConcurrentDictionary<string, int>();
        var stopped = (Stopped: 0, InFlight: 0);
        const int Batch = 50;
        for (var done = 0; done < races; done += Batch)
        {
            var candidates = new List<(string Consent, string Exchange)>();
            for (var i = 0; i < Math.Min(Batch, races - done); i++)
            {
                var candidate = await Candidate.NewAsync(hub);
                await candidate.AttachCvAsync();
                var consent = await candidate.ConsentAsync();
                candidates.Add((consent, (await candidate.ReferAsync()).Exchange));
            }

            arrived = 0;
            withdrawals.Clear();
            foreach (var (_, exchange) in candidates) withdrawals[exchange] = new(random.Next(2 * Batch), new(TaskCreationOptions.RunContinuationsAsynchronously));
            foreach (var start in withdrawals.Values.Where(s => s.After == 0)) start.Now.SetResult();
            using var over = new CancellationTokenSource();
            var delivering = Task.Run(async () => { while (!over.IsCancellationRequested) await hub.RunAsync<DeliverDue>(); });
            await Task.WhenAll(candidates.Select(async c =>
            {
                await withdrawals[c.Exchange].Now.Task;
                var withdrawn = await hub.Consents().WithdrawConsentAsync(new() { Name = c.Consent });
                sent[c.Exchange] = await AttemptsAsync(hub, c.Exchange);
                lock (sent) stopped = (stopped.Stopped + withdrawn.Stopped.Count, stopped.InFlight + withdrawn.InFlight.Count);
            }));
            await over.CancelAsync();
            await delivering;
        }

        await hub.ExecuteAsync("update exchanges set due_time = hub_now() where due_time is not null");
        for (var i = 0; i < 3; i++) await hub.RunAsync<DeliverDue>();
        foreach (var (exchange, attempts) in sent)
        {
            Assert.Equal(attempts, await AttemptsAsync(hub, exchange));
            Assert.Equal(State.Withdrawn, (await hub.GetExchangeAsync(exchange)).State);
        }

        Assert.Equal(sent.Values.Sum(), hub.Partner.Received.Count(e => e.Kind == "referral"));
        TestContext.Current.SendDiagnosticMessage($"{races} races, seed {Seed}: {stopped.Stopped} stopped before they left, {stopped.InFlight} on their way, {sent.Values.Count(a => a > 0)} sent at least once.");
        Assert.True(stopped.Stopped > 0 && sent.Values.Any(a => a > 0), "There was no race.");
    }

    /// <param name="After">So many sends of its batch have arrived.</param>
    sealed record Start(int After, TaskCompletionSource Now);

    static Task<int> AttemptsAsync(HubHost hub, string exchange)
    {
        var id = Guid.Parse(exchange["exchanges/".Length..]);
        return hub.QueryAsync(db => db.Attempts.CountAsync(a => a.ExchangeId == id));
    }
}
