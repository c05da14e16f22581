using Microsoft.EntityFrameworkCore;
using NodaTime;
using Npgsql;
using NpgsqlTypes;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Clocks.Policies;

/// <summary>Some of the clocks of a change: read and decided without a lock, written by one statement.</summary>
/// <remarks>
/// A window and the promise that it serves are written together or not at all, since the one limits the other: a promise brings its open windows along, and a window its promise, unchanged.
/// The statement locks what is still as it was read (state, generation, next fire time: whatever happens to a clock moves one of them, or takes the number of its next event), skips what somebody
/// else holds, and counts both with the cursor, in one transaction. Whose lease is over, or whose change was cancelled, writes nothing. What has come due by it is left to the sweep.
/// </remarks>
public sealed class PolicyChangeBatch
{
    /// <summary>Longer than any batch takes; each renews it.</summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(10);

    readonly PolicyChange change;
    readonly List<Row> rows = [];
    readonly List<(Guid Lead, ClockEvent Event)> events = [];
    readonly List<(Guid Lead, HubEvent Event)> told = [];
    int asideCount;

    PolicyChangeBatch(PolicyChange change) => this.change = change;

    public bool IsEmpty => Last is null;

    /// <summary>The cursor after it; null when there was nothing left.</summary>
    public Guid? Last { get; private set; }

    public int MovedCount => rows.Count(r => r.Move is { IsMoved: true });

    public static async Task<PolicyChangeBatch> ReadAsync(HubDb db, ClockPolicies policies, PolicyChange change, Guid? after, int size, CancellationToken ct)
    {
        var batch = new PolicyChangeBatch(change);
        var now = await db.NowAsync(ct);
        var selected = await Open(db, change.Selection, change.IsFromStart, change.CreateTime)
            .Where(c => after == null || c.Id.CompareTo(after.Value) > 0).OrderBy(c => c.Id).Take(size).AsNoTracking().ToListAsync(ct);
        if (selected.Count == 0) return batch;
        batch.Last = selected[^1].Id;
        var kin = await KinAsync(db, selected, ct);
        var files = (await ClockFiles.ReadAsync(db, policies, [.. selected, .. kin], ct)).ToDictionary(f => f.Clock.Id);
        var target = (await policies.ReadAsync(db, [change.Target], ct)).Of(change.Target);
        batch.Decide(files, [.. selected.Select(c => c.Id)], target, Instant.FromDateTimeOffset(now));
        return batch;
    }

    /// <summary>Clocks that a change is for, in the state in which they are stored.</summary>
    /// <param name="overdue">Also those whose deadline has passed: as a correction, another policy may heal them.</param>
    /// <param name="startedBefore">Those that start meanwhile have the policy that is on offer.</param>
    public static IQueryable<Clock> Open(HubDb db, PolicySelection selection, bool overdue, DateTimeOffset startedBefore)
    {
        // Of those that cannot be read nothing can be decided; the sweep has told of them.
        var open = db.Clocks.Where(c => c.PolicyId == selection.Policy.Id && c.PolicyVersion == selection.Policy.Version && c.StartTime <= startedBefore && c.UnreadableTime == null);
        open = overdue
            ? open.Where(c => c.State == Standing.Running || c.State == Standing.Paused || c.State == Standing.Overdue)
            : open.Where(c => c.State == Standing.Running || c.State == Standing.Paused);
        if (selection.ClockId is { } id) open = open.Where(c => c.Id == id);
        if (selection.PartnerId is { } partner) open = open.Where(c => c.PartnerId == partner);
        if (selection.CaseId is { } household) open = open.Where(c => c.CaseId == household);
        return open;
    }

    /// <summary>What must be written together with these: the open windows of promises, the promises of windows.</summary>
    static async Task<List<Clock>> KinAsync(HubDb db, List<Clock> selected, CancellationToken ct)
    {
        var ids = selected.Select(c => c.Id).ToHashSet();
        var promises = selected.Where(c => c.Family == ClockFamily.Promise).Select(c => c.Id).ToArray();
        var served = selected.Where(c => c.PromiseId is { } promise && !ids.Contains(promise)).Select(c => c.PromiseId!.Value).Distinct().ToArray();
        if (promises.Length == 0 && served.Length == 0) return [];
        return (await db.Clocks.FromSql(
            $"""
            select * from clocks where id = any({served})
            union all
            select * from clocks where promise_id = any({promises}) and state in ('running', 'paused')
            """).AsNoTracking().ToListAsync(ct)).FindAll(c => !ids.Contains(c.Id));
    }

    void Decide(Dictionary<Guid, ClockFile> files, HashSet<Guid> selected, ClockPolicy target, Instant now)
    {
        // Promises first: their windows follow where they have moved to.
        foreach (var file in files.Values.OrderBy(f => f.Clock.Family))
        {
            var clock = file.Clock;
            var row = new Row(clock, clock.PromiseId is { } promise && files.ContainsKey(promise) ? promise : clock.Id);
            if (selected.Contains(clock.Id))
            {
                var at = file.RecordTime(now);
                row.Move = PolicyMove.Of(file.History, target, change.IsFromStart, change.By, change.Why, () => Guid.CreateVersion7(at.ToDateTimeOffset()), at);
                if (row.Move is { } move) Take(row, file, move.Fact, move.After, change.IsFromStart ? "clock.corrected" : "clock.policy_changed", now);
                else asideCount++;
            }

            if (clock.PromiseId is { } served && files.TryGetValue(served, out var limits)
                && file.Follow(limits.History.Timeline, Guid.CreateVersion7(now.ToDateTimeOffset()), limits.RecordTime(now)) is { } limited) Take(row, file, limited, null, "clock.limited", now);
            rows.Add(row);
        }

        // Where nothing happens, nothing need be held.
        var leads = events.Select(e => e.Lead).ToHashSet();
        rows.RemoveAll(r => !leads.Contains(r.Lead));
    }

    void Take(Row row, ClockFile file, ClockFact fact, ClockHistory? after, string type, Instant now)
    {
        events.Add((row.Lead, file.Record(fact, change.By, change.Why, after)));
        file.Show(now);
        told.Add((row.Lead, file.Tell(type, fact)));
    }

    /// <param name="toName">How many more of the moves are named.</param>
    /// <returns>False when the change is not ours any more: nothing was written.</returns>
    public async Task<bool> WriteAsync(HubDb db, int toName, CancellationToken ct)
    {
        await db.Database.OpenConnectionAsync(ct);
        await using var command = new NpgsqlCommand(change.IsSimulated ? PolicyChangeSql.Count : PolicyChangeSql.Write, (NpgsqlConnection)db.Database.GetDbConnection());
        AddProgress(command, toName);
        if (!change.IsSimulated) AddRows(command);
        try
        {
            return await command.ExecuteScalarAsync(CancellationToken.None) is not null;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
        {
            // Somebody has written an event that moved nothing, between the statement's look and its lock: the whole batch is for the next pass.
            await using var missed = new NpgsqlCommand(PolicyChangeSql.Miss, (NpgsqlConnection)db.Database.GetDbConnection());
            missed.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = change.Id }, new() { Value = change.Generation }, new() { Value = Lease }, new() { Value = Last!.Value }, new() { Value = (long)rows.Count } });
            return await missed.ExecuteScalarAsync(CancellationToken.None) is not null;
        }
    }

    void AddProgress(NpgsqlCommand command, int toName)
    {
        Add(command, change.Id);
        Add(command, change.Generation);
        Add(command, Lease);
        Add(command, Last!.Value);
        Add(command, (long)asideCount);
        AddAll(command, rows.Select(r => r.Lead));
        AddAll(command, rows.Select(r => r.Move is not null));
        AddAll(command, rows.Select(r => r.Move is { IsMoved: true }));
        AddAll(command, rows.Select(r => r.Move is { Breaches: true }));
        AddAll(command, rows.Select(r => r.Move is { Heals: true }));
        var named = rows.Where(r => r.Move is { IsMoved: true }).Take(Math.Max(0, toName)).ToList();
        AddAll(command, named.Select(r => r.Lead));
        AddAll(command, named.Select(r => r.Clock.Id));
        AddAll(command, named.Select(r => r.Move!.Before?.ToDateTimeOffset()));
        AddAll(command, named.Select(r => r.Move!.Deadline?.ToDateTimeOffset()));
        AddAll(command, named.Select(r => EnumText<MoveEffect>.Of(r.Move!.Breaches ? MoveEffect.Breached : r.Move.Heals ? MoveEffect.Healed : MoveEffect.Moved)));
    }

    void AddRows(NpgsqlCommand command)
    {
        AddAll(command, rows.Select(r => r.Clock.Id));
        AddAll(command, rows.Select(r => EnumText<Standing>.Of(r.WasState)));
        AddAll(command, rows.Select(r => r.WasGeneration));
        AddAll(command, rows.Select(r => r.WasNextFireTime));
        AddAll(command, rows.Select(r => EnumText<Standing>.Of(r.Clock.State)));
        AddAll(command, rows.Select(r => r.Clock.DueTime));
        AddAll(command, rows.Select(r => r.Clock.NextFireTime));
        AddAll(command, rows.Select(r => r.Clock.Generation));
        AddAll(command, rows.Select(r => r.Clock.OverdueNoticeTime));
        AddAll(command, rows.Select(r => r.Clock.PolicyId));
        AddAll(command, rows.Select(r => r.Clock.PolicyVersion));

        AddAll(command, events.Select(e => e.Lead));
        AddAll(command, events.Select(e => e.Event.ClockId));
        AddAll(command, events.Select(e => e.Event.Number));
        AddAll(command, events.Select(e => e.Event.Id));
        AddAll(command, events.Select(e => EnumText<ClockFactKind>.Of(e.Event.Kind)));
        AddAll(command, events.Select(e => e.Event.EffectiveTime));
        AddAll(command, events.Select(e => e.Event.RecordTime));
        command.Parameters.Add(new() { Value = events.Select(e => e.Event.Payload).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Jsonb });
        Add(command, change.By);
        Add(command, change.Why);

        AddAll(command, told.Select(t => t.Lead));
        AddAll(command, told.Select(t => t.Event.Type));
        AddAll(command, told.Select(t => t.Event.Time));
        AddAll(command, told.Select(t => t.Event.Subject));
        AddAll(command, told.Select(t => t.Event.CaseId));
        AddAll(command, told.Select(t => t.Event.PartnerId));
        AddAll(command, told.Select(t => t.Event.Detail));
    }

    static void AddAll<T>(NpgsqlCommand command, IEnumerable<T> values) => command.Parameters.Add(new() { Value = values.ToArray() });

    static void Add(NpgsqlCommand command, object value) => command.Parameters.Add(new() { Value = value });

    /// <summary>A clock as it was read, and as it is decided.</summary>
    /// <param name="Lead">The promise of a group, or the clock by itself.</param>
    sealed record Row(Clock Clock, Guid Lead)
    {
        public Standing WasState { get; } = Clock.State;

        public int WasGeneration { get; } = Clock.Generation;

        public DateTimeOffset? WasNextFireTime { get; } = Clock.NextFireTime;

        public PolicyMove? Move { get; set; }
    }
}
