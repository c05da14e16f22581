namespace Passerelle.Tests.Faults;

/// <summary>An attempt, as the hub wrote it down.</summary>
sealed record WrittenAttempt(Guid Exchange, int Number, string Outcome, DateTimeOffset Start, DateTimeOffset? End, string Hash);

/// <summary>An exchange, as the hub has it now.</summary>
sealed record WrittenExchange(Guid Id, string State, string? EndReason, DateTimeOffset CreateTime);

/// <summary>When a partner was paused, by the database's clock.</summary>
sealed record PausedSpan(Lane Lane, DateTimeOffset From, DateTimeOffset Until);

/// <summary>What must hold after any schedule: each property finds what breaks it.</summary>
sealed class Properties(IReadOnlyList<Accepted> accepted, IReadOnlyList<Receipt> receipts, IReadOnlyDictionary<string, int> effects, IReadOnlyList<WrittenExchange> exchanges, IReadOnlyList<WrittenAttempt> attempts)
{
    /// <summary>What was claimed when the pause began may still leave, for as long as a lease.</summary>
    static readonly TimeSpan ClaimedBefore = TimeSpan.FromSeconds(15);

    readonly ILookup<string, Receipt> received = receipts.ToLookup(r => r.Exchange);
    readonly Dictionary<string, DateTimeOffset> created = exchanges.ToDictionary(e => $"exchanges/{e.Id}", e => e.CreateTime);
    readonly ILookup<Guid, WrittenAttempt> tried = attempts.ToLookup(a => a.Exchange);

    public static bool IsDelivered(string state) => state is "awaiting_answer" or "answered";

    public static async Task<Properties> ReadAsync(FaultWorld world, IReadOnlyList<Accepted> accepted)
    {
        var ids = accepted.Select(a => a.Id).ToArray();
        var known = accepted.Select(a => a.Exchange).ToHashSet();
        return new Properties(
            accepted, [.. world.Receipts.All.Where(r => known.Contains(r.Exchange))], await world.Receipts.EffectsAsync(), await ExchangesAsync(world, ids),
            await world.Cluster.QueryAsync(
                "select exchange_id, number, outcome, start_time, end_time, encode(sha256, 'hex') from attempts where exchange_id = any($1) order by exchange_id, number",
                r => new WrittenAttempt(
                    r.GetGuid(0), r.GetInt32(1), r.GetString(2), r.GetFieldValue<DateTimeOffset>(3), r.IsDBNull(4) ? null : r.GetFieldValue<DateTimeOffset>(4), r.GetString(5)), ids));
    }

    public static Task<List<WrittenExchange>> ExchangesAsync(FaultWorld world, Guid[] ids) =>
        world.Cluster.QueryAsync(
            "select id, state, end_reason, create_time from exchanges where id = any($1)",
            r => new WrittenExchange(r.GetGuid(0), r.GetString(1), r.IsDBNull(2) ? null : r.GetString(2), r.GetFieldValue<DateTimeOffset>(3)), ids);

    public IReadOnlyList<Receipt> Receipts => receipts;

    /// <summary>By the database's clock, which is this machine's.</summary>
    public DateTimeOffset? CreateTimeOf(string exchange) => created.TryGetValue(exchange, out var time) ? time : null;

    public IReadOnlyList<WrittenAttempt> AttemptsOf(Guid exchange) => [.. tried[exchange]];

    public IEnumerable<string> Broken(IReadOnlyList<PausedSpan> paused) => [.. Lost(), .. Duplicates(), .. Effects(), .. Inversions(), .. SentWhilePaused(paused), .. Unlike()];

    /// <summary>Everything accepted is delivered, and its partner has it.</summary>
    public IEnumerable<string> Lost()
    {
        var states = exchanges.ToDictionary(e => e.Id);
        foreach (var entry in accepted)
        {
            if (!states.TryGetValue(entry.Id, out var exchange)) yield return $"lost: {entry.Exchange} was accepted and does not exist";
            else if (!IsDelivered(exchange.State)) yield return $"lost: {entry.Exchange} for {entry.Lane} is {exchange.State} ({exchange.EndReason}) after attempts [{string.Join(", ", tried[entry.Id].CountBy(a => a.Outcome).Select(c => $"{c.Value} {c.Key}"))}]";
            else if (!received.Contains(entry.Exchange)) yield return $"lost: {entry.Exchange} is {exchange.State} and {entry.Lane} never got it";
        }

        foreach (var twice in accepted.GroupBy(a => a.Exchange).Where(g => g.Count() > 1)) yield return $"two calls were given one exchange: {twice.Key}";
    }

    /// <summary>What comes again comes because the hub could not know: never after an attempt that was already written down as accepted, and never as the same attempt.</summary>
    public IEnumerable<string> Duplicates()
    {
        foreach (var entry in accepted)
        {
            var arrived = received[entry.Exchange].ToList();
            foreach (var (earlier, later) in arrived.Zip(arrived.Skip(1)))
            {
                if (earlier.Attempt == later.Attempt) yield return $"duplicate: {entry.Exchange} came twice as attempt {later.Attempt}";
                if (tried[entry.Id].FirstOrDefault(a => a.Number == later.Attempt) is not { } last) yield return $"unwritten: {entry.Exchange} came as attempt {later.Attempt}, which the hub does not know";
                else if (tried[entry.Id].FirstOrDefault(a => a.Number != last.Number && a.Outcome is ("accepted" or "refused") && a.End <= last.Start) is { } known)
                    yield return $"duplicate: {entry.Exchange} for {entry.Lane} came as attempt {later.Attempt} after attempt {known.Number} was written down as {known.Outcome}";
            }
        }
    }

    /// <summary>Through the client's inbox every exchange has one effect.</summary>
    public IEnumerable<string> Effects() =>
        accepted.Where(a => effects.GetValueOrDefault(a.Exchange) != 1).Select(a => $"{a.Exchange} had {effects.GetValueOrDefault(a.Exchange)} effects");

    /// <summary>For each partner and case, what was created first arrives first.</summary>
    public IEnumerable<string> Inversions()
    {
        var place = receipts.Index().DistinctBy(r => r.Item.Exchange).ToDictionary(r => r.Item.Exchange, r => r.Index);
        foreach (var key in accepted.Where(a => place.ContainsKey(a.Exchange)).GroupBy(a => (a.Case, a.Lane)))
        {
            var order = key.OrderBy(a => a.Number).ToList();
            foreach (var (first, second) in order.Zip(order.Skip(1)))
                if (place[first.Exchange] > place[second.Exchange]) yield return $"inversion: {second.Exchange} reached {key.Key.Lane} before {first.Exchange} of the same case, which was created earlier";
        }
    }

    /// <summary>While its partner is paused nothing is tried: neither what was created in the pause, nor, once a claim that was taken before it is over, anything else.</summary>
    public IEnumerable<string> SentWhilePaused(IReadOnlyList<PausedSpan> paused)
    {
        var created = exchanges.ToDictionary(e => e.Id, e => e.CreateTime);
        return
            from span in paused
            from entry in accepted
            where entry.Lane == span.Lane
            let begins = created.GetValueOrDefault(entry.Id) > span.From ? span.From : span.From + ClaimedBefore
            from attempt in tried[entry.Id]
            where attempt.Start > begins && attempt.Start < span.Until
            select $"paused: {entry.Exchange} was tried {(attempt.Start - span.From).TotalSeconds:0.0} s after {span.Lane} was paused";
    }

    /// <summary>What arrived is what the attempt says was sent.</summary>
    public IEnumerable<string> Unlike() =>
        from receipt in receipts
        let attempt = tried[Guid.Parse(receipt.Exchange.Split('/')[1])].FirstOrDefault(a => a.Number == receipt.Attempt)
        where attempt is not null && !string.Equals(attempt.Hash, receipt.PayloadHash, StringComparison.OrdinalIgnoreCase)
        select $"unlike: {receipt.Exchange} attempt {receipt.Attempt} is not what the hub wrote down";
}
