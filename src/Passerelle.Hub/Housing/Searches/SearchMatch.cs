using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Housing.Searches;

public enum MatchKind { Match = 1, NearMiss }

public enum MatchState { Current = 1, Gone }

/// <summary>A listing that fits a search, or nearly does. Only <see cref="SearchMatches"/> writes it.</summary>
public sealed class SearchMatch
{
    SearchMatch() { }

    public Guid SearchId { get; private set; }

    public Guid ListingId { get; private set; }

    public MatchState State { get; private set; }

    public MatchKind Kind { get; private set; }

    public int Score { get; private set; }

    /// <summary>What was asked for and what the listing has of it, as <see cref="Criterion"/> writes it.</summary>
    public string Criteria { get; private set; } = "";

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset UpdateTime { get; private set; }

    public DateTimeOffset? GoneTime { get; private set; }

    /// <summary>Which transaction changed it last: with the sequence, its place in the watch. EventFeed says why the order needs it.</summary>
    public ulong ChangedTransaction { get; private set; }

    public long ChangedSequence { get; private set; }

    /// <summary>Which transaction found it: with the sequence, its other place in the watch, where it is new.</summary>
    public ulong CreateTransaction { get; private set; }

    public long CreateSequence { get; private set; }

    public sealed class Mapping : IEntityTypeConfiguration<SearchMatch>
    {
        public void Configure(EntityTypeBuilder<SearchMatch> builder)
        {
            builder.ToTable("search_matches", table =>
            {
                table.HasKnownValues<MatchState>("state");
                table.HasKnownValues<MatchKind>("kind");
                table.HasCheckConstraint("ck_search_matches_score", "score between 0 and 100");
                table.HasCheckConstraint("ck_search_matches_gone_time", "(state = 'gone') = (gone_time is not null)");
            });
            // No foreign keys, which would be asked for each of many rows: listings are never deleted, and searches together with their matches, under the lock of who matches.
            builder.HasKey(m => new { m.SearchId, m.ListingId });
            builder.Property(m => m.State).AsText();
            builder.Property(m => m.Kind).AsText();
            builder.Property(m => m.ChangedTransaction).HasColumnType("xid8").HasDefaultValueSql("pg_current_xact_id()");
            builder.Property(m => m.ChangedSequence).UseIdentityByDefaultColumn();
            builder.Property(m => m.CreateTransaction).HasColumnType("xid8").HasDefaultValueSql("pg_current_xact_id()");
            builder.HasIndex(m => m.ListingId);
            builder.HasIndex(m => new { m.ChangedTransaction, m.ChangedSequence }).IsUnique();
            builder.HasIndex(m => new { m.CreateTransaction, m.CreateSequence }).IsUnique();
        }
    }
}
