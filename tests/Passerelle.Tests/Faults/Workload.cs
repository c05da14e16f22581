using System.Diagnostics;
using System.Runtime.InteropServices;
using Grpc.Core;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Faults;

/// <summary>A referral that the hub has said yes to.</summary>
/// <param name="Number">Its place among those of its case, in the order of the calls.</param>
/// <param name="Node">Which was asked first.</param>
sealed record Accepted(string Exchange, string Case, int Number, Lane Lane, FaultNode Node, DateTimeOffset Asked)
{
    public Guid Id { get; } = Guid.Parse(Exchange.Split('/')[1]);
}

/// <summary>Referrals, created by one writer for each case, one call after the other: what a call was left in doubt of is asked again, under the same request id, until it is known.</summary>
sealed class Workload
{
    static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5), KnownWithin = TimeSpan.FromSeconds(60);

    readonly FaultWorld world;
    readonly List<(ReferredHousehold Household, List<(string Person, Lane Lane)> Order, Random Random)> writers = [];
    readonly List<Accepted> accepted = [];
    readonly Lock gate = new();
    TaskCompletionSource allowed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    int started, limit;

    public Workload(FaultWorld world, int seed, IReadOnlyList<Lane> lanes)
    {
        this.world = world;
        foreach (var (number, household) in world.Households.Index())
        {
            var random = new Random(unchecked(seed * 1009 + number));
            var order = household.Persons.SelectMany(person => lanes.Select(lane => (person, lane))).ToArray();
            random.Shuffle(order);
            writers.Add((household, [.. order], random));
        }

        Total = writers.Sum(w => w.Order.Count);
    }

    public int Total { get; }

    readonly Dictionary<string, int> repeats = [];

    /// <summary>Why calls were asked again: node and status, and how often.</summary>
    public IReadOnlyDictionary<string, int> Repeats { get { lock (gate) return new Dictionary<string, int>(repeats); } }

    public IReadOnlyList<Accepted> Accepted { get { lock (gate) return [.. accepted]; } }

    /// <summary>Who is asked first from now on; null: drawn for each call.</summary>
    public FaultNode? Preferred { get; set; }

    public Task RunAsync(CancellationToken ct) => Task.WhenAll(writers.Select(w => WriteAsync(w.Household, w.Order, w.Random, ct)));

    /// <summary>Lets creations begin until there are so many.</summary>
    public void Allow(int count)
    {
        TaskCompletionSource before;
        lock (gate)
        {
            (limit, before) = (Math.Max(limit, count), allowed);
            allowed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        before.SetResult();
    }

    public bool HasReached(int count)
    {
        lock (gate) return accepted.Count >= count;
    }

    async Task WriteAsync(ReferredHousehold household, List<(string Person, Lane Lane)> order, Random random, CancellationToken ct)
    {
        foreach (var (number, (person, lane)) in order.Index())
        {
            await MayStartAsync(ct);
            var drawn = random.Next(world.Nodes.Count);
            var entry = await CreateAsync(household.Case, number, person, lane, Preferred is { } node ? world.Nodes.ToList().IndexOf(node) : drawn, ct);
            lock (gate) accepted.Add(entry);
            // People write letters one by one: so that a fault falls among calls, and not after the last of them.
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20, 200)), TimeProvider.System, ct);
        }
    }

    async Task MayStartAsync(CancellationToken ct)
    {
        while (true)
        {
            Task wait;
            lock (gate)
            {
                if (started < limit)
                {
                    started++;
                    return;
                }

                wait = allowed.Task;
            }

            await wait.WaitAsync(ct);
        }
    }

    async Task<Accepted> CreateAsync(string @case, int number, string person, Lane lane, int first, CancellationToken ct)
    {
        var request = new CreateReferralRequest { RequestId = Household.NewId(), Person = person, Partner = $"partners/{lane.Partner}" };
        var asked = TimeProvider.System.GetUtcNow();
        var since = Stopwatch.GetTimestamp();
        for (var tries = 0; ; tries++)
        {
            var node = world.Nodes[(first + tries) % world.Nodes.Count];
            try
            {
                var response = await new ReferralService.ReferralServiceClient(node.As("crm-demo"))
                    .CreateReferralAsync(request, deadline: TimeProvider.System.GetUtcNow().UtcDateTime + CallTimeout, cancellationToken: ct);
                return new Accepted(response.Referral.Exchange, @case, number, lane, world.Nodes[first], asked);
            }
            catch (RpcException e) when (IsInDoubt(e.StatusCode) && Stopwatch.GetElapsedTime(since) < KnownWithin)
            {
                lock (gate) CollectionsMarshal.GetValueRefOrAddDefault(repeats, $"{node.Name} {e.StatusCode}{(node.Hub.HasExited ? " (down)" : "")}", out _)++;
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, ct);
            }
        }
    }

    /// <summary>A refusal is an answer; these are none.</summary>
    static bool IsInDoubt(StatusCode code) => code is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.Internal or StatusCode.Unknown or StatusCode.Cancelled or StatusCode.Aborted;
}
