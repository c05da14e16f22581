using System.Buffers.Binary;
using System.Buffers.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Npgsql;
using NpgsqlTypes;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Platform;

/// <summary>One fact, as the timelines show it. Ids and codes only, never personal data.</summary>
public sealed class HubEvent
{
    /// <summary>Of these types each event tells of a clock, that of its subject: started, stopped, or changed in between.</summary>
    public const string OfClocks =
        """
        (type like 'clock.%' or type in ('request.filed', 'request.answered', 'request.merged', 'exchange.delivered', 'exchange.answered', 'exchange.withdrawn', 'exchange.expired'))
        """;

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
            // Everything that happens to exchanges; the same of one partner.
            builder.HasIndex("transaction_id", "Sequence").HasFilter("subject like 'exchanges/%'");
            builder.HasIndex("PartnerId", "transaction_id", "Sequence").HasFilter("subject like 'exchanges/%'");
            // Everything that happens to clocks. Named, since it has the columns of another one.
            builder.HasIndex(["transaction_id", "Sequence"], "ix_events_of_clocks").HasDatabaseName("ix_events_of_clocks").HasFilter(OfClocks);
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
        if (text.Length != 22 || !Base64Url.IsValid(text) || !Base64Url.TryDecodeFromChars(text, bytes, out var written) || written != 16) throw new CursorInvalid();
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

/// <summary>Which events a reader wants. What is set must all hold; each has an index in which a read from a cursor is a short walk.</summary>
/// <param name="Exchanges">Only what happened to exchanges.</param>
/// <param name="Clocks">Only what happened to clocks.</param>
public readonly record struct FeedFilter(bool Exchanges = false, string? PartnerId = null, Guid? CaseId = null, bool Clocks = false);

/// <summary>An event as it is read back.</summary>
public sealed record FeedEvent(string Type, DateTimeOffset Time, string Subject, Guid CaseId, string? PartnerId, string Detail);

/// <param name="End">Where a reader is who has read them all: past everything that was visible, also past what the filter left out.</param>
/// <param name="ReadTime">When it was read, by the database's clock.</param>
public sealed record FeedPage(IReadOnlyList<(FeedCursor Cursor, FeedEvent Event)> Events, FeedCursor End, DateTimeOffset ReadTime);

/// <summary>Reads events in an order that never gains an earlier member: by (transaction, sequence), below the oldest transaction that still runs.
/// Ordered by the identity alone, a slow transaction that commits later would be skipped by a reader who has already passed its numbers.</summary>
/// <remarks>The price: one long transaction anywhere in the database server (an import, a dump) keeps readers waiting at the point where it began. They are late then, never wrong.</remarks>
public sealed class EventFeed(Sight sight)
{
    /// <exception cref="CursorInvalid">The cursor is ahead of this database: it is of another one, or from before a restore.</exception>
    public async Task<FeedPage> ReadAsync(FeedFilter filter, FeedCursor after, int limit, CancellationToken ct)
    {
        await using var connection = await sight.OpenAsync(ct);
        await using var command = connection.CreateCommand();
        command.Parameters.Add(new() { Value = after.Transaction, NpgsqlDbType = NpgsqlDbType.Xid8 });
        command.Parameters.Add(new() { Value = after.Sequence });
        command.Parameters.Add(new() { Value = (long)limit });
        var conditions = "";
        if (filter.Exchanges) conditions += " and subject like 'exchanges/%'";
        if (filter.Clocks) conditions += $" and {HubEvent.OfClocks}";
        if (filter.PartnerId is { } partnerId) conditions += $" and partner_id = ${Add(partnerId)}";
        if (filter.CaseId is { } caseId) conditions += $" and case_id = ${Add(caseId)}";
        // The horizon and the events are of one snapshot: whatever is not visible here has a transaction at or above the horizon.
        command.CommandText =
            $"""
            select h.horizon, h.now, e.transaction_id, e.sequence, e.type, e.time, e.subject, e.case_id, e.partner_id, e.detail
            from (select pg_snapshot_xmin(pg_current_snapshot()) as horizon, hub_now() as now) h
            left join lateral (
                select * from events
                where (transaction_id, sequence) > ($1, $2) and transaction_id < h.horizon{conditions}
                order by transaction_id, sequence limit $3
            ) e on true
            order by e.transaction_id, e.sequence
            """;
        var events = new List<(FeedCursor, FeedEvent)>();
        var (horizon, now) = (0UL, default(DateTimeOffset));
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        while (await reader.ReadAsync(ct))
        {
            (horizon, now) = (reader.GetFieldValue<ulong>(0), reader.GetFieldValue<DateTimeOffset>(1));
            if (reader.IsDBNull(2)) break;
            events.Add((
                new FeedCursor(reader.GetFieldValue<ulong>(2), reader.GetInt64(3)),
                new FeedEvent(
                    reader.GetString(4), reader.GetFieldValue<DateTimeOffset>(5), reader.GetString(6), reader.GetGuid(7), reader.IsDBNull(8) ? null : reader.GetString(8), reader.GetString(9))));
        }

        if (after.Transaction > horizon) throw new CursorInvalid();
        return new FeedPage(events, events.Count == limit ? events[^1].Item1 : new FeedCursor(horizon, 0), now);

        int Add(object value)
        {
            command.Parameters.Add(new() { Value = value });
            return command.Parameters.Count;
        }
    }

    /// <summary>Where the feed of a case ends now, as a reader may see it.</summary>
    public async Task<FeedCursor> EndOfCaseAsync(Guid caseId, CancellationToken ct)
    {
        await using var connection = await sight.OpenAsync(ct);
        await using var command = new NpgsqlCommand(
            """
            select transaction_id, sequence from events
            where case_id = $1 and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
            order by transaction_id desc, sequence desc limit 1
            """, connection);
        command.Parameters.Add(new() { Value = caseId });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        return await reader.ReadAsync(ct) ? new FeedCursor(reader.GetFieldValue<ulong>(0), reader.GetInt64(1)) : default;
    }
}
