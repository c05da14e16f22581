using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Employment.V1;

namespace Passerelle.Hub.Employment;

/// <summary>What the partner answered. That it ended before any answer is the exchange's to say.</summary>
public enum ReferralState { Open = 1, Interested, Declined }

public enum DeclineReason { NoOpening = 1, SkillsMismatch, OutOfArea, AlreadyKnown, Other }

/// <summary>An introduction of a person to an employment partner. Its words, and the answer's, are sealed with the person's key.</summary>
public sealed class Referral
{
    const string IntroductionColumn = "referrals.introduction";
    const string AnswerMessageColumn = "referrals.answer_message";

    Referral() { }

    /// <param name="exchange">How it travels; its subject is this referral.</param>
    public static Referral Open(Guid id, Guid personId, Exchange exchange, string introduction, PersonCipher cipher) => new()
    {
        Id = id,
        PersonId = personId,
        CaseId = exchange.CaseId,
        PartnerId = exchange.PartnerId,
        ExchangeId = exchange.Id,
        State = ReferralState.Open,
        Introduction = cipher.SealText(introduction, IntroductionColumn, id),
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

    public string Name => Names.Of(Names.Referrals, Id);

    public void RequireOpen()
    {
        if (State != ReferralState.Open) throw new StateConflict(Name, EnumText<ReferralState>.Of(State), "The referral has been answered already.");
    }

    public void Interest(string message, PersonCipher cipher, DateTimeOffset time) => Answer(ReferralState.Interested, null, message, cipher, time);

    public void Decline(DeclineReason reason, string message, PersonCipher cipher, DateTimeOffset time) => Answer(ReferralState.Declined, reason, message, cipher, time);

    public string OpenIntroduction(PersonCipher cipher) => cipher.OpenText(Introduction, IntroductionColumn, Id);

    public string OpenAnswerMessage(PersonCipher cipher) => AnswerMessage is { } message ? cipher.OpenText(message, AnswerMessageColumn, Id) : "";

    /// <param name="travels">The state of its exchange.</param>
    public Wire.Referral ToWire(ExchangeState travels) => new()
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
            builder.ToTable("referrals", table => table.HasCheckConstraint("ck_referrals_sound", "referral_is_sound(state, answer_time, answer_message, decline_reason)"));
            builder.Property(r => r.Id).ValueGeneratedNever();
            builder.Property(r => r.State).AsText();
            builder.Property(r => r.DeclineReason).AsText();
            builder.Ignore(r => r.Name);
            builder.HasOne<Case>().WithMany().HasForeignKey(r => r.CaseId);
            builder.HasOne<Person>().WithMany().HasForeignKey(r => r.PersonId);
            builder.HasOne<Partner>().WithMany().HasForeignKey(r => r.PartnerId);
            builder.HasOne<Exchange>().WithOne().HasForeignKey<Referral>(r => r.ExchangeId);
            builder.HasIndex(r => new { r.PartnerId, r.Id });
            builder.HasIndex(r => new { r.CaseId, r.Id });
        }
    }
}
