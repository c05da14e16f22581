using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Employment.V1;

namespace Passerelle.Hub.Employment;

/// <summary>What the partner answered. That it ended before any answer is the exchange's to say.</summary>
public enum ReferralState { Open = 1, Interested, Declined }

public enum DeclineReason { NoOpening = 1, SkillsMismatch, OutOfArea, AlreadyKnown, Other }

/// <summary>What came after a referral that its partner declined or did not answer in time.</summary>
public enum FollowUp
{
    /// <summary>Another partner was offered it.</summary>
    Reoffered = 1,

    /// <summary>There was nobody to offer it to: an advisor was told.</summary>
    Stranded,
}

/// <summary>An introduction of a person to an employment partner. Its words, and the answer's, are sealed with the person's key.</summary>
public sealed class Referral
{
    const string IntroductionColumn = "referrals.introduction";
    const string AnswerMessageColumn = "referrals.answer_message";

    Referral() { }

    /// <param name="exchange">How it travels; its subject is this referral.</param>
    /// <param name="partnerChosen">The person asked for this partner and no other.</param>
    public static Referral Open(Guid id, Guid personId, Exchange exchange, string introduction, bool partnerChosen, PersonCipher cipher) => new()
    {
        Id = id,
        PersonId = personId,
        CaseId = exchange.CaseId,
        PartnerId = exchange.PartnerId,
        ExchangeId = exchange.Id,
        State = ReferralState.Open,
        Introduction = cipher.SealText(introduction, IntroductionColumn, id),
        PartnerChosen = partnerChosen,
        CreateTime = exchange.CreateTime,
    };

    public Guid Id { get; private set; }

    public Guid PersonId { get; private set; }

    public Guid CaseId { get; private set; }

    public string PartnerId { get; private set; } = "";

    public Guid ExchangeId { get; private set; }

    public ReferralState State { get; private set; }

    public byte[] Introduction { get; private set; } = [];

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset? AnswerTime { get; private set; }

    public DeclineReason? DeclineReason { get; private set; }

    public byte[]? AnswerMessage { get; private set; }

    public bool PartnerChosen { get; private set; }

    /// <summary>Null: nothing has to come after it, or not yet. It stays when its partner answers after all.</summary>
    public FollowUp? FollowUp { get; private set; }

    /// <summary>Of one that was offered to another partner: that referral.</summary>
    public Guid? SuccessorId { get; private set; }

    public string Name => Names.Of(Names.Referrals, Id);

    public void RequireOpen()
    {
        if (State != ReferralState.Open) throw new StateConflict(Name, EnumText<ReferralState>.Of(State), "The referral has been answered already.");
    }

    public void Interest(string message, PersonCipher cipher, DateTimeOffset time) => Answer(ReferralState.Interested, null, message, cipher, time);

    public void Decline(DeclineReason reason, string message, PersonCipher cipher, DateTimeOffset time) => Answer(ReferralState.Declined, reason, message, cipher, time);

    public void FollowWith(Referral successor) => (FollowUp, SuccessorId) = (Employment.FollowUp.Reoffered, successor.Id);

    public void Strand() => FollowUp = Employment.FollowUp.Stranded;

    /// <summary>Empty once it was declined and its term is over.</summary>
    public string OpenIntroduction(PersonCipher cipher) => Introduction.Length == 0 ? "" : cipher.OpenText(Introduction, IntroductionColumn, Id);

    public string OpenAnswerMessage(PersonCipher cipher) => AnswerMessage is { } message ? cipher.OpenText(message, AnswerMessageColumn, Id) : "";

    /// <param name="travels">The state of its exchange.</param>
    /// <param name="toPartner">Who was asked after it is not a partner's to know.</param>
    public Wire.Referral ToWire(ExchangeState travels, bool toPartner = false) => new()
    {
        Name = Name,
        Case = Names.Of(Names.Cases, CaseId),
        Person = Names.Of(Names.Persons, PersonId),
        Partner = Names.OfPartner(PartnerId),
        Exchange = Names.Of(Names.Exchanges, ExchangeId),
        State = travels is ExchangeState.Withdrawn or ExchangeState.Expired ? Wire.Referral.Types.State.Withdrawn : (Wire.Referral.Types.State)State,
        CreateTime = CreateTime.ToWire(),
        AnswerTime = AnswerTime.ToWire(),
        DeclineReason = (Wire.DeclineReason)(DeclineReason ?? 0),
        PartnerChosen = !toPartner && PartnerChosen,
        FollowUp = (Wire.Referral.Types.FollowUp)(toPartner ? 0 : FollowUp ?? 0),
        Successor = !toPartner && SuccessorId is { } successor ? Names.Of(Names.Referrals, successor) : "",
    };

    void Answer(ReferralState state, DeclineReason? reason, string message, PersonCipher cipher, DateTimeOffset time)
    {
        RequireOpen();
        (State, DeclineReason, AnswerMessage, AnswerTime) = (state, reason, cipher.SealText(message, AnswerMessageColumn, Id), time);
    }

    public sealed class Mapping : IEntityTypeConfiguration<Referral>
    {
        public void Configure(EntityTypeBuilder<Referral> builder)
        {
            // What each state must and must not have. See the migration Functions.
            builder.ToTable("referrals", table => table.HasCheckConstraint("ck_referrals_sound", "referral_is_sound(state, answer_time, answer_message, decline_reason, follow_up, successor_id)"));
            builder.Property(r => r.Id).ValueGeneratedNever();
            builder.Property(r => r.State).AsText();
            builder.Property(r => r.DeclineReason).AsText();
            builder.Property(r => r.FollowUp).AsText();
            builder.Ignore(r => r.Name);
            builder.HasOne<Referral>().WithOne().HasForeignKey<Referral>(r => r.SuccessorId);
            builder.HasIndex(r => r.SuccessorId).IsUnique().HasFilter("successor_id is not null");
            // Case and partner are the exchange's, which refers to them already: to check them once more for each row would cost as much as the row.
            builder.HasOne<Person>().WithMany().HasForeignKey(r => r.PersonId);
            builder.HasOne<Exchange>().WithOne().HasForeignKey<Referral>(r => r.ExchangeId);
            builder.HasIndex(r => new { r.PartnerId, r.Id });
            builder.HasIndex(r => new { r.CaseId, r.Id });
        }
    }
}
