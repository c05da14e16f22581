using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using NodaTime;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Clocks;

/// <summary>Who asks for a change of a clock, and why; kept with the event.</summary>
public sealed record Ordered(string By, string Why)
{
    const int MaxWhy = 200;
    const int MaxBy = 100;

    public static Ordered Read(string by, string why, bool whyRequired, Violations violations, ServerCallContext context)
    {
        violations.Text(by, "by", MaxBy, required: false);
        violations.Text(why, "why", MaxWhy, whyRequired);
        var caller = context.Caller().Id;
        return new Ordered(by.Length == 0 ? caller : $"{caller}:{by}", why);
    }
}

/// <summary>Changes clocks within the caller's transaction. Save and commit are the caller's.</summary>
/// <remarks>
/// Time is read once the clock's row is ours, from the database: an answer and a breach at one moment have one order, hence one verdict.
/// Whoever also locks what the clock counts for does that first.
/// </remarks>
public sealed class ClockBook(HubDb db, ClockPolicies policies, ClockFiles files)
{
    /// <summary>Two rows, and no question to the database: partners' windows start by the thousand.</summary>
    /// <param name="serves">For the window of a partner: the promise that it serves, as <see cref="OpenPromises"/> has it.</param>
    /// <param name="advisor">For a promise: who is to answer; null: nobody is named.</param>
    /// <param name="origin">For a promise: where the question came from; null: nothing is known of that.</param>
    public async ValueTask<Clock> StartAsync(
        ClockFamily family, string subject, Guid caseId, string? partnerId, string? need, DateTimeOffset now, CancellationToken ct, OpenPromise? serves = null, string? advisor = null, string? origin = null)
    {
        var policy = (await policies.ReadAsync(db, ct)).Select(family, need, partnerId, origin, now);
        var (file, started) = ClockFile.Start(family, subject, caseId, partnerId, policy, now, serves, need, advisor);
        db.Clocks.Add(file.Clock);
        db.ClockEvents.Add(started);
        return file.Clock;
    }

    /// <summary>Stops the clock of a subject; one that is stopped already stays as it is.</summary>
    /// <exception cref="StateConflict">The clock's policy does not take this for an answer.</exception>
    public async Task<Clock> AnswerAsync(string subject, AnswerKind kind, CancellationToken ct)
    {
        var (file, now) = await LockAsync(subject, ct) ?? throw new InvalidOperationException($"{subject} has no clock.");
        if (!file.Clock.IsOpen) return file.Clock;
        var answer = new ClockFact.Answered(NewId(now), now, file.RecordTime(now), kind);
        if (file.WhyAside(answer) is not null) throw new StateConflict(subject, EnumText<Standing>.Of(file.Clock.State), $"{EnumText<AnswerKind>.Of(kind)} is no answer here.");
        return Write(file, answer, now, null);
    }

    /// <summary>What it counts for ended without needing an answer. A clock that is stopped already stays as it is.</summary>
    public async Task VoidAsync(string subject, CancellationToken ct)
    {
        if (await LockAsync(subject, ct) is not var (file, now) || !file.Clock.IsOpen) return;
        Write(file, new ClockFact.Voided(NewId(now), now, file.RecordTime(now), VoidReason.NotNeeded), now, null);
    }

    /// <summary>Two things that wait for an answer are one: the promise of the one that is given up is voided, that of the other ends no later than it would have, and has its windows.</summary>
    public async Task MergeAsync(string survivor, string absorbed, CancellationToken ct)
    {
        var clocks = await db.Clocks.FromSql($"select * from clocks where subject in ({survivor}, {absorbed}) order by id for update").ToListAsync(ct);
        var now = Instant.FromDateTimeOffset(await db.NowAsync(ct));
        var read = (await ClockFiles.ReadAsync(db, policies, clocks, ct)).ToDictionary(f => f.Clock.Subject);
        var (stays, goes) = (read[survivor], read[absorbed]);
        var recorded = Instant.Max(stays.RecordTime(now), goes.RecordTime(now));
        var (forSurvivor, forAbsorbed) = ClockMerge.Of(stays.History.Timeline, goes.History.Timeline, stays.Clock.Id, () => NewId(now), recorded);
        foreach (var fact in forAbsorbed) Write(goes, fact, now, null);
        // One that is broken already cannot be limited any more.
        foreach (var fact in forSurvivor.Where(f => stays.WhyAside(f) is null))
        {
            Write(stays, fact, now, null);
            db.Events.Add(stays.Tell("clock.limited", fact));
        }

        await LimitWindowsAsync(stays, now, ct, goes.Clock.Id);
    }

    /// <summary>Repeating it is harmless.</summary>
    public async Task<Clock> PauseAsync(Guid id, Ordered order, CancellationToken ct)
    {
        var (file, now) = await LockAsync(id, ct);
        // From when it is written down: a pause and the end of another in one instant keep their order.
        var recorded = file.RecordTime(now);
        return await TryAsync(file, new ClockFact.Paused(NewId(now), recorded, recorded, order.Why), now, order, harmless: AsideReason.AlreadyPaused, "clock.paused", ct);
    }

    /// <summary>Repeating it is harmless.</summary>
    public async Task<Clock> ResumeAsync(Guid id, Ordered order, CancellationToken ct)
    {
        var (file, now) = await LockAsync(id, ct);
        var recorded = file.RecordTime(now);
        return await TryAsync(file, new ClockFact.Resumed(NewId(now), recorded, recorded), now, order, harmless: AsideReason.NotPaused, "clock.resumed", ct);
    }

    /// <summary>The answers were none after all: the clock goes on towards its old deadline. What it counts for is opened again by the caller. Repeating it is harmless.</summary>
    public async Task<Clock> ReopenAsync(Guid id, Ordered order, CancellationToken ct)
    {
        var (file, now) = await LockAsync(id, ct);
        if (file.Clock.State == Standing.Voided) throw Conflict(file.Clock, AsideReason.Voided);
        return await TryAsync(file, new ClockFact.Reopened(NewId(now), now, file.RecordTime(now)), now, order, harmless: AsideReason.NothingToReopen, "clock.reopened", ct);
    }

    /// <summary>The message that was the answer came back: the clock goes on towards its old deadline, unless another answer stands. Of an answer that was taken back already, nothing is left to take back.</summary>
    /// <param name="answerTime">Of the answer that came back: a word of it that comes late says nothing of the next one.</param>
    public async Task<Clock> BounceAsync(string subject, DateTimeOffset answerTime, Ordered order, CancellationToken ct)
    {
        var (file, now) = await LockAsync(subject, ct) ?? throw new InvalidOperationException($"{subject} has no clock.");
        var answers = file.History.Facts.Select(f => f is ClockFact.Corrected { Adds: { } added } ? added : f).OfType<ClockFact.Answered>();
        var bounced = answers.LastOrDefault(a => a.EffectiveTime.ToDateTimeOffset() == answerTime);
        if (bounced?.Kind != AnswerKind.MessageDelivered) throw new StateConflict(subject, EnumText<Standing>.Of(file.Clock.State), "No message answered it at that time.");
        return await TryAsync(file, new ClockFact.Reopened(NewId(now), now, file.RecordTime(now), bounced.Id), now, order, harmless: AsideReason.NothingToReopen, "clock.reopened", ct);
    }

    /// <summary>Sets the past right. Whether the clock is open stays as it is: that is also said by what it counts for.</summary>
    /// <param name="adds">Makes the fact that is put in, given an id and the time of recording; null: none is.</param>
    public async Task<Clock> CorrectAsync(Guid id, int? removedNumber, Func<Guid, Instant, ClockFile, ClockFact>? adds, Ordered order, CancellationToken ct)
    {
        var (file, now) = await LockAsync(id, ct);
        var recorded = file.RecordTime(now);
        ClockFact? removed = null;
        if (removedNumber is { } number)
            removed = number <= file.History.Facts.Count ? file.History.Facts[number - 1] : throw Conflict(file.Clock, AsideReason.NothingToCorrect);
        // What a correction has put in is taken out again under the correction's own number.
        var target = removed is ClockFact.Corrected { Adds: { } before } ? before.Id : removed?.Id;
        var correction = new ClockFact.Corrected(NewId(now), now, recorded, target, adds?.Invoke(NewId(now), recorded, file), order.By, order.Why);
        var after = file.History.With(correction);
        if (after.WhyAside(correction.Id) is { } aside) throw Conflict(file.Clock, aside);
        if (correction.Adds is { } added && after.WhyAside(added.Id) is { } without) throw Conflict(file.Clock, without);
        if (Ended(after.Timeline) != Ended(file.History.Timeline)) throw Conflict(file.Clock, AsideReason.VerdictStands);
        return await TryAsync(file, correction, now, order, harmless: null, "clock.corrected", ct);
    }

    static (bool Answered, bool Voided) Ended(ClockTimeline timeline) => (timeline.Answer is not null, timeline.Void is not null);

    async Task<Clock> TryAsync(ClockFile file, ClockFact fact, Instant now, Ordered order, AsideReason? harmless, string type, CancellationToken ct)
    {
        if (file.WhyAside(fact) is { } aside) return aside == harmless ? file.Clock : throw Conflict(file.Clock, aside);
        Write(file, fact, now, order);
        db.Events.Add(file.Tell(type, fact));
        if (file.Clock.Family == ClockFamily.Promise) await LimitWindowsAsync(file, now, ct);
        return file.Clock;
    }

    /// <summary>The windows that serve a promise end with it, also where it has moved.</summary>
    /// <param name="absorbed">A promise whose windows serve this one from now on.</param>
    async Task LimitWindowsAsync(ClockFile promise, Instant now, CancellationToken ct, Guid? absorbed = null)
    {
        Guid[] served = [promise.Clock.Id, .. absorbed is { } other ? [other] : (Guid[])[]];
        var windows = await db.Clocks.FromSql($"select * from clocks where promise_id = any({served}) and state in ('running', 'paused') order by id for update").ToListAsync(ct);
        if (windows.Count == 0) return;
        foreach (var window in await ClockFiles.ReadAsync(db, policies, windows, ct))
        {
            window.Clock.Serve(promise.Clock.Id);
            if (window.Follow(promise.History.Timeline, NewId(now), promise.RecordTime(now)) is not { } limited) continue;
            Write(window, limited, now, null);
            db.Events.Add(window.Tell("clock.limited", limited));
        }
    }

    Clock Write(ClockFile file, ClockFact fact, Instant now, Ordered? order)
    {
        db.ClockEvents.Add(file.Record(fact, order?.By, order?.Why));
        file.Settle(now).AddTo(db);
        return file.Clock;
    }

    static StateConflict Conflict(Clock clock, AsideReason aside) =>
        new(clock.Name, EnumText<Standing>.Of(clock.State), $"It would have no effect: {EnumText<AsideReason>.Of(aside)}.");

    static Guid NewId(Instant now) => Guid.CreateVersion7(now.ToDateTimeOffset());

    async Task<(ClockFile File, Instant Now)> LockAsync(Guid id, CancellationToken ct)
    {
        var clock = (await db.Clocks.FromSql($"select * from clocks where id = {id} for update").ToListAsync(ct)).SingleOrDefault() ?? throw new ResourceNotFound(Names.Of(Names.Clocks, id));
        return (await files.ReadAsync(clock, ct), Instant.FromDateTimeOffset(await db.NowAsync(ct)));
    }

    async Task<(ClockFile File, Instant Now)?> LockAsync(string subject, CancellationToken ct)
    {
        // A clock of this very transaction is not in the database yet.
        var clock = db.Clocks.Local.FirstOrDefault(c => c.Subject == subject)
            ?? (await db.Clocks.FromSql($"select * from clocks where subject = {subject} for update").ToListAsync(ct)).SingleOrDefault();
        return clock is null ? null : (await files.ReadAsync(clock, ct), Instant.FromDateTimeOffset(await db.NowAsync(ct)));
    }
}
