using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Exchanges;

/// <summary>Delivers by push what is due. Claims are made one after the other, sends run side by side, and their outcomes are saved together as they come in: a slow partner keeps nobody waiting.</summary>
public sealed partial class DeliverDue(
    ExchangeClaims claims, Dispatcher dispatcher, IPartnerTransport transport, Nudge<DeliverDue> nudge, IOptions<DeliveryOptions> options, ChangeSignal changes, TimeProvider time,
    ILogger<DeliverDue> logger) : IDueWork
{
    /// <summary>Up to so many exchanges in one claim are few: nobody rests, each leaves at once.</summary>
    const int FewClaimed = 4;

    /// <summary>After so many it rests for the whole Delivery:Pace, after fewer for less; after a claim of plenty not at all.</summary>
    const int ManyClaimed = 36;

    const int PlentyClaimed = 64;

    /// <summary>How long outcomes wait for one another before they are saved together. Nobody waits for them but the next in line.</summary>
    static readonly TimeSpan OutcomesGather = TimeSpan.FromMilliseconds(30);

    /// <summary>How soon lanes that were full, or over their rate, are looked at again.</summary>
    static readonly TimeSpan LookAtFullLanes = TimeSpan.FromMilliseconds(100);

    /// <summary>How soon, while something is on its way, it is looked whether something else has come due meanwhile.</summary>
    static readonly TimeSpan LookAnyway = TimeSpan.FromSeconds(1);

    static readonly TimeSpan StorageComesBack = TimeSpan.FromMilliseconds(500);

    static readonly TimeSpan OutcomesAreKeptFor = TimeSpan.FromMinutes(2);

    /// <summary>Until nothing is due and nothing is on its way; nudges are heeded meanwhile. Once it is cancelled it claims nothing more, and what is under way has a while to come home.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var end = new CancellationTokenSource();
        using var cut = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        using var stopping = ct.Register(() => cut.CancelAfter(options.Value.FinishWithin));
        var run = new Run(time, cut.Token);
        var renewing = RenewAsync(run, end.Token);
        var completing = CompleteAsync(run);
        try
        {
            while (!ct.IsCancellationRequested && await ClaimAsync(run, ct)) { }
        }
        finally
        {
            // What has come home is written down, even when the node is stopping.
            await run.LandedAsync();
            run.Outcomes.Writer.Complete();
            await completing;
            await end.CancelAsync();
            await renewing;
        }
    }

    public TimeSpan LookEvery => TimeSpan.FromSeconds(2);

    public Task<TimeSpan?> OldestDueAsync(CancellationToken ct) => claims.OldestDueAsync(ct);

    /// <summary>One round: claim, prepare, set off; then wait for a reason to look again.</summary>
    /// <returns>False when there is nothing left to do or to wait for.</returns>
    async Task<bool> ClaimAsync(Run run, CancellationToken ct)
    {
        var called = nudge.Next;
        try
        {
            var began = time.GetTimestamp();
            var taken = await TakeAsync(run);
            if (ct.IsCancellationRequested)
            {
                // Asked for before the node was to stop: another one has it at once.
                await claims.GiveBackAsync([.. taken.Claims.Select(c => c.Claim)], run.Cut);
                return false;
            }

            if (taken.Claims.Count > 0)
            {
                foreach (var claimed in taken.Claims) run.Hold(claimed.Claim, began);
                await SetOffAsync(run, taken);
                // The more there is, the more it pays to let some come together before the next claim.
                if (taken.Claims.Count < PlentyClaimed) await Task.Delay(options.Value.Pace * Math.Clamp((taken.Claims.Count - FewClaimed) / (double)(ManyClaimed - FewClaimed), 0, 1), time, ct);
                if (run.Crowded.Count > 0) return true;
            }

            return await IsWorthAnotherLookAsync(run, called, ct);
        }
        catch (Exception e) when (ErrorInterceptor.IsStorageOutage(e) && !ct.IsCancellationRequested)
        {
            LogStorageAway(e.GetType().Name);
            // Where it was about to look is forgotten.
            run.EverywhereTime = 0;
            await Task.Delay(StorageComesBack, time, ct);
            return true;
        }
    }

    /// <summary>Prepares what was taken, and sends it.</summary>
    async Task SetOffAsync(Run run, Taken taken)
    {
        var leaving = new HashSet<Claim>();
        try
        {
            var (ready, notComposed) = await dispatcher.PrepareAsync(taken.Claims, Transport.Push, taken.Time, run.Cut);
            foreach (var completion in notComposed)
            {
                leaving.Add(completion.Claim);
                run.Report(completion);
            }

            for (var i = 0; i < ready.Count; i++)
            {
                if (i == 1) Points.Reach(Points.MidBatch);
                leaving.Add(ready[i].Claim);
                _ = SendAsync(run, ready[i]);
            }
        }
        finally
        {
            // What may not leave has ended; what could not be prepared is claimed again when its lease is over.
            run.Settle(taken.Claims.Select(c => c.Claim).Where(c => !leaving.Contains(c)));
        }
    }

    int Room(Run run)
    {
        var (quick, hanging) = run.CountInFlight(options.Value.Lease / 3);
        return options.Value.MaxInFlight - quick - Math.Max(0, hanging - options.Value.MaxHanging);
    }

    /// <summary>Looks where somebody said that something is due, and where there was more than room; everywhere at first, and from time to time.</summary>
    async Task<Taken> TakeAsync(Run run)
    {
        var room = Math.Min(options.Value.BatchSize, Room(run));
        if (room <= 0)
        {
            run.IsFull = true;
            return Taken.Nothing;
        }

        var places = nudge.TakePlaces();
        var everywhere = places is null || run.EverywhereTime == 0 || time.GetElapsedTime(run.EverywhereTime) >= LookAnyway;
        var lanes = everywhere ? [] : places!.Concat(run.Crowded).Distinct().ToList();
        if (everywhere) run.EverywhereTime = time.GetTimestamp();
        var taken = everywhere ? await claims.TakeAsync(room, run.UnderWay, run.Cut) : lanes.Count > 0 ? await claims.TakeAsync(lanes, room, run.UnderWay, run.Cut) : Taken.Nothing;
        (run.Crowded, run.IsFull) = (taken.Crowded, false);
        return taken;
    }

    /// <summary>Waits for a nudge; for room, where lanes were full; for the time to pass, while something is on its way.</summary>
    async Task<bool> IsWorthAnotherLookAsync(Run run, Task called, CancellationToken ct)
    {
        var more = run.IsFull || run.Crowded.Count > 0;
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(ct);
        var patience = Task.Delay(more ? LookAtFullLanes : LookAnyway, time, wait.Token);
        while (true)
        {
            var changed = run.Changed;
            if (!more && run.IsIdle && !called.IsCompleted) return false;
            var first = await Task.WhenAny(called, changed, patience);
            ct.ThrowIfCancellationRequested();
            if (first == changed && !more) continue;
            await wait.CancelAsync();
            return true;
        }
    }

    async Task SendAsync(Run run, Ready ready)
    {
        SendOutcome outcome;
        try
        {
            outcome = await transport.SendAsync(ready.Claim.PartnerId, ready.Envelope, run.Cut);
        }
        catch (OperationCanceledException)
        {
            // The node is stopping, it took too long, and nobody knows whether the partner has it: its lease ends, and it is sent again.
            run.Settle([ready.Claim]);
            return;
        }
        catch (Exception e)
        {
            LogSendBroke(e, ready.Envelope.Exchange, ready.Claim.Generation);
            outcome = new SendOutcome.NotYet("NOT_SENT");
        }

        Points.Reach(Points.Sent);
        LogTried(ready.Envelope.Exchange, ready.Claim.Generation, outcome.GetType().Name);
        run.Report(new Completion(ready.Claim, outcome));
    }

    /// <summary>Saves outcomes, as many together as have come in.</summary>
    async Task CompleteAsync(Run run)
    {
        while (await run.Outcomes.Reader.WaitToReadAsync())
        {
            await Task.Delay(OutcomesGather, time);
            var batch = new List<Completion>();
            while (batch.Count < options.Value.BatchSize && run.Outcomes.Reader.TryRead(out var completion)) batch.Add(completion);
            if (await SaveAsync(batch)) nudge.Now();
            run.Settle(batch.Select(c => c.Claim));
            changes.Pulse();
        }
    }

    /// <summary>What the partners said is known, and worth some patience with a storage that is away: unsaved, it would be sent again.</summary>
    /// <returns>True when something has come due by it.</returns>
    async Task<bool> SaveAsync(List<Completion> batch)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await dispatcher.CompleteAsync(batch, CancellationToken.None);
            }
            catch (Exception e) when (ErrorInterceptor.IsStorageOutage(e) && time.GetElapsedTime(began) < OutcomesAreKeptFor)
            {
                LogStorageAway(e.GetType().Name);
                await Task.Delay(StorageComesBack, time);
            }
            catch (Exception e) when (batch.Count > 1 && !ErrorInterceptor.IsStorageOutage(e))
            {
                // One exchange's trouble is not the others'.
                var due = false;
                foreach (var completion in batch) due |= await SaveAsync([completion]);
                return due;
            }
            catch (Exception e)
            {
                // Its lease ends, and it is sent again: the partner knows it by its id.
                foreach (var (claim, _) in batch) LogNotSaved(e, Names.Of(Names.Exchanges, claim.ExchangeId), claim.Generation);
                return false;
            }
        }
    }

    /// <summary>Keeps the leases of long calls, and of outcomes that cannot be saved yet.</summary>
    async Task RenewAsync(Run run, CancellationToken end)
    {
        try
        {
            using var timer = new PeriodicTimer(options.Value.Lease / 5, time);
            while (await timer.WaitForNextTickAsync(end))
            {
                // Nearly every call is over long before.
                try { await RenewAsync(run, options.Value.Lease / 3, end); }
                catch (Exception e) when (e is not OperationCanceledException) { LogNotRenewed(e.GetType().Name); }
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    /// <summary>Renews the leases that began at least so long ago, by this node's clock and counted from before the database was asked.</summary>
    async Task RenewAsync(Run run, TimeSpan age, CancellationToken ct)
    {
        var began = time.GetTimestamp();
        if (run.LeasedBefore(age) is not { Count: > 0 } old) return;
        await claims.RenewAsync(old, ct);
        run.Renew(old, began);
    }

    /// <summary>What one run has claimed and not settled: on its way, or come back and not saved yet.</summary>
    sealed class Run(TimeProvider time, CancellationToken cut)
    {
        readonly ConcurrentDictionary<Claim, Held> held = new();
        TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Partners whose lanes had more than room.</summary>
        public IReadOnlyCollection<string> Crowded { get; set; } = [];

        /// <summary>As much is on its way as may be.</summary>
        public bool IsFull { get; set; }

        /// <summary>When it last looked everywhere; 0: that is what it must do next.</summary>
        public long EverywhereTime { get; set; }

        public Channel<Completion> Outcomes { get; } = Channel.CreateUnbounded<Completion>(new UnboundedChannelOptions { SingleReader = true });

        /// <summary>What is under way ends here, even if nobody knows how it would have come out.</summary>
        public CancellationToken Cut => cut;

        public bool IsIdle => held.IsEmpty;

        public Guid[] UnderWay => [.. held.Select(h => h.Key.ExchangeId)];

        /// <summary>Completes when something was settled: lanes have room, lines have moved up.</summary>
        public Task Changed => Volatile.Read(ref changed).Task;

        /// <param name="leased">When its lease began at the earliest.</param>
        public void Hold(Claim claim, long leased) => held[claim] = new Held(leased);

        /// <summary>How many are on their way, for less than a span, and for longer.</summary>
        public (int Quick, int Hanging) CountInFlight(TimeSpan span)
        {
            var (quick, hanging) = (0, 0);
            foreach (var (_, one) in held)
            {
                if (one.HasLanded) continue;
                if (time.GetElapsedTime(one.Since) < span) quick++;
                else hanging++;
            }

            return (quick, hanging);
        }

        public List<Claim> LeasedBefore(TimeSpan age) => [.. held.Where(h => time.GetElapsedTime(h.Value.Leased) >= age).Select(h => h.Key)];

        public void Renew(IEnumerable<Claim> claims, long leased)
        {
            foreach (var claim in claims)
                if (held.TryGetValue(claim, out var one)) one.Leased = leased;
        }

        public void Report(Completion completion)
        {
            held[completion.Claim].HasLanded = true;
            Outcomes.Writer.TryWrite(completion);
        }

        public void Settle(IEnumerable<Claim> claims)
        {
            foreach (var claim in claims) held.TryRemove(claim, out _);
            Interlocked.Exchange(ref changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        }

        public async Task LandedAsync()
        {
            while (true)
            {
                var change = Changed;
                if (IsIdle) return;
                await change;
            }
        }

        /// <remarks>Times are timestamps of the clock that measures.</remarks>
        sealed class Held(long since)
        {
            public long Since { get; } = since;

            /// <summary>When its lease began at the earliest.</summary>
            public long Leased { get; set; } = since;

            public bool HasLanded { get; set; }
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "{Exchange} attempt {Attempt}: {Outcome}")]
    partial void LogTried(string exchange, int attempt, string outcome);

    [LoggerMessage(2, LogLevel.Error, "{Exchange} attempt {Attempt} broke on its way; it will be tried again")]
    partial void LogSendBroke(Exception exception, string exchange, int attempt);

    [LoggerMessage(3, LogLevel.Error, "The outcome of {Exchange} attempt {Attempt} could not be saved; its lease will end")]
    partial void LogNotSaved(Exception exception, string exchange, int attempt);

    [LoggerMessage(4, LogLevel.Warning, "Leases could not be renewed ({Kind})")]
    partial void LogNotRenewed(string kind);

    [LoggerMessage(5, LogLevel.Warning, "The storage is away ({Kind}); trying again")]
    partial void LogStorageAway(string kind);
}
