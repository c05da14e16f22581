using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Platform;

/// <summary>What a creating call is known by.</summary>
/// <param name="Digest">SHA-256 of what makes two requests equal; a stream digests its header and its bytes.</param>
public sealed record CallMark(string CallerId, Guid RequestId, string Method, byte[] Digest)
{
    public static CallMark Of(ServerCallContext context, Guid requestId, IMessage request) => Of(context, requestId, SHA256.HashData(request.ToByteArray()));

    public static CallMark Of(ServerCallContext context, Guid requestId, byte[] digest) => new(context.Caller().Id, requestId, context.Method, digest);

    public (string, Guid) Key => (CallerId, RequestId);
}

/// <summary>Runs a creating call once: an equal repeat gets the stored response, an unequal one is refused. The work, the mark and the response are one transaction.</summary>
/// <remarks>Two equal calls at once: the second waits on the first's row, then reads its response. Responses hold no personal field (a contract test sees to it).</remarks>
public sealed class RequestLedger(HubDb db)
{
    /// <param name="work">Takes the database's time and changes the context; it is saved and committed here.</param>
    public Task<TResponse> OnceAsync<TResponse>(ServerCallContext context, Guid requestId, IMessage request, Func<DateTimeOffset, Task<TResponse>> work)
        where TResponse : class, IMessage<TResponse>, new() => OnceAsync(CallMark.Of(context, requestId, request), work, context.CancellationToken);

    /// <param name="digest">SHA-256 of what makes two requests equal.</param>
    public Task<TResponse> OnceAsync<TResponse>(ServerCallContext context, Guid requestId, byte[] digest, Func<DateTimeOffset, Task<TResponse>> work)
        where TResponse : class, IMessage<TResponse>, new() => OnceAsync(CallMark.Of(context, requestId, digest), work, context.CancellationToken);

    /// <summary>Several calls of one kind in one transaction; each is made, repeated or refused by itself. What the work adds is saved in bulk.</summary>
    /// <returns>One for each call, in their order.</returns>
    public async Task<IReadOnlyList<Reply<TResponse>>> OnceAsync<TDraft, TResponse>(
        IReadOnlyList<(CallMark Mark, TDraft Draft)> calls, ICreation<TDraft, TResponse> creation, CancellationToken ct) where TResponse : class, IMessage<TResponse>, new()
    {
        var replies = new Reply<TResponse>?[calls.Count];
        await using (var transaction = await db.Database.BeginTransactionAsync(ct))
        {
            // Of equal ones that came together the first is made, the others are its repeats.
            var firsts = Enumerable.Range(0, calls.Count).DistinctBy(i => calls[i].Mark.Key).ToList();
            var (claimed, now) = await ClaimAsync([.. firsts.Select(i => calls[i].Mark)], ct);
            var fresh = firsts.Where(i => claimed.Contains(calls[i].Mark.Key)).ToList();
            var made = fresh.Count == 0 ? [] : await creation.CreateAsync([.. fresh.Select(i => calls[i].Draft)], now, ct);
            var refused = new List<CallMark>();
            foreach (var (i, reply) in fresh.Zip(made))
            {
                replies[i] = reply;
                if (reply is Reply<TResponse>.Given given) Keep(calls[i].Mark, given.Response);
                else refused.Add(calls[i].Mark);
            }

            await ForgetAsync(refused, ct);
            await db.SaveInBulkAsync(ct);
            await transaction.CommitAsync(ct);
        }

        for (var i = 0; i < calls.Count; i++) replies[i] ??= await RepeatAsync<TResponse>(calls[i].Mark, ct);
        // What another call was refused for a moment ago, its repeat may find otherwise.
        for (var i = 0; i < calls.Count; i++) replies[i] ??= (await OnceAsync([calls[i]], creation, ct))[0];
        return replies!;
    }

    async Task<TResponse> OnceAsync<TResponse>(CallMark mark, Func<DateTimeOffset, Task<TResponse>> work, CancellationToken ct) where TResponse : class, IMessage<TResponse>, new()
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var (claimed, now) = await ClaimAsync([mark], ct);
        if (claimed.Count == 0)
        {
            var repeat = await RepeatAsync<TResponse>(mark, ct) ?? throw new InvalidOperationException("A mark that was found is not there.");
            return repeat.OrThrow();
        }

        var response = await work(now);
        Keep(mark, response);
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return response;
    }

    /// <summary>Straight to the driver: every creating call begins with it. In one order, whoever marks several: nobody waits in a circle.</summary>
    /// <returns>Those that were not made before, and the database's time.</returns>
    async Task<(HashSet<(string, Guid)> Claimed, DateTimeOffset Now)> ClaimAsync(CallMark[] marks, CancellationToken ct)
    {
        await using var command = (NpgsqlCommand)db.Database.GetDbConnection().CreateCommand();
        command.CommandText =
            """
            insert into request_ids (caller_id, request_id, method, digest, create_time)
            select call.*, (select hub_now()) from unnest($1, $2, $3, $4) call (caller_id, request_id, method, digest) order by caller_id, request_id
            on conflict do nothing
            returning caller_id, request_id, create_time
            """;
        command.Parameters.Add(new() { Value = Array.ConvertAll(marks, m => m.CallerId) });
        command.Parameters.Add(new() { Value = Array.ConvertAll(marks, m => m.RequestId) });
        command.Parameters.Add(new() { Value = Array.ConvertAll(marks, m => m.Method) });
        command.Parameters.Add(new() { Value = Array.ConvertAll(marks, m => m.Digest) });
        var (claimed, now) = (new HashSet<(string, Guid)>(marks.Length), default(DateTimeOffset));
        await using var reader = await command.ExecuteReaderAsync(ct);
        while (await reader.ReadAsync(ct))
        {
            claimed.Add((reader.GetString(0), reader.GetGuid(1)));
            now = reader.GetFieldValue<DateTimeOffset>(2);
        }

        return (claimed, now);
    }

    void Keep(CallMark mark, IMessage response)
    {
        var row = RequestIdRow.Claimed(mark.CallerId, mark.RequestId);
        db.Attach(row);
        row.Keep(response.ToByteArray());
    }

    /// <summary>A call that was refused may come again.</summary>
    async Task ForgetAsync(List<CallMark> marks, CancellationToken ct)
    {
        if (marks.Count == 0) return;
        var (callers, ids) = (marks.ConvertAll(m => m.CallerId), marks.ConvertAll(m => m.RequestId));
        await db.Database.ExecuteSqlAsync(
            $"delete from request_ids r using unnest({callers}, {ids}) refused (caller_id, request_id) where r.caller_id = refused.caller_id and r.request_id = refused.request_id", ct);
    }

    /// <returns>Null when nothing is known of it any more.</returns>
    async Task<Reply<TResponse>?> RepeatAsync<TResponse>(CallMark mark, CancellationToken ct) where TResponse : class, IMessage<TResponse>, new()
    {
        var first = await db.Database.SqlQuery<LedgerRow>(
            $"select method, digest, response from request_ids where caller_id = {mark.CallerId} and request_id = {mark.RequestId}").SingleOrDefaultAsync(ct);
        if (first is null) return null;
        if (first.Method != mark.Method || !first.Digest.AsSpan().SequenceEqual(mark.Digest)) return new Reply<TResponse>.Refused(new RequestIdReused(mark.RequestId.ToString()));
        return new Reply<TResponse>.Given(new MessageParser<TResponse>(() => new TResponse()).ParseFrom(first.Response));
    }

    sealed record LedgerRow(string Method, byte[] Digest, byte[] Response);
}
