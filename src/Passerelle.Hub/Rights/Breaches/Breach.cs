using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Alarms;
using Passerelle.Hub.Platform.Errors;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Rights.Breaches;

public enum BreachSource { Partner = 1, Caller, MasterKey }

public enum BreachOutcome { Notified = 1, Documented }

/// <summary>Something that has leaked between two moments. Whom it touches is asked of the register, the access log and the keys.</summary>
public sealed class Breach
{
    /// <summary>GDPR, article 33(1).</summary>
    public static readonly TimeSpan NotifyWithin = TimeSpan.FromHours(72);

    /// <summary>From 24 hours before the authority must know, until it is closed.</summary>
    public static readonly AlarmRule Due = new("breach_due", "select 'breaches/' || id from breaches where close_time is null and due_time < hub_now() + interval '24 hours'");

    Breach() { }

    /// <param name="which">The partner's id, the caller's, or the master key's.</param>
    public static Breach File(BreachSource source, string which, DateTimeOffset start, DateTimeOffset end, DateTimeOffset found, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        Source = source,
        PartnerId = source == BreachSource.Partner ? which : null,
        CallerId = source == BreachSource.Caller ? which : null,
        MasterKeyId = source == BreachSource.MasterKey ? which : null,
        StartTime = start,
        EndTime = end,
        FindTime = found,
        DueTime = found + NotifyWithin,
    };

    public Guid Id { get; private set; }

    public BreachSource Source { get; private set; }

    public string? PartnerId { get; private set; }

    public string? CallerId { get; private set; }

    public string? MasterKeyId { get; private set; }

    public DateTimeOffset StartTime { get; private set; }

    public DateTimeOffset EndTime { get; private set; }

    public DateTimeOffset FindTime { get; private set; }

    public DateTimeOffset DueTime { get; private set; }

    public DateTimeOffset? CloseTime { get; private set; }

    public BreachOutcome? Outcome { get; private set; }

    public string Name => Names.Of(Names.Breaches, Id);

    public void Close(BreachOutcome outcome, DateTimeOffset now)
    {
        if (Outcome == outcome) return;
        if (CloseTime is not null) throw new StateConflict(Name, EnumText<BreachOutcome>.Of(Outcome!.Value), "The breach was closed otherwise.");
        (Outcome, CloseTime) = (outcome, now);
    }

    public Wire.Breach ToWire()
    {
        var wire = new Wire.Breach
        {
            Name = Name,
            StartTime = StartTime.ToWire(),
            EndTime = EndTime.ToWire(),
            FindTime = FindTime.ToWire(),
            DueTime = DueTime.ToWire(),
            CloseTime = CloseTime.ToWire(),
            Outcome = (Wire.Breach.Types.Outcome)(Outcome ?? 0),
        };
        if (PartnerId is { } partner) wire.Partner = Names.OfPartner(partner);
        if (CallerId is { } caller) wire.Caller = caller;
        if (MasterKeyId is { } master) wire.MasterKey = master;
        return wire;
    }

    public sealed class Mapping : IEntityTypeConfiguration<Breach>
    {
        public void Configure(EntityTypeBuilder<Breach> builder)
        {
            builder.ToTable("breaches", table =>
            {
                table.HasKnownValues<BreachSource>("source");
                table.HasKnownValues<BreachOutcome>("outcome");
                table.HasCheckConstraint("ck_breaches_source", "num_nonnulls(partner_id, caller_id, master_key_id) = 1 and case source when 'partner' then partner_id when 'caller' then caller_id else master_key_id end is not null");
                table.HasCheckConstraint("ck_breaches_times", "end_time > start_time and (close_time is null) = (outcome is null)");
            });
            builder.Property(b => b.Id).ValueGeneratedNever();
            builder.Property(b => b.Source).AsText();
            builder.Property(b => b.Outcome).AsText();
            builder.Ignore(b => b.Name);
            builder.HasOne<Partner>().WithMany().HasForeignKey(b => b.PartnerId);
            builder.HasIndex(b => b.DueTime).HasFilter("close_time is null");
        }
    }
}
