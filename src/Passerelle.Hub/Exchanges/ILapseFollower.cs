namespace Passerelle.Hub.Exchanges;

/// <summary>A slice that sees to what comes after one of its exchanges was not answered in time.</summary>
public interface ILapseFollower
{
    /// <summary>Of the exchanges, as IExchangeKind names it.</summary>
    string Kind { get; }

    /// <summary>In the caller's transaction, which holds no lock yet. Several nodes may come with the same exchange: the clock's LapseTime, read under its lock, says whether there is still something to do.</summary>
    Task FollowLapseAsync(Guid exchangeId, CancellationToken ct);
}
