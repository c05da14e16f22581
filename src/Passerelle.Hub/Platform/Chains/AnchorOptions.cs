namespace Passerelle.Hub.Platform.Chains;

/// <summary>Where the ends of the chains are written down outside the database. Section `Anchors`.</summary>
public sealed class AnchorOptions
{
    /// <summary>A file, made where there is none: on a disk that the database's owner cannot write to. Default: `anchors.log` in the data folder with the embedded database, else none, and a warning at the start.</summary>
    public string? File { get; set; }

    /// <summary>How often each node looks whether there is something new to write down. Default 1 min: what is changed within it may go unnoticed.</summary>
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(1);
}
