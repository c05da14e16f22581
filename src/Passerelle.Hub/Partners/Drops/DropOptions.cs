using System.ComponentModel.DataAnnotations;

namespace Passerelle.Hub.Partners.Drops;

/// <summary>Folders into which partners put files. Section `Drops`.</summary>
public sealed class DropOptions
{
    /// <summary>Where the folders are, one for each partner, named by its id: see <see cref="DropFolder"/>. Empty: there are none. Default empty.</summary>
    public string Root { get; set; } = "";

    /// <summary>How often each node looks into them. Default 5 s.</summary>
    public TimeSpan LookEvery { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A file is complete when two looks have found it the same, and nothing was written to it for so long. Longer than an upload pauses. Default 15 s.</summary>
    public TimeSpan Quiet { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>What is cut, or could not be taken, is left alone for so long unless it changes: its upload may have been broken off, to be taken up again. What is still cut then is refused. Default 30 minutes.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How many days files and reports stay in done/ and refused/. Files hold what the hub itself does not keep (owners, mandates, keys): 0 keeps the reports for a day and no file. Default 7.</summary>
    [Range(0, 366)]
    public int KeepDays { get; set; } = 7;

    /// <summary>Files of one partner that are taken in one round; the others are for the next. Default 100.</summary>
    [Range(1, 10_000)]
    public int MostAtOnce { get; set; } = 100;
}
