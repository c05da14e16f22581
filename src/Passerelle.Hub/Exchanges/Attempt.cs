using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Exchanges;

public enum AttemptOutcome { Unknown = 1, Accepted, NotYet, Refused }

public enum Transport { Push = 1, Pull }

/// <summary>One try at delivering an exchange. It is written before anything is sent, by Departures.</summary>
public sealed class Attempt
{
    Attempt() { }

    /// <summary>One that is known to have begun and not to have ended, without reading it: only what its end changes may be saved.</summary>
    public static Attempt UnderWay(Guid exchangeId, int number) => new() { ExchangeId = exchangeId, Number = number, Outcome = AttemptOutcome.Unknown };

    public Guid ExchangeId { get; private set; }

    /// <summary>The generation of the claim that it belongs to.</summary>
    public int Number { get; private set; }

    public Transport Transport { get; private set; }

    public AttemptOutcome Outcome { get; private set; }

    public DateTimeOffset StartTime { get; private set; }

    public DateTimeOffset? EndTime { get; private set; }

    public int Size { get; private set; }

    public byte[] Sha256 { get; private set; } = [];

    /// <summary>A canonical code or a word of ours; never the partner's text, which may quote what it got.</summary>
    public string? Error { get; private set; }

    public void End(AttemptOutcome outcome, string? error, DateTimeOffset now) => (Outcome, Error, EndTime) = (outcome, error, now);

    public sealed class Mapping : IEntityTypeConfiguration<Attempt>
    {
        public void Configure(EntityTypeBuilder<Attempt> builder)
        {
            builder.ToTable("attempts", table =>
            {
                table.HasKnownValues<AttemptOutcome>("outcome");
                table.HasKnownValues<Transport>("transport");
                table.HasCheckConstraint("ck_attempts_end_time", "(outcome = 'unknown') = (end_time is null)");
            });
            builder.HasKey(a => new { a.ExchangeId, a.Number });
            builder.Property(a => a.Outcome).AsText();
            builder.Property(a => a.Transport).AsText();
            builder.HasOne<Exchange>().WithMany().HasForeignKey(a => a.ExchangeId);
        }
    }
}
