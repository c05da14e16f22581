using System.Collections.Concurrent;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Npgsql;

namespace Passerelle.Hub.Platform.Chains;

/// <summary>A chained table, as the model has it: its columns, and how each is read from an entry and from the database. No entry can forget one of them.</summary>
sealed class ChainTable
{
    static readonly ConcurrentDictionary<IEntityType, ChainTable> Known = new();

    static readonly Type[] Kinds = [typeof(Guid), typeof(string), typeof(DateTimeOffset), typeof(DateOnly), typeof(long), typeof(int), typeof(short), typeof(bool), typeof(byte[]), typeof(string[])];

    readonly Column[] columns;
    readonly int timeOrdinal;

    ChainTable(IEntityType type)
    {
        columns = [.. type.GetProperties().Where(p => p.Name is not (nameof(IChained.Sequence) or nameof(IChained.Hash))).Select(p => new Column(p)).OrderBy(c => c.Name, StringComparer.Ordinal)];
        timeOrdinal = 2 + Array.FindIndex(columns, c => c.Property.Name == nameof(IChained.Time));
        // Two entries of one sequence cannot be while the key is; its owner may have taken that away.
        Select = $"select sequence, hash, {string.Join(", ", columns.Select(c => $"\"{c.Name}\""))} from {type.GetSchemaQualifiedTableName()} order by sequence, ctid";
    }

    public string Select { get; }

    public static ChainTable Of(IModel model, Type entry) => Known.GetOrAdd(model.FindEntityType(entry)!, type => new ChainTable(type));

    public ReadOnlySpan<byte> Content(object entry, ChainContent content)
    {
        content.Clear();
        foreach (var column in columns) content.Add(column.Utf8, column.ValueOf(entry));
        return content.Bytes;
    }

    public ChainLink Read(NpgsqlDataReader reader, ChainContent content)
    {
        content.Clear();
        try
        {
            for (var i = 0; i < columns.Length; i++) content.Add(columns[i].Utf8, reader.IsDBNull(2 + i) ? null : columns[i].Read(reader, 2 + i));
            return new ChainLink(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1), content.ToArray(), reader.GetFieldValue<DateTimeOffset>(timeOrdinal));
        }
        // A value that the hub never writes, such as a time beyond all calendars.
        catch (Exception e) when (e is InvalidCastException or OverflowException or ArgumentException or InvalidOperationException)
        {
            return new ChainLink(reader.IsDBNull(0) ? 0 : reader.GetInt64(0), reader.IsDBNull(1) ? [] : reader.GetFieldValue<byte[]>(1), null, default);
        }
    }

    sealed class Column
    {
        readonly IClrPropertyGetter getter;
        readonly Func<object?, object?>? convert;

        public Column(IProperty property)
        {
            var converter = property.GetTypeMapping().Converter;
            var kind = converter?.ProviderClrType ?? property.ClrType;
            kind = Nullable.GetUnderlyingType(kind) ?? kind;
            // The hash is of what was given and what is read back: the database must not write it in another way, nor fill it in.
            if (!Kinds.Contains(kind) || property.GetColumnType() is "jsonb" or "json" || property.ValueGenerated != ValueGenerated.Never)
                throw new InvalidOperationException($"{property.DeclaringType.DisplayName()}.{property.Name} cannot be part of a chained entry.");
            (Property, Name, getter, convert) = (property, property.GetColumnName(), property.GetGetter(), converter?.ConvertToProvider);
            Utf8 = Encoding.UTF8.GetBytes(Name);
            Read = ReaderOf(kind);
        }

        public IProperty Property { get; }

        public string Name { get; }

        public byte[] Utf8 { get; }

        public Func<NpgsqlDataReader, int, object> Read { get; }

        public object? ValueOf(object entry) => getter.GetClrValueUsingContainingEntity(entry) is { } value ? convert is null ? value : convert(value) : null;

        static Func<NpgsqlDataReader, int, object> ReaderOf(Type kind) =>
            typeof(Column).GetMethod(nameof(Value), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!
                .MakeGenericMethod(kind).CreateDelegate<Func<NpgsqlDataReader, int, object>>();

        static object Value<T>(NpgsqlDataReader reader, int ordinal) where T : notnull => reader.GetFieldValue<T>(ordinal);
    }
}
