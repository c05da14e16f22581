namespace Passerelle.Hub.Partners.Drops;

/// <summary>A file that a partner has put into its folder.</summary>
/// <param name="Name">The partner's, fit to be shown: at most 200 characters, none of which controls anything.</param>
/// <param name="Content">Read from its beginning to its end, once. What is read is what counts, whatever becomes of the file meanwhile.</param>
/// <param name="WriteTime">When it was last written to.</param>
public sealed record DroppedFile(string PartnerId, string Name, Stream Content, DateTimeOffset WriteTime);

/// <summary>What a door has done with a file.</summary>
public abstract record DropOutcome
{
    DropOutcome() { }

    /// <summary>It is taken.</summary>
    /// <param name="Report">For the partner, in French.</param>
    public sealed record Taken(string Report) : DropOutcome;

    /// <summary>It is of no use, and nothing has changed.</summary>
    /// <param name="Report">For the partner, in French.</param>
    public sealed record Refused(string Report) : DropOutcome;

    /// <summary>Its end is missing, and nothing has changed: the rest may be on its way.</summary>
    /// <param name="Report">For the partner, in French, when the rest does not come.</param>
    public sealed record Cut(string Report) : DropOutcome;

    /// <summary>Not now, and nothing has changed: another file of the partner is being taken.</summary>
    public sealed record Later : DropOutcome;
}

/// <summary>Takes the files of partners of one kind: where a slice comes in.</summary>
public interface IDropDoor
{
    PartnerKind Kind { get; }

    /// <summary>Taking the same file (name, content and time) again has no other effect, and the same outcome.</summary>
    Task<DropOutcome> TakeAsync(DroppedFile file, CancellationToken ct);
}
