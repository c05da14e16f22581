namespace Passerelle.Hub.Clocks;

/// <summary>What a clock may count for a second time, after an answer that was none. Who owns such things says how.</summary>
public interface IReopenable
{
    /// <summary>Of the resource names of these things.</summary>
    string Collection { get; }

    /// <summary>Locks it, and lets it wait for an answer again, within the caller's transaction. Harmless when it does.</summary>
    Task ReopenAsync(Guid id, CancellationToken ct);
}
