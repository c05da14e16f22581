using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;

namespace Passerelle.Hub.Persistence;

/// <summary>Saves what a context has gathered with one statement for each kind of row instead of one for each row, all in one exchange with the database: for work that goes through many rows at once.</summary>
/// <remarks>It does what SaveChanges would, save that numbers which the database gives (identities) are not read back: inserted rows are let go of.</remarks>
public static class BulkSave
{
    static readonly ConcurrentDictionary<string, string> Statements = new();

    /// <summary>Within a transaction that is open.</summary>
    public static async Task SaveInBulkAsync(this HubDb db, CancellationToken ct)
    {
        var transaction = db.Database.CurrentTransaction ?? throw new InvalidOperationException("Saving in bulk needs an open transaction.");
        var entries = db.ChangeTracker.Entries().Where(e => e.State is EntityState.Added or EntityState.Modified).ToList();
        if (entries.Count == 0) return;
        await using var batch = new NpgsqlBatch((NpgsqlConnection)db.Database.GetDbConnection(), (NpgsqlTransaction)transaction.GetDbTransaction());
        // Inserted before what refers to it.
        foreach (var group in entries.GroupBy(e => (e.Metadata, e.State)).OrderBy(g => Depth(g.Key.Metadata)))
        {
            var rows = group.ToList();
            var columns = Columns(group.Key.Metadata, group.Key.State, rows);
            var command = new NpgsqlBatchCommand(Statements.GetOrAdd(Key(group.Key.Metadata, group.Key.State, columns), _ => Sql(group.Key.Metadata, group.Key.State, columns)));
            foreach (var column in columns) command.Parameters.Add(new NpgsqlParameter { Value = Values(column, rows), DataTypeName = StoreType(column) + "[]" });
            batch.BatchCommands.Add(command);
        }

        var saved = await batch.ExecuteNonQueryAsync(ct);
        if (saved != entries.Count) throw new DbUpdateConcurrencyException($"{entries.Count} rows were to be saved, {saved} were.");
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

    static string Key(IEntityType type, EntityState state, List<IProperty> columns) => $"{type.Name}/{state}/{string.Join(',', columns.Select(c => c.Name))}";

    /// <summary>How many steps of references lie under it.</summary>
    static int Depth(IEntityType type) => type.GetForeignKeys().Select(k => k.PrincipalEntityType).Where(t => t != type).Select(t => Depth(t) + 1).DefaultIfEmpty(0).Max();

    static string Sql(IEntityType type, EntityState state, List<IProperty> columns)
    {
        var names = columns.Select(c => c.GetColumnName()).ToList();
        var rows = $"unnest({string.Join(", ", columns.Select((_, i) => $"${i + 1}"))}) row ({string.Join(", ", names)})";
        var keys = type.FindPrimaryKey()!.Properties.Count;
        return state == EntityState.Added
            ? $"insert into {type.GetTableName()} ({string.Join(", ", names)}) select * from {rows}"
            : $"update {type.GetTableName()} t set {string.Join(", ", names.Skip(keys).Select(n => $"{n} = row.{n}"))} from {rows} where {string.Join(" and ", names.Take(keys).Select(n => $"t.{n} = row.{n}"))}";
    }
}
