using Npgsql;
using NpgsqlTypes;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Housing;

public sealed record MergeCounts(int New, int Changed, int Unchanged, int Withdrawn, int Withheld);

/// <summary>Puts a full feed in the place of what the hub knew of its agencies: COPY into a table of this transaction, then compare by
/// content hash. Read it top to bottom: stage, withdraw, update, insert.</summary>
/// <param name="connection">Inside the transaction that all of it is part of.</param>
/// <param name="partnerId">Whose feed it is; no statement here touches another partner's rows.</param>
sealed class ListingMerge(NpgsqlConnection connection, string partnerId, DateTimeOffset now)
{
    static readonly TimeSpan StatementTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Below this many listings on the market, losing most of them is a day's business and not a broken export.</summary>
    const int GuardedFrom = 10;

    /// <summary>What a changed listing takes over from the feed. <see cref="WriteAsync"/> writes them in this order.</summary>
    static readonly string[] Content =
    [
        "content_hash", "reference", "transaction", "property_type", "property_type_text", "postcode", "city", "country",
        "price_cents", "price_without_fees_cents", "price_hidden", "rent_includes_charges", "charges_cents", "fees_percent", "fees_cents", "fees_payer", "deposit_cents",
        "surface", "land_surface", "rooms", "bedrooms", "floor", "furnished", "year_built", "title", "description", "available_from",
        "energy_class", "energy_use", "ghg_class", "ghg_emission", "diagnosis_date", "diagnosis_version", "latitude", "longitude", "photos", "virtual_tour",
    ];

    int written;

    static readonly string Columns = "id, agency, technical_id, " + string.Join(", ", Content);

    /// <summary>Two imports of one partner never mix: whoever comes second is told so, and waits for nothing.</summary>
    public async Task<bool> TryLockAsync(CancellationToken ct)
    {
        await using var command = Command("select pg_try_advisory_xact_lock(hashtextextended('feeds of ' || $1, 0))", partnerId);
        return (bool)(await command.ExecuteScalarAsync(CancellationToken.None))!;
    }

    /// <param name="listings">Read once, as they are sent: the feed is never whole in memory. No identity twice.</param>
    /// <param name="tally">Complete once the last listing was read.</param>
    public async Task<MergeCounts> RunAsync(IEnumerable<ListingDraft> listings, FeedTally tally, CancellationToken ct)
    {
        await StageAsync(listings, ct);
        var (withdrawn, withheld) = await WithdrawAsync(tally, ct);
        var (changed, back) = await UpdateAsync(ct);
        var added = await InsertAsync(ct);
        return new MergeCounts(added + back, changed, tally.Lines - tally.Rejected - added - back - changed, withdrawn, withheld);
    }

    async Task StageAsync(IEnumerable<ListingDraft> listings, CancellationToken ct)
    {
        await ExecuteAsync($"create temp table staged_listings on commit drop as select {Columns} from listings with no data", ct);
        await using (var copy = await connection.BeginBinaryImportAsync($"copy staged_listings ({Columns}) from stdin (format binary)", ct))
        {
            copy.Timeout = StatementTimeout;
            foreach (var listing in listings) await WriteAsync(copy, listing, ct);
            await copy.CompleteAsync(ct);
        }

        // The planner knows nothing of what was just staged, nor of what the import before this one added: where it expects ten rows and
        // finds a hundred thousand, a nested loop never ends. Without it, each join below reads the partner's rows and the feed's once.
        await ExecuteAsync("set local enable_nestloop = off", ct);
    }

    /// <summary>Takes off the market what the feed's agencies no longer list. An agency that lost more than half at once keeps all: that is a broken export until a person says otherwise.</summary>
    async Task<(int Withdrawn, int Withheld)> WithdrawAsync(FeedTally tally, CancellationToken ct)
    {
        await using var command = Command(
            """
            with listed as materialized (
                select agency, technical_id from staged_listings
                union
                select * from unnest($3::text[], $4::text[])
            ),
            standing as materialized (
                select l.id, l.agency, s.agency is not null as still_listed
                from listings l left join listed s on s.agency = l.agency and s.technical_id = l.technical_id
                where l.partner_id = $1 and l.state = 'on_market' and l.agency in (select agency from listed)
            ),
            broken as (
                select agency from standing group by agency
                having $5 or (count(*) >= $6 and 2 * count(*) filter (where still_listed) < count(*))
            ),
            withdrawn as (
                update listings l set state = 'withdrawn', update_time = $2, changed_transaction = default, changed_sequence = default
                from standing s
                where l.partner_id = $1 and l.id = s.id and not s.still_listed and s.agency not in (select agency from broken)
                returning 1
            )
            select (select count(*) from withdrawn)::int, (select count(*) from standing where not still_listed)::int
            """,
            partnerId, now, tally.RejectedListings.Select(l => l.AgencyId).ToArray(), tally.RejectedListings.Select(l => l.TechnicalId).ToArray(), tally.HasUnknownListings, GuardedFrom);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        await reader.ReadAsync(ct);
        return (reader.GetInt32(0), reader.GetInt32(1) - reader.GetInt32(0));
    }

    /// <summary>What is known and differs, or had been withdrawn. An equal listing is not written at all: most of a daily feed is equal.</summary>
    async Task<(int Changed, int Back)> UpdateAsync(CancellationToken ct)
    {
        await using var command = Command(
            $"""
            with differing as materialized (
                select l.id as known_id, l.state = 'withdrawn' as is_back, s.id as staged_id
                from staged_listings s join listings l on l.partner_id = $1 and l.agency = s.agency and l.technical_id = s.technical_id
                where l.content_hash <> s.content_hash or l.state = 'withdrawn'
            ),
            updated as (
                update listings l
                set state = 'on_market', update_time = $2, changed_transaction = default, changed_sequence = default,
                    {string.Join(", ", Content.Select(c => $"{c} = s.{c}"))}
                from differing d join staged_listings s on s.id = d.staged_id
                where l.partner_id = $1 and l.id = d.known_id
                returning d.is_back
            )
            select (count(*) filter (where not is_back))::int, (count(*) filter (where is_back))::int from updated
            """,
            partnerId, now);
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        await reader.ReadAsync(ct);
        return (reader.GetInt32(0), reader.GetInt32(1));
    }

    async Task<int> InsertAsync(CancellationToken ct)
    {
        await using var command = Command(
            $"""
            insert into listings (partner_id, state, create_time, update_time, {Columns})
            select $1, 'on_market', $2, $2, {Columns}
            from staged_listings s
            where not exists (select from listings l where l.partner_id = $1 and l.agency = s.agency and l.technical_id = s.technical_id)
            """,
            partnerId, now);
        return await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    /// <summary>Ascending within the import: ids of one millisecond in random order would fill the indexes at random places, at twice the cost.
    /// A counter in the bits behind the time, as RFC 9562 allows (section 6.2, method 1); the rest stays random.</summary>
    Guid NextId()
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.CreateVersion7(now).TryWriteBytes(bytes, bigEndian: true, out _);
        var number = written++;
        (bytes[6], bytes[7]) = ((byte)(0x70 | (number >> 22 & 0x0F)), (byte)(number >> 14));
        (bytes[8], bytes[9]) = ((byte)(0x80 | (number >> 8 & 0x3F)), (byte)number);
        return new Guid(bytes, bigEndian: true);
    }

    async Task WriteAsync(NpgsqlBinaryImporter copy, ListingDraft d, CancellationToken ct)
    {
        await copy.StartRowAsync(ct);
        await copy.WriteAsync(NextId(), NpgsqlDbType.Uuid, ct);
        await Text(d.AgencyId);
        await Text(d.TechnicalId);

        await copy.WriteAsync(d.ContentHash(), NpgsqlDbType.Bytea, ct);
        await Text(d.Reference);
        await Text(EnumText<Transaction>.Of(d.Transaction));
        await Text(EnumText<PropertyType>.Of(d.PropertyType));
        await Text(d.PropertyTypeText);
        await Text(d.Postcode);
        await Text(d.City);
        await Text(d.Country);
        await Value<long>(d.PriceCents, NpgsqlDbType.Bigint);
        await Value(d.PriceWithoutFeesCents, NpgsqlDbType.Bigint);
        await Value<bool>(d.PriceHidden, NpgsqlDbType.Boolean);
        await Value(d.RentIncludesCharges, NpgsqlDbType.Boolean);
        await Value(d.ChargesCents, NpgsqlDbType.Bigint);
        await Value(d.FeesPercent, NpgsqlDbType.Numeric);
        await Value(d.FeesCents, NpgsqlDbType.Bigint);
        await Text(d.FeesPayer is { } payer ? EnumText<FeesPayer>.Of(payer) : null);
        await Value(d.DepositCents, NpgsqlDbType.Bigint);
        await Value(d.Surface, NpgsqlDbType.Numeric);
        await Value(d.LandSurface, NpgsqlDbType.Numeric);
        await Value(d.Rooms, NpgsqlDbType.Integer);
        await Value(d.Bedrooms, NpgsqlDbType.Integer);
        await Value(d.Floor, NpgsqlDbType.Integer);
        await Value(d.Furnished, NpgsqlDbType.Boolean);
        await Value(d.YearBuilt, NpgsqlDbType.Integer);
        await Text(d.Title);
        await Text(d.Description);
        await Value(d.AvailableFrom, NpgsqlDbType.Date);
        await Text(d.EnergyClass is { } energy ? EnumText<EnergyClass>.Of(energy) : null);
        await Value(d.EnergyUse, NpgsqlDbType.Numeric);
        await Text(d.GhgClass is { } ghg ? EnumText<EnergyClass>.Of(ghg) : null);
        await Value(d.GhgEmission, NpgsqlDbType.Numeric);
        await Value(d.DiagnosisDate, NpgsqlDbType.Date);
        await Text(d.DiagnosisVersion);
        await Value(d.Latitude, NpgsqlDbType.Numeric);
        await Value(d.Longitude, NpgsqlDbType.Numeric);
        await copy.WriteAsync(d.Photos as string[] ?? [.. d.Photos], NpgsqlDbType.Array | NpgsqlDbType.Text, ct);
        await Text(d.VirtualTour);

        Task Text(string? value) => value is null ? copy.WriteNullAsync(ct) : copy.WriteAsync(value, NpgsqlDbType.Text, ct);
        Task Value<T>(T? value, NpgsqlDbType type) where T : struct => value is { } given ? copy.WriteAsync(given, type, ct) : copy.WriteNullAsync(ct);
    }

    async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = Command(sql);
        await command.ExecuteNonQueryAsync(CancellationToken.None);
    }

    NpgsqlCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = (int)StatementTimeout.TotalSeconds };
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }
}
