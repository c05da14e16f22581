using Passerelle.Hub.Platform;

namespace Passerelle.Tests.Faults;

/// <summary>A claim: of this exchange, in this generation.</summary>
sealed record Held(Guid Exchange, int Generation);

/// <summary>When things were broken, and how long it took until they went on. Times are of the harness's own clock.</summary>
sealed class Stopwatches
{
    /// <summary>After a line is sound again, what failed on it waits for its next try; a half-open connection stays dead until its own probe gives it up (30 s and 10 s).</summary>
    static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(20), AftermathOfHalfOpen = TimeSpan.FromSeconds(60);

    readonly List<(FaultNode Node, string Point, DateTimeOffset At, IReadOnlyList<Held> Held)> kills = [];
    readonly List<(string What, DateTimeOffset At)> answers = [];
    readonly List<(Lane? Lane, DateTimeOffset From, DateTimeOffset Until)> troubles = [];
    DateTimeOffset gone;

    static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public void Trouble(Lane lane) => troubles.Add((lane, Now, DateTimeOffset.MaxValue));

    public void TroubleEnds(Lane lane, ProxyMode mode)
    {
        foreach (var (index, trouble) in troubles.Index().ToList())
            if (trouble.Lane == lane && trouble.Until == DateTimeOffset.MaxValue) troubles[index] = trouble with { Until = Now + (mode == ProxyMode.HalfOpen ? AftermathOfHalfOpen : Aftermath) };
    }

    public void DatabaseIsGone(DateTimeOffset at) => gone = at;

    public void DatabaseAnswers(string after, DateTimeOffset at)
    {
        answers.Add((after, at));
        if (gone != default) troubles.Add((null, gone, at));
        gone = default;
    }

    public void Killed(FaultNode node, string point, DateTimeOffset at, IReadOnlyList<Held> held) => kills.Add((node, point, at, held));

    /// <summary>What a node had claimed that died there.</summary>
    public static string ClaimedAt(string point) => $"{point} (claimed)";

    public IEnumerable<Sample> Takeovers(IReadOnlyList<Accepted> accepted, Properties properties)
    {
        var byId = accepted.ToDictionary(a => a.Id);
        var received = properties.Receipts.ToLookup(r => r.Exchange);
        var seen = new Dictionary<Held, FaultNode>();
        foreach (var (node, point, at, held) in kills)
        {
            foreach (var claim in held)
            {
                // A claim that was there at an earlier kill already is that one's; where nodes differ, nobody knows whose it was.
                var known = seen.TryGetValue(claim, out var before);
                seen[claim] = node;
                if (known && before == node) continue;
                if (!byId.TryGetValue(claim.Exchange, out var entry) || entry.Lane.Proxy is null) continue;
                // A claim that came to its end was the living node's.
                if (properties.AttemptsOf(claim.Exchange).Any(a => a.Number == claim.Generation && a.Outcome != "unknown")) continue;
                if (received[entry.Exchange].FirstOrDefault(r => r.Attempt > claim.Generation) is not { } again) continue;
                // Who took it over may have been killed too.
                var killedAgain = kills.Any(k => k.At > at && k.At < again.At && k.Held.Any(h => h.Exchange == claim.Exchange && h.Generation > claim.Generation));
                yield return new Sample(ClaimedAt(point), again.At - at, known || killedAgain || IsDisturbed(entry.Lane, at, again.At));
            }

            if (point is not (Points.NudgeBegins or Points.Nudged or Points.ClaimBegins)) continue;
            foreach (var entry in accepted.Where(a => a.Node == node && a.Asked < at && a.Lane.Proxy is not null && held.All(h => h.Exchange != a.Id)))
                if (received[entry.Exchange].FirstOrDefault() is { } first && first.At > at) yield return new Sample($"{point} (waiting)", first.At - at, IsDisturbed(entry.Lane, at, first.At));
        }
    }

    /// <summary>On what was created after the break: both its creation and its delivery are work that goes on again.</summary>
    public IEnumerable<Sample> Resumes(IReadOnlyList<Accepted> accepted, Properties properties)
    {
        var lanes = accepted.ToDictionary(a => a.Exchange, a => a.Lane);
        foreach (var (what, at) in answers)
        {
            var next = properties.Receipts.FirstOrDefault(r => r.At > at && properties.CreateTimeOf(r.Exchange) > at && lanes[r.Exchange] is { Proxy: not null } lane && !IsDisturbed(lane, at, r.At));
            if (next is not null) yield return new Sample(what, next.At - at, false);
        }
    }

    bool IsDisturbed(Lane lane, DateTimeOffset from, DateTimeOffset until) => troubles.Any(t => (t.Lane is null || t.Lane == lane) && t.From < until && t.Until > from);
}
