using Npgsql;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Exchanges;

/// <param name="Ready">What is given now, under a lease.</param>
/// <param name="More">Worth asking again at once, even if nothing was given.</param>
public sealed record Given(IReadOnlyList<Ready> Ready, bool More);

/// <summary>What partners that pull are given, under which lease: the same claims and the same preparation as for push; only the sending is theirs.</summary>
public sealed partial class PullInbox(ExchangeClaims claims, NpgsqlDataSource source, Dispatcher dispatcher, ILogger<PullInbox> logger)
{
    /// <exception cref="StateConflict">The partner is served by push (by now).</exception>
    public async Task<Given> GiveAsync(string partnerId, int limit, CancellationToken ct)
    {
        var taken = await claims.TakeForAsync(partnerId, limit, ct);
        if (!taken.IsServed) throw new StateConflict(Names.OfPartner(partnerId), "push", "Exchanges for this partner are pushed to its server.");
        if (taken.Claims.Count == 0) return new Given([], taken.Crowded.Count > 0);
        // Even if the caller has gone away meanwhile: it is a matter of milliseconds, and what cannot be given is given back by whoever gives.
        var prepared = await dispatcher.PrepareAsync(taken.Claims, Transport.Pull, taken.Time, CancellationToken.None);
        if (prepared.NotComposed.Count > 0) await dispatcher.CompleteAsync(prepared.NotComposed, CancellationToken.None);
        return new Given(prepared.Ready, More: true);
    }

    /// <summary>It was not given after all.</summary>
    public async Task ReleaseAsync(IReadOnlyCollection<Claim> given)
    {
        try
        {
            await claims.GiveBackAsync(given, CancellationToken.None);
        }
        catch (Exception e) when (ErrorInterceptor.IsStorageOutage(e))
        {
            // Its lease ends by itself.
            LogNotReleased(e.GetType().Name);
        }
    }

    /// <summary>Due at once: what was given after the cursor, is under a lease and was never heard of: it did not arrive. Who has it nevertheless may still acknowledge it.</summary>
    /// <returns>How many.</returns>
    public async Task<int> ReleaseAfterAsync(string partnerId, InboxCursor cursor, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            update exchanges set due_time = (select hub_now()) where id in (
                select e.id from exchanges e join attempts a on a.exchange_id = e.id and a.number = e.generation
                where e.partner_id = $1 and e.state = 'sending' and e.due_time > hub_now() and a.transport = 'pull' and a.outcome = 'unknown' and a.start_time > $2
                order by e.id for update of e)
            """);
        command.Parameters.Add(new() { Value = partnerId });
        command.Parameters.Add(new() { Value = cursor.Time });
        return await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <returns>When the lease ends now; null when this claim is not the one that counts any more.</returns>
    public async Task<DateTimeOffset?> ExtendAsync(Claim claim, TimeSpan lease, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            update exchanges e set due_time = hub_now() + $4 from attempts a
            where e.id = $1 and e.partner_id = $2 and e.generation = $3 and e.state = 'sending'
              and a.exchange_id = e.id and a.number = e.generation and a.transport = 'pull'
            returning e.due_time
            """);
        command.Parameters.Add(new() { Value = claim.ExchangeId });
        command.Parameters.Add(new() { Value = claim.PartnerId });
        command.Parameters.Add(new() { Value = claim.Generation });
        command.Parameters.Add(new() { Value = lease });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        return await reader.ReadAsync(ct) ? reader.GetFieldValue<DateTimeOffset>(0) : null;
    }

    /// <summary>The partner could not take it. A claim that is no longer the newest changes its attempt only.</summary>
    public Task RejectAsync(Claim claim, SendOutcome outcome, CancellationToken ct) => dispatcher.CompleteAsync([new Completion(claim, outcome)], ct);

    [LoggerMessage(1, LogLevel.Warning, "Leases could not be given back ({Kind}); they will end")]
    partial void LogNotReleased(string kind);
}
