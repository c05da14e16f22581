using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace Passerelle.Hub.Persistence;

/// <summary>A statement that has begun is not cut off, whoever hangs up meanwhile; Entity Framework's are not, either. Between statements, and while rows are read, a cancellation counts.</summary>
/// <remarks>
/// They are short. And the driver (Npgsql 10.0.3) takes one that was cut off while PostgreSQL planned it for prepared, without knowing its columns: whoever has it next on that connection fails.
/// A command's timeout remains.
/// </remarks>
public sealed class WholeStatements : DbCommandInterceptor
{
    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return InterceptionResult<DbDataReader>.SuppressWithResult(await command.ExecuteReaderAsync(CancellationToken.None));
    }

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return InterceptionResult<int>.SuppressWithResult(await command.ExecuteNonQueryAsync(CancellationToken.None));
    }

    public override async ValueTask<InterceptionResult<object>> ScalarExecutingAsync(DbCommand command, CommandEventData eventData, InterceptionResult<object> result, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return InterceptionResult<object>.SuppressWithResult((await command.ExecuteScalarAsync(CancellationToken.None))!);
    }
}
