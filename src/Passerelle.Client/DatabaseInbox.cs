using System.Data.Common;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Passerelle.Contracts.Exchanges.V1;

namespace Passerelle.Client;

/// <summary>
/// Makes exchanges that come twice have one effect, whether they are pushed to a server or pulled: a mark (the exchange's name) and the effect
/// are committed in one transaction of the partner's own database, and what is marked already has no effect any more.
/// <code>
/// var inbox = new DatabaseInbox(dataSource);
/// await inbox.CreateTableAsync();
/// await client.ReadInbox().RunAsync((envelope, token) => inbox.ReceiveOnceAsync(envelope, (transaction, t) => StoreAsync(envelope, transaction, t), token));
/// </code>
/// </summary>
/// <remarks>
/// Works with every ADO.NET provider whose parameters begin with <c>@</c> (PostgreSQL, SQL Server, MySQL, MariaDB, SQLite). What the effect does
/// outside of the transaction (a file, a mail) is not covered: do it afterwards, from what the transaction has written down.
/// </remarks>
public sealed class DatabaseInbox
{
    /// <summary>The table of the marks: <c>exchange varchar(100) primary key</c>, <c>receive_time bigint</c> (seconds since 1970, UTC). It holds no personal data.</summary>
    public const string Table = "passerelle_inbox";

    /// <summary>
    /// The youngest marks that may be purged: 14 days. The hub tries an exchange for 7 days from its first failure, and heeds delays of up to 24 hours.
    /// Operators may send older ones again by hand, which is why <see cref="PurgeAsync"/> keeps marks for longer unless told otherwise.
    /// </summary>
    public static readonly TimeSpan RetryHorizon = TimeSpan.FromDays(14);

    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(365);

    private readonly DbDataSource _source;
    private readonly TimeProvider _time;

    /// <summary>An inbox in a database.</summary>
    /// <param name="source">The partner's database. It is not disposed.</param>
    /// <param name="timeProvider">Where the time of the marks comes from; <see langword="null"/>: <see cref="TimeProvider.System"/>.</param>
    public DatabaseInbox(DbDataSource source, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        _source = source;
        _time = timeProvider ?? TimeProvider.System;
    }

    /// <summary>Creates the table of the marks, unless it is there. Several may do so at once.</summary>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="DbException">The database refuses.</exception>
    public async Task CreateTableAsync(CancellationToken cancellationToken = default)
    {
        // "if not exists" is not everywhere.
        if (await HasTableAsync(cancellationToken))
            return;
        try
        {
            await ExecuteAsync($"create table {Table} (exchange varchar(100) not null primary key, receive_time bigint not null)", cancellationToken);
        }
        catch (DbException)
        {
            if (!await HasTableAsync(cancellationToken))
                throw;
        }
    }

    /// <summary>Runs an effect, once for each exchange, however often and wherever it is received: a repeat does nothing. One that arrives meanwhile waits for the first.</summary>
    /// <param name="envelope">What was received.</param>
    /// <param name="effect">Writes what the exchange means, within the transaction (its <see cref="DbTransaction.Connection"/>). It must not commit. When it throws, nothing is marked: the exchange may come again.</param>
    /// <param name="cancellationToken">Cancels it; nothing is marked then.</param>
    /// <returns><see langword="true"/> when this call had the effect; <see langword="false"/> for a repeat. Acknowledge in both cases.</returns>
    /// <exception cref="DbException">The database refuses, or is out of reach: do not acknowledge. Whether the last moment, the commit, succeeded the repeat will tell.</exception>
    public async Task<bool> ReceiveOnceAsync(Envelope envelope, Func<DbTransaction, CancellationToken, Task> effect, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        ArgumentNullException.ThrowIfNull(effect);
        ArgumentException.ThrowIfNullOrEmpty(envelope.Exchange);
        if (await IsMarkedAsync(envelope.Exchange, cancellationToken))
            return false;
        if (await TryReceiveAsync(envelope.Exchange, effect, cancellationToken) is not { } refused)
            return true;
        // Databases call a key that is taken by different numbers. The mark itself tells.
        if (!await IsMarkedAsync(envelope.Exchange, cancellationToken))
            ExceptionDispatchInfo.Throw(refused);
        return false;
    }

    /// <summary>Forgets old marks. Once a day is often enough.</summary>
    /// <param name="olderThan">What was received longer ago is forgotten, and would have its effect again if it came again; at least <see cref="RetryHorizon"/> (14 days). <see langword="null"/>: a year.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <returns>How many marks were forgotten.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The hub may still repeat what is so young.</exception>
    /// <exception cref="DbException">The database refuses.</exception>
    public Task<int> PurgeAsync(TimeSpan? olderThan = null, CancellationToken cancellationToken = default)
    {
        var age = olderThan ?? KeptFor;
        ArgumentOutOfRangeException.ThrowIfLessThan(age, RetryHorizon, nameof(olderThan));
        var before = (_time.GetUtcNow() - age).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return ExecuteAsync($"delete from {Table} where receive_time < {before}", cancellationToken);
    }

    /// <returns>Why the mark could not be set; <see langword="null"/> when it is, and the effect with it.</returns>
    private async Task<DbException?> TryReceiveAsync(string exchange, Func<DbTransaction, CancellationToken, Task> effect, CancellationToken cancellationToken)
    {
        await using var connection = await _source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // First the mark: its key makes another one of the same exchange wait until this transaction has ended.
        if (await TryMarkAsync(transaction, exchange, cancellationToken) is { } refused)
            return refused;
        await effect(transaction, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }

    private async Task<DbException?> TryMarkAsync(DbTransaction transaction, string exchange, CancellationToken cancellationToken)
    {
        await using var command = transaction.Connection!.CreateCommand();
        command.Transaction = transaction;
        command.CommandText = $"insert into {Table} (exchange, receive_time) values (@exchange, {_time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)})";
        Name(command, exchange);
        try
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
            return null;
        }
        catch (DbException e)
        {
            return e;
        }
    }

    private async Task<bool> IsMarkedAsync(string exchange, CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand($"select exchange from {Table} where exchange = @exchange");
        Name(command, exchange);
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private async Task<bool> HasTableAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync($"select exchange, receive_time from {Table} where 1 = 0", cancellationToken);
            return true;
        }
        catch (DbException)
        {
            return false;
        }
    }

    private async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = _source.CreateCommand(sql);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void Name(DbCommand command, string exchange)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = "@exchange";
        parameter.Value = exchange;
        command.Parameters.Add(parameter);
    }
}
