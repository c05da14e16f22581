using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Platform;

/// <summary>What a creating call is known by.</summary>
/// <param name="Digest">SHA-256 of what makes two requests equal; a stream digests its header and its bytes. It is kept under a key of the hub's (HubSecret): a request holds names,
/// which could be tried out.</param>
public sealed record CallMark(string CallerId, Guid RequestId, string Method, byte[] Digest)
{
    public static CallMark Of(ServerCallContext context, Guid requestId, IMessage request) => Of(context, requestId, SHA256.HashData(request.ToByteArray()));

    public static CallMark Of(ServerCallContext context, Guid requestId, byte[] digest) => new(context.Caller().Id, requestId, context.Method, digest);
}

/// <summary>Runs a creating call once: an equal repeat gets the stored response, an unequal one is refused. The work, the mark and the response are one transaction.</summary>
/// <remarks>
/// The mark is written last, with the response: whoever changes a row has waited for it before its transaction has a number, so that events about one row keep their order.
/// Two equal calls at once: the second waits for the first, or fails on its mark, and then finds its response.
/// Responses hold no personal field (a contract test sees to it).
/// </remarks>
public sealed class RequestLedger(HubDb db, HubSecret secret)
{
    /// <summary>A repeat that comes later is a call of its own. Nobody repeats a call for so long, and a response names what was erased since.</summary>
    static readonly TimeSpan KeptFor = TimeSpan.FromDays(90);

    const int ForgottenAtOnce = 10_000;

    /// <param name="work">Takes the database's time and changes the context; it is saved and committed here.</param>
    public Task<TResponse> OnceAsync<TResponse>(ServerCallContext context, Guid requestId, IMessage request, Func<DateTimeOffset, Task<TResponse>> work)
        where TResponse : class, IMessage<TResponse>, new() => OnceAsync(CallMark.Of(context, requestId, request), work, context.CancellationToken);

    /// <param name="digest">SHA-256 of what makes two requests equal.</param>
    public Task<TResponse> OnceAsync<TResponse>(ServerCallContext context, Guid requestId, byte[] digest, Func<DateTimeOffset, Task<TResponse>> work)
        where TResponse : class, IMessage<TResponse>, new() => OnceAsync(CallMark.Of(context, requestId, digest), work, context.CancellationToken);

    /// <summary>Several calls of one kind in one transaction; each is made, repeated or refused by itself. What the work adds is saved in bulk.</summary>
    /// <returns>One for each call, in their order.</returns>
    /// <exception cref="PostgresException">Among others, when one of them was made elsewhere at the same moment, see IsMadeElsewhere: make them again, one by one.</exception>
    public async Task<IReadOnlyList<Reply<TResponse>>> OnceAsync<TDraft, TResponse>(
        IReadOnlyList<(CallMark Mark, TDraft Draft)> calls, ICreation<TDraft, TResponse> creation, CancellationToken ct) where TResponse : class, IMessage<TResponse>, new()
    {
        IReadOnlyList<TDraft> drafts = [.. calls.Select(c => c.Draft)];
        var marks = await ToKeepAsync([.. calls.Select(c => c.Mark)], ct);
        var (made, now) = await FindAsync<TResponse>(marks, ct, creation.Question(drafts), async answer => drafts = await creation.ReadAsync(drafts, answer, ct));
        // Of equal ones that come together the first is made, the others are its repeats.
        var fresh = Enumerable.Range(0, calls.Count).Where(i => made[i] is null).DistinctBy(i => (calls[i].Mark.CallerId, calls[i].Mark.RequestId)).ToList();
        if (fresh.Count == 0) return made!;
        var replies = await creation.CreateAsync([.. fresh.Select(i => drafts[i])], now, ct);
        foreach (var (i, reply) in fresh.Zip(replies))
        {
            made[i] = reply;
            if (reply is Reply<TResponse>.Given given)
            {
                var mark = marks[i];
                db.Add(new RequestIdRow(mark.CallerId, mark.RequestId, mark.Method, mark.Digest, given.Response.ToByteArray(), now));
            }
        }

        await db.SaveInBulkAsync(ct);
        if (db.Database.CurrentTransaction is { } transaction) await transaction.CommitAsync(ct);
        if (!made.Contains(null)) return made!;
        var left = Enumerable.Range(0, calls.Count).Where(i => made[i] is null).ToList();
        foreach (var (i, reply) in left.Zip(await OnceAsync([.. left.Select(i => calls[i])], creation, ct))) made[i] = reply;
        return made!;
    }

    /// <summary>Forgets calls that are too long ago, in short statements.</summary>
    /// <returns>How many.</returns>
    public async Task<int> ForgetAsync(CancellationToken ct)
    {
        var before = await db.NowAsync(ct) - KeptFor;
        for (var forgotten = 0; ;)
        {
            var some = await db.Database.ExecuteSqlAsync(
                $"delete from request_ids where (caller_id, request_id) in (select caller_id, request_id from request_ids where create_time < {before} order by create_time limit {ForgottenAtOnce})", ct);
            forgotten += some;
            if (some < ForgottenAtOnce) return forgotten;
        }
    }

    public static bool IsMadeElsewhere(Exception exception) => exception is PostgresException { ConstraintName: RequestIdRow.PrimaryKey };

    /// <summary>Also for what no call asked for, and that must be done once all the same.</summary>
    public async Task<TResponse> OnceAsync<TResponse>(CallMark mark, Func<DateTimeOffset, Task<TResponse>> work, CancellationToken ct) where TResponse : class, IMessage<TResponse>, new()
    {
        mark = (await ToKeepAsync([mark], ct))[0];
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        // Equal calls come one after the other. The lock gives the transaction no number yet.
        await db.Database.ExecuteSqlAsync($"select pg_advisory_xact_lock(hashtextextended({mark.CallerId} || {mark.RequestId}::text, 0))", ct);
        var (made, now) = await FindAsync<TResponse>([mark], ct);
        if (made[0] is { } before) return before.OrThrow();
        var response = await work(now);
        await db.SaveChangesAsync(ct);
        if (!await MarkAsync(mark, response, now, ct))
        {
            // Made together with others meanwhile, as another method.
            await transaction.RollbackAsync(ct);
            return (await FindAsync<TResponse>([mark], ct)).Made[0]?.OrThrow() ?? throw new InvalidOperationException("A mark that was in the way is not there.");
        }

        await transaction.CommitAsync(ct);
        return response;
    }

    /// <summary>With digests as they are kept.</summary>
    async ValueTask<CallMark[]> ToKeepAsync(CallMark[] marks, CancellationToken ct)
    {
        var key = await secret.DeriveAsync("digest of requests", ct);
        return Array.ConvertAll(marks, m => m with { Digest = HMACSHA256.HashData(key, m.Digest) });
    }

    /// <returns>False when the id was used meanwhile.</returns>
    async Task<bool> MarkAsync(CallMark mark, IMessage response, DateTimeOffset now, CancellationToken ct) => await db.Database.ExecuteSqlAsync(
        $"""
        insert into request_ids (caller_id, request_id, method, digest, response, create_time)
        values ({mark.CallerId}, {mark.RequestId}, {mark.Method}, {mark.Digest}, {response.ToByteArray()}, {now})
        on conflict do nothing
        """, ct) == 1;

    /// <summary>Straight to the driver: every creating call begins with it.</summary>
    /// <param name="question">Asked along with it.</param>
    /// <param name="read">Reads the question's answer.</param>
    /// <returns>For each mark what was answered before, null where nothing was; and the database's time.</returns>
    async Task<(Reply<TResponse>?[] Made, DateTimeOffset Now)> FindAsync<TResponse>(
        CallMark[] marks, CancellationToken ct, NpgsqlBatchCommand? question = null, Func<NpgsqlDataReader, Task>? read = null) where TResponse : class, IMessage<TResponse>, new()
    {
        await db.Database.OpenConnectionAsync(ct);
        try
        {
            await using var batch = new NpgsqlBatch((NpgsqlConnection)db.Database.GetDbConnection());
            var find = new NpgsqlBatchCommand(
                """
                select (select hub_now()), r.method, r.digest, r.response
                from unnest($1, $2) with ordinality call (caller_id, request_id, number)
                left join request_ids r on r.caller_id = call.caller_id and r.request_id = call.request_id
                order by call.number
                """);
            find.Parameters.Add(new() { Value = Array.ConvertAll(marks, m => m.CallerId) });
            find.Parameters.Add(new() { Value = Array.ConvertAll(marks, m => m.RequestId) });
            batch.BatchCommands.Add(find);
            if (question is not null) batch.BatchCommands.Add(question);
            var (made, now) = (new Reply<TResponse>?[marks.Length], default(DateTimeOffset));
            await using var reader = await batch.ExecuteReaderAsync(CancellationToken.None);
            for (var i = 0; await reader.ReadAsync(ct); i++)
            {
                now = reader.GetFieldValue<DateTimeOffset>(0);
                if (await reader.IsDBNullAsync(1, ct)) continue;
                made[i] = reader.GetString(1) == marks[i].Method && reader.GetFieldValue<byte[]>(2).AsSpan().SequenceEqual(marks[i].Digest)
                    ? new Reply<TResponse>.Given(new MessageParser<TResponse>(() => new TResponse()).ParseFrom(reader.GetFieldValue<byte[]>(3)))
                    : new Reply<TResponse>.Refused(new RequestIdReused(marks[i].RequestId.ToString()));
            }

            if (read is not null && await reader.NextResultAsync(ct)) await read(reader);
            return (made, now);
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }
    }
}
