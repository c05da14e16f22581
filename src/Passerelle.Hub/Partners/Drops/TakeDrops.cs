using Microsoft.Extensions.Options;
using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Partners.Drops;

/// <summary>Takes what partners have put into their folders, when it has come whole: hands it to the door of their kind, then puts it away with the report.</summary>
/// <remarks>
/// The folder is the truth: a file in depot/ is due. It leaves depot/ last, and a door that gets it again does nothing again. One node at a time works in a folder, under a lock of its
/// session, which ends with the node.
/// </remarks>
public sealed partial class TakeDrops : IDueWork
{
    readonly NpgsqlDataSource source;
    readonly LoneConnections lone;
    readonly Dictionary<PartnerKind, IDropDoor> doors;
    readonly DropOptions options;
    readonly TimeProvider time;
    readonly ILogger<TakeDrops> logger;
    readonly string? root;
    readonly DropWatch watch;
    readonly long began;

    public TakeDrops(NpgsqlDataSource source, LoneConnections lone, IEnumerable<IDropDoor> doors, IOptions<DropOptions> options, TimeProvider time, ILogger<TakeDrops> logger)
    {
        (this.source, this.lone, this.options, this.time, this.logger) = (source, lone, options.Value, time, logger);
        this.doors = doors.ToDictionary(d => d.Kind);
        root = this.options.Root.Length == 0 ? null : DropFolder.RealPath(this.options.Root);
        (watch, began) = (new DropWatch(this.options), time.GetTimestamp());
    }

    public TimeSpan LookEvery => root is null ? TimeSpan.FromHours(1) : options.LookEvery;

    public string? SweepCron => root is null ? "0 3 * * *" : null;

    public async Task<TimeSpan?> OldestDueAsync(CancellationToken ct)
    {
        var waited = (await FoldersAsync(ct)).SelectMany(f => Complete(f.Folder)).Select(c => c.Waited).ToList();
        return waited.Count == 0 ? null : waited.Max();
    }

    public async Task RunAsync(CancellationToken ct)
    {
        foreach (var (folder, door) in await FoldersAsync(ct))
        {
            try
            {
                await TakeAsync(folder, door, ct);
            }
            // What is wrong with one folder is no reason to leave the others; the next round tries again.
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogNotTaken(folder.PartnerId, e.GetType().Name);
            }
        }
    }

    async Task TakeAsync(DropFolder folder, IDropDoor door, CancellationToken ct)
    {
        folder.Clear((time.GetUtcNow() - TimeSpan.FromDays(Math.Max(1, options.KeepDays))).UtcDateTime);
        if (Complete(folder) is not { Count: > 0 } complete) return;
        await using var turn = await lone.OpenAsync(ct);
        if (!await AskAsync(turn, "pg_try_advisory_lock", folder.PartnerId)) return;
        await TakeAsync(folder, door, complete, ct);
        // It would end with the session, a little later.
        await AskAsync(turn, "pg_advisory_unlock", folder.PartnerId);
    }

    async Task TakeAsync(DropFolder folder, IDropDoor door, IReadOnlyList<(DropSight Sight, TimeSpan Waited, bool IsLastChance)> complete, CancellationToken ct)
    {
        foreach (var (sight, _, isLastChance) in complete.Take(options.MostAtOnce))
        {
            ct.ThrowIfCancellationRequested();
            await using var content = folder.Open(sight);
            if (content is null) continue;
            DropOutcome? outcome = null;
            try
            {
                outcome = await door.TakeAsync(new DroppedFile(folder.PartnerId, DropFolder.Shown(sight.Name), content, new DateTimeOffset(sight.WriteTime)), ct);
            }
            // A file that breaks its door is in nobody's way, and is not tried all the time.
            catch (Exception e) when (!ct.IsCancellationRequested && !ErrorInterceptor.IsStorageOutage(e))
            {
                LogDoorFailed(folder.PartnerId, e.GetType().Name);
            }

            switch (outcome)
            {
                case DropOutcome.Taken taken:
                    PutAway("done", taken.Report);
                    break;
                case DropOutcome.Refused refused:
                    PutAway("refused", refused.Report);
                    break;
                case DropOutcome.Cut cut when isLastChance:
                    PutAway("refused", cut.Report);
                    break;
                case DropOutcome.Cut or null:
                    watch.Postpone(folder.PartnerId, sight, time.GetElapsedTime(began));
                    break;
                case DropOutcome.Later:
                    return;
            }

            void PutAway(string where, string report)
            {
                folder.PutAway(sight, where, report, options.KeepDays > 0);
                LogTaken(folder.PartnerId, where);
            }
        }
    }

    IReadOnlyList<(DropSight Sight, TimeSpan Waited, bool IsLastChance)> Complete(DropFolder folder) => watch.Look(folder.PartnerId, folder.Look(), time.GetElapsedTime(began));

    /// <summary>Those of partners whose files somebody takes.</summary>
    async Task<IReadOnlyList<(DropFolder Folder, IDropDoor Door)>> FoldersAsync(CancellationToken ct)
    {
        if (root is null || DropFolder.NamesIn(root).ToArray() is not { Length: > 0 } names) return [];
        await using var command = source.CreateCommand("select id, kind from partners where id = any($1) order by id");
        command.Parameters.Add(new() { Value = names });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        var folders = new List<(DropFolder, IDropDoor)>();
        while (await reader.ReadAsync(ct))
            if (doors.TryGetValue(EnumText<PartnerKind>.Parse(reader.GetString(1)), out var door)) folders.Add((new DropFolder(root, reader.GetString(0)), door));
        return folders;
    }

    static async Task<bool> AskAsync(NpgsqlConnection turn, string function, string partnerId)
    {
        await using var command = new NpgsqlCommand($"select {function}(hashtextextended('drops of ' || $1, 0))", turn);
        command.Parameters.Add(new() { Value = partnerId });
        return (bool)(await command.ExecuteScalarAsync(CancellationToken.None))!;
    }

    [LoggerMessage(1, LogLevel.Information, "A file of {Partner} was taken from its folder: {Where}")]
    partial void LogTaken(string partner, string where);

    [LoggerMessage(2, LogLevel.Warning, "The folder of {Partner} could not be worked through ({Kind}); it will be tried again")]
    partial void LogNotTaken(string partner, string kind);

    [LoggerMessage(3, LogLevel.Error, "A file of {Partner} could not be taken ({Kind}); it stays where it is, and is tried again later")]
    partial void LogDoorFailed(string partner, string kind);
}
