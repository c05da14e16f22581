namespace Passerelle.Hub.Housing.Visits;

/// <param name="TravelBefore">From where the household was before: the base, or the previous visit.</param>
public sealed record PlannedVisit(Guid StopId, DateTimeOffset Start, DateTimeOffset End, TimeSpan TravelBefore);

/// <summary>What <see cref="VisitPlanner"/> makes of a day. Every instant is in UTC.</summary>
/// <param name="Visits">In their order.</param>
/// <param name="LeftOut">The stops that found no place, in the problem's order.</param>
/// <param name="Leave">From the base, no earlier than needed; without visits the day's start, as is the return.</param>
/// <param name="TotalTravel">With the way out and the way back.</param>
/// <param name="IsOptimal">No other order is better; not known of days that are too large to look at every one.</param>
public sealed record VisitPlan(
    IReadOnlyList<PlannedVisit> Visits, IReadOnlyList<Guid> LeftOut, DateTimeOffset Leave, DateTimeOffset Return, TimeSpan TotalTravel, bool IsOptimal);
