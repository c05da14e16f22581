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
    static readonly ConcurrentDictionary<IEntityType, Table> Tables = new();

    /// <summary>Part of the open transaction; new rows alone may also be saved without one: a statement is a transaction by itself.</summary>
    public static async Task SaveInBulkAsync(this HubDb db, CancellationToken ct)
    {
        var entries = db.ChangeTracker.Entries().Where(e => e.State is EntityState.Added or EntityState.Modified).ToList();
        if (entries.Count == 0) return;
        // A row that is not there any more is noticed only when the statement is done.
        if (db.Database.CurrentTransaction is null && entries.Exists(e => e.State == EntityState.Modified)) throw new InvalidOperationException("Changing rows in bulk needs an open transaction.");
        var parts = entries.GroupBy(e => (e.Metadata, e.State)).Select(g => new Part(Tables.GetOrAdd(g.Key.Metadata, type => new Table(type)), g.Key.State, [.. g])).ToList();
        await db.Database.OpenConnectionAsync(ct);
        try
        {
            await using var command = new NpgsqlCommand(
                Statements.GetOrAdd(string.Join(';', parts.Select(p => p.Shape)), _ => Sql(parts)),
                (NpgsqlConnection)db.Database.GetDbConnection(), (NpgsqlTransaction?)db.Database.CurrentTransaction?.GetDbTransaction());
            foreach (var part in parts)
                foreach (var column in part.Columns) command.Parameters.Add(new NpgsqlParameter { Value = column.Values(part.Rows), DataTypeName = column.ArrayType });
            var saved = (long)(await command.ExecuteScalarAsync(CancellationToken.None))!;
            if (saved != entries.Count) throw new DbUpdateConcurrencyException($"{entries.Count} rows were to be saved, {saved} were.");
        }
        finally
        {
            await db.Database.CloseConnectionAsync();
        }

        foreach (var entry in entries.Where(e => e.State == EntityState.Added)) entry.State = EntityState.Detached;
        db.ChangeTracker.AcceptAllChanges();
    }

    static string Sql(List<Part> parts)
    {
        var next = 1;
        var saves = parts.Select((part, i) =>
        {
            var names = part.Columns.Select(c => c.Name).ToList();
            var rows = $"unnest({string.Join(", ", names.Select(_ => $"${next++}"))}) row ({string.Join(", ", names)})";
            var keys = part.Table.Keys.Count;
            return $"s{i} as ({(part.State == EntityState.Added
                ? $"insert into {part.Table.Name} ({string.Join(", ", names)}) select * from {rows}"
                : $"update {part.Table.Name} t set {string.Join(", ", names.Skip(keys).Select(n => $"{n} = row.{n}"))} from {rows} where {string.Join(" and ", names.Take(keys).Select(n => $"t.{n} = row.{n}"))}")} returning 1)";
        }).ToList();
        return $"with {string.Join(",\n", saves)}\nselect {string.Join(" + ", saves.Select((_, i) => $"(select count(*) from s{i})"))}";
    }

    /// <summary>Rows of one table that are all new, or all changed.</summary>
    sealed class Part
    {
        public Part(Table table, EntityState state, List<EntityEntry> rows)
        {
            (Table, State, Rows) = (table, state, rows);
            Columns = state == EntityState.Added ? table.Inserted : [.. table.Keys, .. table.Others.Where(c => rows.Exists(r => r.Property(c.Property).IsModified))];
            Shape = state == EntityState.Added ? table.Name : $"{table.Name}({string.Join(',', Columns.Select(c => c.Name))})";
        }

        public Table Table { get; }

        public EntityState State { get; }

        public List<EntityEntry> Rows { get; }

        public IReadOnlyList<Column> Columns { get; }

        /// <summary>What makes two statements the same.</summary>
        public string Shape { get; }
    }

    sealed class Table(IEntityType type)
    {
        public string Name { get; } = type.GetSchemaQualifiedTableName()!;

        public IReadOnlyList<Column> Keys { get; } = [.. type.FindPrimaryKey()!.Properties.Select(Column.Of)];

        public IReadOnlyList<Column> Others { get; } = [.. type.GetProperties().Where(p => !p.IsPrimaryKey()).Select(Column.Of)];

        /// <summary>What the database fills in by itself is left to it.</summary>
        public IReadOnlyList<Column> Inserted { get; } = [.. type.GetProperties().Where(p => p.ValueGenerated == ValueGenerated.Never).Select(Column.Of)];
    }

    abstract class Column(IProperty property)
    {
        public IProperty Property => property;

        public string Name { get; } = property.GetColumnName();

        public string ArrayType { get; } = (property.GetTypeMapping() is RelationalTypeMapping mapping ? mapping.StoreType : property.GetColumnType()) + "[]";

        public static Column Of(IProperty property)
        {
            var type = property.GetTypeMapping().Converter?.ProviderClrType ?? property.ClrType;
            if (property.IsNullable && type.IsValueType && Nullable.GetUnderlyingType(type) is null) type = typeof(Nullable<>).MakeGenericType(type);
            return (Column)Activator.CreateInstance(typeof(Column<>).MakeGenericType(type), property)!;
        }

        public abstract Array Values(List<EntityEntry> rows);
    }

    /// <typeparam name="T">What the driver is given.</typeparam>
    sealed class Column<T>(IProperty property) : Column(property)
    {
        readonly Func<object?, object?>? convert = property.GetTypeMapping().Converter?.ConvertToProvider;
        readonly IClrPropertyGetter? getter = property.IsShadowProperty() ? null : property.GetGetter();

        public override Array Values(List<EntityEntry> rows)
        {
            var values = new T?[rows.Count];
            for (var i = 0; i < values.Length; i++)
            {
                var value = getter is null ? rows[i].Property(Property).CurrentValue : getter.GetClrValueUsingContainingEntity(rows[i].Entity);
                values[i] = (T?)(convert is null || value is null ? value : convert(value));
            }

            return values;
        }
    }
}
