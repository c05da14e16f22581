namespace Passerelle.Tests.Support;

/// <summary>A machine's clock that is wrong, and may be set while it runs. Waiting goes by the monotonic clock, which stays as it is.</summary>
public sealed class MachineTime(TimeSpan offset) : TimeProvider
{
    public TimeSpan Offset { get; set; } = offset;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Offset;
}
