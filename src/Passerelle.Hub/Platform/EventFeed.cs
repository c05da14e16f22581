using System.Buffers.Binary;
using System.Buffers.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;
using NpgsqlTypes;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Platform;

/// <summary>One fact, as the timelines show it. Ids and codes only, never personal data.</summary>
public sealed class HubEvent
{
    HubEvent() { }

    /// <param name="type">`noun.verb`, as listed at TimelineEvent in the contract.</param>
    public static HubEvent Of(string type, DateTimeOffset time, string subject, Guid caseId, string? partnerId = null, string detail = "") =>
        new() { Type = type, Time = time, Subject = subject, CaseId = caseId, PartnerId = partnerId, Detail = detail };

    public long Sequence { get; private set; }

    public string Type { get; private set; } = "";

    public DateTimeOffset Time { get; private set; }

    public string Subject { get; private set; } = "";

    public Guid CaseId { get; private set; }

    public string? PartnerId { get; private set; }

    public string Detail { get; private set; } = "";

    public sealed class Mapping : IEntityTypeConfiguration<HubEvent>
    {
        public void Configure(EntityTypeBuilder<HubEvent> builder)
        {
            builder.ToTable("events");
            builder.HasKey(e => e.Sequence);
            builder.Property(e => e.Sequence).UseIdentityAlwaysColumn();
            // Which transaction wrote it: see EventFeed for why the order needs it.
            builder.Property<ulong>("transaction_id").HasColumnType("xid8").HasDefaultValueSql("pg_current_xact_id()");
            builder.HasIndex("CaseId", "transaction_id", "Sequence");
            builder.HasIndex("transaction_id", "Sequence");
        }
    }
}

/// <summary>Where a reader of a feed is. Opaque to callers.</summary>
public readonly record struct FeedCursor(ulong Transaction, long Sequence)
{
    public static FeedCursor Parse(string text)
    {
        if (text.Length == 0) return default;
        Span<byte> bytes = stackalloc byte[16];
        if (text.Length != 22 || !Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != 16) throw new CursorInvalid();
        return new FeedCursor(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadInt64BigEndian(bytes[8..]));
    }

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Transaction);
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], Sequence);
        return Base64Url.EncodeToString(bytes);
    }
}

/// <summary>Reads events in an order that never gains an earlier member: by (transaction, sequence), below the oldest transaction that still runs.
/// Ordered by the identity alone, a slow transaction that commits later would be skipped by a reader who has already passed its numbers.</summary>
public sealed class EventFeed(NpgsqlDataSource source)
{
    public async Task<List<(FeedCursor Cursor, CaseEvent Event)>> ReadCaseAsync(Guid caseId, FeedCursor after, int limit, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            select transaction_id, sequence, type, time, subject, partner_id, detail from events
            where case_id = $1 and (transaction_id, sequence) > ($2, $3) and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
            order by transaction_id, sequence limit $4
            """);
        command.Parameters.Add(new() { Value = caseId });
        command.Parameters.Add(new() { Value = after.Transaction, NpgsqlDbType = NpgsqlDbType.Xid8 });
        command.Parameters.Add(new() { Value = after.Sequence });
        command.Parameters.Add(new() { Value = limit });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var events = new List<(FeedCursor, CaseEvent)>();
        while (await reader.ReadAsync(ct))
            events.Add((
                new FeedCursor(reader.GetFieldValue<ulong>(0), reader.GetInt64(1)),
                new CaseEvent(reader.GetString(2), reader.GetFieldValue<DateTimeOffset>(3), reader.GetString(4), reader.IsDBNull(5) ? null : reader.GetString(5), reader.GetString(6))));
        return events;
    }

    /// <summary>Where the feed of a case ends now, as a reader may see it.</summary>
    public async Task<FeedCursor> EndOfCaseAsync(Guid caseId, CancellationToken ct)
    {
        await using var command = source.CreateCommand(
            """
            select transaction_id, sequence from events
            where case_id = $1 and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
            order by transaction_id desc, sequence desc limit 1
            """);
        command.Parameters.Add(new() { Value = caseId });
        await using var reader = await command.ExecuteReaderAsync(ct);
        return await reader.ReadAsync(ct) ? new FeedCursor(reader.GetFieldValue<ulong>(0), reader.GetInt64(1)) : default;
    }
}

/// <summary>An event as it is read back.</summary>
public sealed record CaseEvent(string Type, DateTimeOffset Time, string Subject, string? PartnerId, string Detail);
