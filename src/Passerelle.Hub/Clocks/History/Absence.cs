using NodaTime;

namespace Passerelle.Hub.Clocks.History;

/// <summary>A time in which nobody is there: everyone leaves at its beginning, and somebody is back at its end. What falls due within it must be seen to before.</summary>
public readonly record struct Absence(Instant From, Instant Until);
