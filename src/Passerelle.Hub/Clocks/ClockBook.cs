using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Clocks.V1;

namespace Passerelle.Hub.Clocks;

/// <summary>Starts and stops clocks within the caller's transaction.</summary>
public sealed class ClockBook(HubDb db, IOptions<ResponseOptions> options)
{
    public Clock Start(ClockFamily family, string subject, Guid caseId, string? partnerId, DateTimeOffset now)
    {
        var clock = Clock.Start(family, subject, caseId, partnerId, options.Value, now);
        db.Clocks.Add(clock);
        return clock;
    }

    /// <summary>Stops the clock of a subject. The time is read once the row is ours: an answer and a breach at one moment have one order, hence one verdict.</summary>
    public async Task<Clock> AnswerAsync(string subject, CancellationToken ct)
    {
        var clock = await LockAsync(subject, ct) ?? throw new InvalidOperationException($"{subject} has no clock.");
        clock.Answer(await db.NowAsync(ct));
        return clock;
    }

    public async Task VoidAsync(string subject, CancellationToken ct)
    {
        if (await LockAsync(subject, ct) is { } clock) clock.Void(await db.NowAsync(ct));
    }

    async Task<Clock?> LockAsync(string subject, CancellationToken ct)
    {
        // A clock of this very transaction is not in the database yet.
        if (db.Clocks.Local.FirstOrDefault(c => c.Subject == subject) is { } own) return own;
        var clock = (await db.Clocks.FromSql($"select * from clocks where subject = {subject} for update").ToListAsync(ct)).SingleOrDefault();
        if (clock is not null) await db.Entry(clock).Collection(c => c.Events).LoadAsync(ct);
        return clock;
    }

    public static Wire.Clock ToWire(Clock clock) => new()
    {
        Name = Names.Of(Names.Clocks, clock.Id),
        Family = (Wire.Clock.Types.Family)clock.Family,
        Subject = clock.Subject,
        State = (Wire.Clock.Types.State)clock.State,
        StartTime = clock.StartTime.ToWire(),
        DueTime = clock.DueTime.ToWire(),
        AnswerTime = clock.AnswerTime.ToWire(),
        OverdueNoticeTime = clock.OverdueNoticeTime.ToWire(),
    };
}
