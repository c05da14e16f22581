namespace Passerelle.Hub.Housing;

/// <summary>What an agency has on the market, beside the full feed that came.</summary>
/// <param name="OnMarket">How many it had before.</param>
/// <param name="Missing">Those of them that the feed no longer lists.</param>
public sealed record MissingListings(string Agency, int OnMarket, IReadOnlyList<Guid> Missing);
