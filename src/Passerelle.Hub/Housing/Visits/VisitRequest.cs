using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Places;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>Where one home of a day stands; the contract says what each means.</summary>
public enum VisitRequestState { Asked = 1, Accepted, Proposed, Refused, Lapsed, Confirmed, Released }

public enum VisitRefusalReason { Sold = 1, Let, OffMarket, NoTime, Other }

/// <summary>What an agency says. A closed set: Accepted, Proposed, Refused or Noted.</summary>
public abstract record VisitAnswer
{
    VisitAnswer() { }

    /// <summary>The answer in one word, as the exchange keeps it.</summary>
    public abstract string Code { get; }

    /// <summary>The agency's own words; may be empty.</summary>
    public string Message { get; init; } = "";

    public sealed record Accepted(DateTimeOffset Start) : VisitAnswer
    {
        public override string Code => "accepted";
    }

    public sealed record Proposed(IReadOnlyList<TimeSpanRange> Slots) : VisitAnswer
    {
        public override string Code => "proposed";
    }

    public sealed record Refused(VisitRefusalReason Reason) : VisitAnswer
    {
        public override string Code => "refused";
    }

    public sealed record Noted : VisitAnswer
    {
        public override string Code => "noted";
    }
}

/// <summary>One home of a day of visits, and what its agency was asked and said. Each question, and the confirmation, is an exchange of its own; the row says how it stands now.</summary>
/// <remarks>
/// asked --accepted--> accepted --the day is whole--> confirmed
///   |  ----proposed---> proposed --a slot fits--> accepted, or asked again, or released
///   |  ----refused----> refused
///   |  ----(48 hours)-> lapsed
/// What is accepted or confirmed its agency may still move (proposed) or cancel (refused). Slots of what is accepted or confirmed never overlap in one household: the database holds it.
/// </remarks>
public sealed class VisitRequest
{
    /// <summary>Why a home has, or had, no place in the day.</summary>
    public const string DoesNotFit = "DOES_NOT_FIT";

    const string AnswerMessageColumn = "visit_requests.answer_message";

    VisitRequest() { }

    /// <summary>A home that was chosen; it is not part of the day before its agency is asked.</summary>
    public static VisitRequest Choose(Guid id, VisitDay day, Listing listing, GeoPoint point, TimeSpan length, DateTimeOffset now) => new()
    {
        Id = id,
        DayId = day.Id,
        CaseId = day.CaseId,
        PartnerId = listing.PartnerId,
        ListingId = listing.Id,
        Latitude = point.Latitude,
        Longitude = point.Longitude,
        Length = length,
        State = VisitRequestState.Released,
        ReleaseReason = DoesNotFit,
        CreateTime = now,
    };

    public Guid Id { get; private set; }

    public Guid DayId { get; private set; }

    public Guid CaseId { get; private set; }

    public string PartnerId { get; private set; } = "";

    public Guid ListingId { get; private set; }

    public double Latitude { get; private set; }

    public double Longitude { get; private set; }

    public TimeSpan Length { get; private set; }

    public VisitRequestState State { get; private set; }

    /// <summary>Of the last question, or of the confirmation; null before the first question.</summary>
    public Guid? ExchangeId { get; private set; }

    /// <summary>Of the release, where the agency has to be told.</summary>
    public Guid? ReleaseExchangeId { get; private set; }

    /// <summary>How often the agency was asked for a slot.</summary>
    public int Round { get; private set; }

    /// <summary>When the visit may begin, as it was last asked.</summary>
    public DateTimeOffset[] AskedStarts { get; private set; } = [];

    public DateTimeOffset[] OfferedStarts { get; private set; } = [];

    public DateTimeOffset[] OfferedEnds { get; private set; } = [];

    /// <summary>Of the slot that is held or confirmed; of what was released, the one that was.</summary>
    public DateTimeOffset? SlotStart { get; private set; }

    public DateTimeOffset? SlotEnd { get; private set; }

    /// <summary>The exchange is the confirmation of this slot.</summary>
    public bool IsTold { get; private set; }

    public VisitRefusalReason? RefusalReason { get; private set; }

    public string? ReleaseReason { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset? AnswerTime { get; private set; }

    public byte[]? AnswerMessage { get; private set; }

    public string Name => Names.Of(Names.VisitRequests, Id);

    public GeoPoint Point => new(Latitude, Longitude);

    /// <summary>It is part of the day.</summary>
    public bool IsLive => State is VisitRequestState.Asked or VisitRequestState.Accepted or VisitRequestState.Proposed or VisitRequestState.Confirmed;

    public TimeSpanRange? Slot => SlotStart is { } start && SlotEnd is { } end ? new TimeSpanRange(start, end) : null;

    public IReadOnlyList<TimeSpanRange> Asked => Array.ConvertAll(AskedStarts, start => new TimeSpanRange(start, start + Length));

    public IReadOnlyList<TimeSpanRange> Offered => [.. OfferedStarts.Zip(OfferedEnds, (start, end) => new TimeSpanRange(start, end))];

    public void Ask(Exchange exchange, IReadOnlyList<TimeSpanRange> slots)
    {
        Move(VisitRequestState.Asked, VisitRequestState.Asked, VisitRequestState.Proposed, VisitRequestState.Lapsed, VisitRequestState.Released);
        (ExchangeId, ReleaseExchangeId, ReleaseReason, IsTold) = (exchange.Id, null, null, false);
        AskedStarts = [.. slots.Select(s => s.Start)];
        Offer([]);
        Hold(null);
        Round++;
    }

    /// <summary>Whether it says something to what stands, and not what was said before.</summary>
    public void RequireAnswerable(VisitAnswer answer)
    {
        var may = answer switch
        {
            VisitAnswer.Accepted => State is VisitRequestState.Asked or VisitRequestState.Lapsed,
            VisitAnswer.Proposed or VisitAnswer.Refused => IsLive || State == VisitRequestState.Lapsed,
            VisitAnswer.Noted => State switch
            {
                VisitRequestState.Accepted or VisitRequestState.Confirmed => IsTold,
                VisitRequestState.Released or VisitRequestState.Lapsed => ReleaseExchangeId is not null,
                VisitRequestState.Asked or VisitRequestState.Proposed or VisitRequestState.Refused => false,
            },
            _ => throw new ArgumentOutOfRangeException(nameof(answer)),
        };
        if (!may) throw Conflict("The visit request does not wait for this answer.");
    }

    /// <summary>What the agency says to the question, or of what it holds.</summary>
    public void Answer(VisitAnswer answer, PersonCipher cipher, DateTimeOffset time)
    {
        switch (answer)
        {
            case VisitAnswer.Accepted accepted:
                Move(VisitRequestState.Accepted, VisitRequestState.Asked);
                Hold(new TimeSpanRange(accepted.Start, accepted.Start + Length));
                break;
            case VisitAnswer.Proposed proposed:
                Move(VisitRequestState.Proposed, VisitRequestState.Asked, VisitRequestState.Accepted, VisitRequestState.Proposed, VisitRequestState.Confirmed);
                Hold(null);
                Offer(proposed.Slots);
                IsTold = false;
                break;
            case VisitAnswer.Refused refused:
                Move(VisitRequestState.Refused, VisitRequestState.Asked, VisitRequestState.Accepted, VisitRequestState.Proposed, VisitRequestState.Confirmed);
                Hold(null);
                Offer([]);
                (RefusalReason, IsTold) = (refused.Reason, false);
                break;
            case VisitAnswer.Noted:
                throw new ArgumentException("It says nothing of the visit.", nameof(answer));
        }

        Keep(answer, cipher, time);
    }

    /// <summary>The agency has read what it was told.</summary>
    public void Note(DateTimeOffset time) => AnswerTime = time;

    /// <summary>The day went on without it: what is said late is kept, and changes nothing.</summary>
    /// <param name="release">How an agency that would show the home is told that nobody comes.</param>
    public void AnswerLate(VisitAnswer answer, Exchange? release, PersonCipher cipher, DateTimeOffset time)
    {
        ReleaseExchangeId = release?.Id;
        Keep(answer, cipher, time);
    }

    /// <summary>One of the slots that the agency offered suits the household.</summary>
    public void Take(TimeSpanRange slot)
    {
        Move(VisitRequestState.Accepted, VisitRequestState.Proposed);
        Offer([]);
        Hold(slot);
    }

    public void Lapse()
    {
        Move(VisitRequestState.Lapsed, VisitRequestState.Asked);
        Hold(null);
    }

    /// <param name="exchange">How it is told; null when it has been told before.</param>
    public void Confirm(Exchange? exchange)
    {
        Move(VisitRequestState.Confirmed, VisitRequestState.Accepted);
        if (exchange is not null) (ExchangeId, IsTold) = (exchange.Id, true);
    }

    /// <summary>The day is asked for anew; the agency goes on holding the slot.</summary>
    /// <param name="stillTold">It knows of the confirmation, or is about to.</param>
    public void Unconfirm(bool stillTold)
    {
        Move(VisitRequestState.Accepted, VisitRequestState.Confirmed);
        IsTold = stillTold;
    }

    /// <param name="notice">How the agency is told; null when it knows of nothing.</param>
    public void Release(string reason, Exchange? notice)
    {
        Move(VisitRequestState.Released, VisitRequestState.Asked, VisitRequestState.Accepted, VisitRequestState.Proposed, VisitRequestState.Confirmed);
        Offer([]);
        (ReleaseReason, ReleaseExchangeId, IsTold) = (reason, notice?.Id, false);
    }

    public string OpenAnswerMessage(PersonCipher cipher) => AnswerMessage is { Length: > 0 } text ? cipher.OpenText(text, AnswerMessageColumn, Id) : "";

    public StateConflict Conflict(string message) => new(Name, EnumText<VisitRequestState>.Of(State), message);

    void Keep(VisitAnswer answer, PersonCipher cipher, DateTimeOffset time)
    {
        AnswerTime = time;
        AnswerMessage = answer.Message.Length == 0 ? null : cipher.SealText(answer.Message, AnswerMessageColumn, Id);
    }

    void Hold(TimeSpanRange? slot) => (SlotStart, SlotEnd) = (slot?.Start, slot?.End);

    void Offer(IReadOnlyList<TimeSpanRange> slots) => (OfferedStarts, OfferedEnds) = ([.. slots.Select(s => s.Start)], [.. slots.Select(s => s.End)]);

    void Move(VisitRequestState to, params ReadOnlySpan<VisitRequestState> from)
    {
        if (!from.Contains(State)) throw Conflict($"It cannot become {EnumText<VisitRequestState>.Of(to)}.");
        State = to;
    }

    public sealed class Mapping : IEntityTypeConfiguration<VisitRequest>
    {
        public void Configure(EntityTypeBuilder<VisitRequest> builder)
        {
            builder.ToTable("visit_requests", table =>
            {
                table.HasKnownValues<VisitRequestState>("state");
                table.HasKnownValues<VisitRefusalReason>("refusal_reason");
                table.HasCheckConstraint("ck_visit_requests_round", "round >= 0 and (round = 0) = (exchange_id is null) and (round = 0) = (cardinality(asked_starts) = 0) and (round > 0 or state = 'released')");
                table.HasCheckConstraint("ck_visit_requests_length", "length between interval '5 minutes' and interval '4 hours'");
                table.HasCheckConstraint("ck_visit_requests_point", "latitude between -90 and 90 and longitude between -180 and 180");
                table.HasCheckConstraint("ck_visit_requests_slot", "(slot_start is null) = (slot_end is null) and coalesce(slot_end = slot_start + length, true)");
                table.HasCheckConstraint("ck_visit_requests_held", "case when state in ('accepted', 'confirmed') then slot_start is not null when state = 'released' then true else slot_start is null end");
                table.HasCheckConstraint("ck_visit_requests_offered", "(state = 'proposed') = (cardinality(offered_starts) > 0) and cardinality(offered_starts) = cardinality(offered_ends)");
                table.HasCheckConstraint("ck_visit_requests_refused", "(state = 'refused') = (refusal_reason is not null)");
                table.HasCheckConstraint("ck_visit_requests_released", "(state = 'released') = (release_reason is not null) and (release_exchange_id is null or state in ('released', 'lapsed'))");
                table.HasCheckConstraint("ck_visit_requests_told", "case state when 'confirmed' then is_told when 'accepted' then true else not is_told end");
            });
            builder.Property(r => r.Id).ValueGeneratedNever();
            builder.Property(r => r.State).AsText();
            builder.Property(r => r.RefusalReason).AsText();
            builder.Ignore(r => r.Name).Ignore(r => r.Point).Ignore(r => r.IsLive).Ignore(r => r.Slot).Ignore(r => r.Asked).Ignore(r => r.Offered);
            builder.HasOne<Partner>().WithMany().HasForeignKey(r => r.PartnerId);
            builder.HasOne<Listing>().WithMany().HasForeignKey(r => r.ListingId);
            builder.HasOne<Exchange>().WithOne().HasForeignKey<VisitRequest>(r => r.ExchangeId);
            builder.HasOne<Exchange>().WithOne().HasForeignKey<VisitRequest>(r => r.ReleaseExchangeId);
            builder.HasIndex(r => new { r.DayId, r.ListingId }).IsUnique();
            builder.HasIndex(r => new { r.PartnerId, r.Id });
            builder.HasIndex(r => new { r.CaseId, r.Id });
        }
    }
}
