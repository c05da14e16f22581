using System.Diagnostics;

namespace Passerelle.Hub.Platform;

/// <summary>Named points that work passes, for whoever listens to the diagnostic source `Passerelle.Kernel`: a debugger, a tracer, a test that stops the process right there.
/// Nobody listening costs one comparison.</summary>
public static class Points
{
    public const string Source = "Passerelle.Kernel";

    /// <summary>A batch is about to be claimed.</summary>
    public const string ClaimBegins = "claim.begins";

    /// <summary>A claim is committed; nothing of it is composed yet.</summary>
    public const string Claimed = "claim.committed";

    /// <summary>Attempts are written down; nothing has left yet.</summary>
    public const string Prepared = "prepare.committed";

    /// <summary>One exchange's call has come back; its outcome is not saved yet.</summary>
    public const string Sent = "send.returned";

    /// <summary>The first exchange of a batch has left, the others are still to leave.</summary>
    public const string MidBatch = "batch.middle";

    /// <summary>Outcomes are committed.</summary>
    public const string Completed = "complete.committed";

    /// <summary>A batch of a policy change is read and decided; nothing of it is written yet.</summary>
    public const string PolicyBatchRead = "policy.batch.read";

    /// <summary>A batch of a policy change is committed.</summary>
    public const string PolicyBatchWritten = "policy.batch.committed";

    /// <summary>Something was committed that is due at once, and nobody has been told yet.</summary>
    public const string NudgeBegins = "nudge.begins";

    /// <summary>The nudge was passed on.</summary>
    public const string Nudged = "nudge.passed";

    /// <summary>A batch of clocks is about to be fired.</summary>
    public const string FireBegins = "fire.begins";

    /// <summary>Clocks that are due are locked; nothing is decided of them yet.</summary>
    public const string FireTaken = "fire.taken";

    /// <summary>What was fired is saved, and not committed yet.</summary>
    public const string FireSaved = "fire.saved";

    /// <summary>What was fired is committed, and no notification tells of it yet.</summary>
    public const string Fired = "fire.committed";

    /// <summary>A notification is saved, and not committed yet.</summary>
    public const string NotificationSaved = "notification.saved";

    /// <summary>That persons' data is read is committed, and the response has not left yet.</summary>
    public const string AccessNoted = "access.committed";

    static readonly DiagnosticListener Listener = new(Source);

    public static void Reach(string point)
    {
        if (Listener.IsEnabled(point)) Listener.Write(point, null);
    }
}
