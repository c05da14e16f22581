using System.Security.Cryptography;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Platform;

/// <summary>Runs a creating call once: an equal repeat gets the stored response, an unequal one is refused. The work, the mark and the response are one transaction.</summary>
/// <remarks>Two equal calls at once: the second waits on the first's row, then reads its response. Responses hold no personal field (a contract test sees to it).</remarks>
public sealed class RequestLedger(HubDb db)
{
    /// <param name="work">Takes the database's time and changes the context; it is saved and committed here.</param>
    public Task<TResponse> OnceAsync<TResponse>(ServerCallContext context, Guid requestId, IMessage request, Func<DateTimeOffset, Task<TResponse>> work)
        where TResponse : IMessage<TResponse>, new() =>
        OnceAsync(context, requestId, SHA256.HashData(request.ToByteArray()), work);

    /// <param name="digest">SHA-256 of what makes two requests equal; a stream digests its header and its bytes.</param>
    public async Task<TResponse> OnceAsync<TResponse>(ServerCallContext context, Guid requestId, byte[] digest, Func<DateTimeOffset, Task<TResponse>> work)
        where TResponse : IMessage<TResponse>, new()
    {
        var caller = context.Caller().Id;
        var ct = context.CancellationToken;
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        if (await ClaimAsync(caller, requestId, context.Method, digest, ct) is not { } now) return await RepeatAsync<TResponse>(caller, requestId, context.Method, digest, ct);

        var response = await work(now);
        var mark = RequestIdRow.Claimed(caller, requestId);
        db.Attach(mark);
        mark.Keep(response.ToByteArray());
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return response;
    }

    /// <summary>Straight to the driver: every creating call begins with it.</summary>
    /// <returns>The database's time; null when it was made before.</returns>
    async Task<DateTimeOffset?> ClaimAsync(string caller, Guid requestId, string method, byte[] digest, CancellationToken ct)
    {
        await using var command = (NpgsqlCommand)db.Database.GetDbConnection().CreateCommand();
        command.CommandText =
            """
            insert into request_ids (caller_id, request_id, method, digest, create_time) values ($1, $2, $3, $4, hub_now())
            on conflict do nothing
            returning create_time
            """;
        command.Parameters.Add(new() { Value = caller });
        command.Parameters.Add(new() { Value = requestId });
        command.Parameters.Add(new() { Value = method });
        command.Parameters.Add(new() { Value = digest });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? reader.GetFieldValue<DateTimeOffset>(0) : null;
    }

    async Task<TResponse> RepeatAsync<TResponse>(string caller, Guid requestId, string method, byte[] digest, CancellationToken ct)
        where TResponse : IMessage<TResponse>, new()
    {
        var first = await db.Database.SqlQuery<LedgerRow>(
            $"select method, digest, response from request_ids where caller_id = {caller} and request_id = {requestId}").SingleAsync(ct);
        if (first.Method != method || !first.Digest.AsSpan().SequenceEqual(digest)) throw new RequestIdReused(requestId.ToString());
        return new MessageParser<TResponse>(() => new TResponse()).ParseFrom(first.Response);
    }

    sealed record LedgerRow(string Method, byte[] Digest, byte[] Response);
}
