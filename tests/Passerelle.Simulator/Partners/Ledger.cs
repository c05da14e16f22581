namespace Passerelle.Simulator.Partners;

/// <summary>What a partner has received: names, counts and hashes, never contents.</summary>
sealed class Ledger
{
    readonly Lock _lock = new();
    readonly Dictionary<string, LedgerLine> _lines = new(StringComparer.Ordinal);

    /// <summary>Counts a delivery; 1 for the first of this exchange.</summary>
    public int Seen(string exchange, string kind)
    {
        lock (_lock)
        {
            var line = _lines.GetValueOrDefault(exchange) ?? new LedgerLine(exchange, kind);
            _lines[exchange] = line = line with { Deliveries = line.Deliveries + 1 };
            return line.Deliveries;
        }
    }

    public void TurnedAway(string exchange) => Change(exchange, line => line with { TurnedAway = line.TurnedAway + 1 });

    /// <summary>Keeps an exchange; false when it was kept before.</summary>
    public bool Keep(string exchange, int sizeBytes, string sha256)
    {
        lock (_lock)
        {
            var line = _lines[exchange];
            if (line.Kept) return false;
            _lines[exchange] = line with { Kept = true, SizeBytes = sizeBytes, Sha256 = sha256 };
            return true;
        }
    }

    public void Answered(string exchange, string answer) => Change(exchange, line => line with { Answer = answer });

    public void CouldNotAnswer(string exchange, string error) => Change(exchange, line => line with { AnswerError = error });

    public IReadOnlyList<LedgerLine> Report()
    {
        lock (_lock) return [.. _lines.Values];
    }

    void Change(string exchange, Func<LedgerLine, LedgerLine> change)
    {
        lock (_lock) _lines[exchange] = change(_lines[exchange]);
    }
}

/// <summary>One exchange as a partner saw it. The hash is of the payload's bytes.</summary>
sealed record LedgerLine(string Exchange, string Kind)
{
    public int Deliveries { get; init; }
    public int TurnedAway { get; init; }
    public bool Kept { get; init; }
    public int SizeBytes { get; init; }
    public string? Sha256 { get; init; }
    public string? Answer { get; init; }
    public string? AnswerError { get; init; }
}
