using System.Collections.Concurrent;
using Grpc.Core;
using Passerelle.Client;
using Passerelle.Contracts.Employment.V1;

namespace Passerelle.Benchmarks.Exchanges;

/// <summary>A referral that was created.</summary>
/// <param name="DueTicks">When it was to be asked for; a generator that came late is no excuse.</param>
/// <param name="AnsweredTicks">When the hub had said yes.</param>
readonly record struct Created(Guid Exchange, int Partner, long DueTicks, long AnsweredTicks);

/// <summary>Creates referrals over gRPC, as applications do. A newer referral of a person to a partner takes the place of one that has not left yet: every (person, partner)
/// comes once before any comes again.</summary>
sealed class Generator(IReadOnlyList<PasserelleClient> clients, string[] persons, int partners)
{
    /// <summary>At a rate that the hub does not keep up with, the generator waits too, and its waiting counts.</summary>
    const int MostInFlight = 512;

    public const string Introduction = "Une personne motivée, disponible tout de suite, qui s'installe dans le Calvados avec sa famille.";

    static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(100);

    long next = -1;
    long repeats;

    /// <summary>Calls that were UNAVAILABLE, and made again: none on a machine that is not overloaded.</summary>
    public long Repeats => Interlocked.Read(ref repeats);

    /// <summary>How many come before any comes again.</summary>
    public long Pairs => (long)persons.Length * partners;

    /// <summary>As fast as it goes with so many calls under way, for so long; waits while it may not.</summary>
    /// <param name="most">Ends early when so many were created.</param>
    /// <param name="mayCreate">Asked with how many were created so far.</param>
    public async Task<List<Created>> CloselyAsync(int inFlight, TimeSpan duration, long most, Func<long, bool> mayCreate, CancellationToken ct)
    {
        var created = new ConcurrentQueue<Created>();
        var count = 0L;
        var end = TimeProvider.System.GetUtcNow() + duration;
        await Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => Task.Run(CreateOnAndOnAsync, ct)));
        return [.. created];

        async Task CreateOnAndOnAsync()
        {
            while (TimeProvider.System.GetUtcNow() < end)
            {
                if (!mayCreate(Interlocked.Read(ref count)))
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System, ct);
                    continue;
                }

                if (Interlocked.Increment(ref count) > most) return;
                created.Enqueue(await CreateAsync(TimeProvider.System.GetUtcNow().UtcTicks, ct));
            }
        }
    }

    /// <summary>So many a second, each when its time has come, whatever became of those before: their times are those of independent callers (exponential gaps, seeded).</summary>
    public async Task<List<Created>> AtRateAsync(int perSecond, TimeSpan duration, Random random, CancellationToken ct)
    {
        var created = new ConcurrentQueue<Created>();
        using var room = new SemaphoreSlim(MostInFlight);
        var calls = new List<Task>();
        var start = TimeProvider.System.GetUtcNow();
        var end = start + duration;
        for (var due = start; ; )
        {
            due += TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / perSecond);
            if (due >= end) break;
            // A timer keeps whole milliseconds; less than one is late enough to be counted, and not worth burning a core for.
            if (due - TimeProvider.System.GetUtcNow() is { TotalMilliseconds: > 0 } rest) await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(rest.TotalMilliseconds)), TimeProvider.System, ct);
            await room.WaitAsync(ct);
            calls.Add(CreateAtAsync(due.UtcTicks));
        }

        await Task.WhenAll(calls);
        return [.. created];

        async Task CreateAtAsync(long due)
        {
            try { created.Enqueue(await CreateAsync(due, ct)); }
            finally { room.Release(); }
        }
    }

    async Task<Created> CreateAsync(long due, CancellationToken ct)
    {
        var i = Interlocked.Increment(ref next);
        // Neighbours differ in person and in partner: nobody waits for the other's row.
        var partner = (int)((i % persons.Length + i / persons.Length) % partners);
        var client = clients[(int)(i % clients.Count)];
        var request = new CreateReferralRequest { RequestId = client.NewRequestId(), Person = persons[i % persons.Length], Partner = "partners/" + Stage.PartnerId(partner), Introduction = Introduction };
        while (true)
        {
            try
            {
                var referral = (await client.Referrals.CreateReferralAsync(request, cancellationToken: ct)).Referral;
                return new Created(Guid.Parse(referral.Exchange.AsSpan("exchanges/".Length)), partner, due, TimeProvider.System.GetUtcNow().UtcTicks);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                // As the client package does, with the same request id. The time goes on counting.
                Interlocked.Increment(ref repeats);
                await Task.Delay(Patience, TimeProvider.System, ct);
            }
        }
    }
}
