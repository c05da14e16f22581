using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Passerelle.Hub.Persistence;

/// <summary>Saves what a context has gathered in one statement, whatever the number and the kinds of its rows, where SaveChanges has one for each: for work that goes through many rows.</summary>
/// <remarks>
/// It does what SaveChanges would, save that numbers which the database gives (identities) are not read back: inserted rows are let go of. References are checked when the statement
/// is done, so the order of its parts does not matter. Columns that are arrays themselves cannot be saved this way.
/// </remarks>
public static class BulkSave
{
    static readonly ConcurrentDictionary<string, string> Statements = new();

    /// <summary>Part of the open transaction; new rows alone may also be saved without one: a statement is a transaction by itself.</summary>
    public static async Task SaveInBulkAsync(this HubDb db, CancellationToken ct)
    {
        var entries = db.ChangeTracker.Entries().Where(e => e.State is EntityState.Added or EntityState.Modified).ToList();
        if (entries.Count == 0) return;
        // A row that is not there any more is noticed only when the statement is done.
        if (db.Database.CurrentTransaction is null && entries.Exists(e => e.State == EntityState.Modified)) throw new InvalidOperationException("Changing rows in bulk needs an open transaction.");
        var parts = entries.GroupBy(e => (e.Metadata, e.State))
            .Select(g => (Type: g.Key.Metadata, g.Key.State, Rows: g.ToList())).Select(g => (g.Type, g.State, g.Rows, Columns: Columns(g.Type, g.State, g.Rows))).ToList();
        var shape = string.Join(';', parts.Select(p => $"{p.Type.Name}/{p.State}/{string.Join(',', p.Columns.Select(c => c.Name))}"));
        await db.Database.OpenConnectionAsync(ct);
        try
        {
            await using var command = new NpgsqlCommand(
                Statements.GetOrAdd(shape, _ => Sql([.. parts.Select(p => (p.Type, p.State, p.Columns))])), (NpgsqlConnection)db.Database.GetDbConnection(), (NpgsqlTransaction?)db.Database.CurrentTransaction?.GetDbTransaction());
            foreach (var part in parts)
                foreach (var column in part.Columns) command.Parameters.Add(new NpgsqlParameter { Value = Values(column, part.Rows), DataTypeName = StoreType(column) + "[]" });
            var saved = (long)(await command.ExecuteScalarAsync(ct))!;
            if (saved != entries.Count) throw new DbUpdateConcurrencyException($"{entries.Count} rows were to be saved, {saved} were.");
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }

        foreach (var entry in entries.Where(e => e.State == EntityState.Added)) entry.State = EntityState.Detached;
        db.ChangeTracker.AcceptAllChanges();
    }

    static List<IProperty> Columns(IEntityType type, EntityState state, List<EntityEntry> rows) => state == EntityState.Added
        // What the database fills in by itself is left to it.
        ? [.. type.GetProperties().Where(p => p.ValueGenerated == ValueGenerated.Never)]
        : [.. type.FindPrimaryKey()!.Properties, .. type.GetProperties().Where(p => !p.IsPrimaryKey() && rows.Exists(r => r.Property(p).IsModified))];

    static Array Values(IProperty property, List<EntityEntry> rows)
    {
        var converter = property.GetTypeMapping().Converter;
        var type = converter?.ProviderClrType ?? property.ClrType;
        if (property.IsNullable && type.IsValueType && Nullable.GetUnderlyingType(type) is null) type = typeof(Nullable<>).MakeGenericType(type);
        var values = Array.CreateInstance(type, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            var value = rows[i].Property(property).CurrentValue;
            values.SetValue(converter is null || value is null ? value : converter.ConvertToProvider(value), i);
        }

        return values;
    }

    static string StoreType(IProperty property) => property.GetTypeMapping() is RelationalTypeMapping mapping ? mapping.StoreType : property.GetColumnType();

    static string Sql(IReadOnlyList<(IEntityType Type, EntityState State, List<IProperty> Columns)> parts)
    {
        var next = 1;
        var saves = parts.Select((part, i) =>
        {
            var names = part.Columns.Select(c => c.GetColumnName()).ToList();
            var rows = $"unnest({string.Join(", ", names.Select(_ => $"${next++}"))}) row ({string.Join(", ", names)})";
            var keys = part.Type.FindPrimaryKey()!.Properties.Count;
            return $"s{i} as ({(part.State == EntityState.Added
                ? $"insert into {part.Type.GetTableName()} ({string.Join(", ", names)}) select * from {rows}"
                : $"update {part.Type.GetTableName()} t set {string.Join(", ", names.Skip(keys).Select(n => $"{n} = row.{n}"))} from {rows} where {string.Join(" and ", names.Take(keys).Select(n => $"t.{n} = row.{n}"))}")} returning 1)";
        }).ToList();
        return $"with {string.Join(",\n", saves)}\nselect {string.Join(" + ", saves.Select((_, i) => $"(select count(*) from s{i})"))}";
    }
}
