using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Schooling;

public enum EnrolmentState { Submitted = 1, Incomplete, Accepted, Refused }

public enum RefusalReason { NoPlace = 1, OutOfSector, AlreadyEnrolled, Other }

public enum Level { Ps = 1, Ms, Gs, Cp, Ce1, Ce2, Cm1, Cm2, Sixieme, Cinquieme, Quatrieme, Troisieme, Seconde, Premiere, Terminale }

/// <summary>What a school office says to a file. A closed set: Accepted, Refused or DocumentsMissing.</summary>
public abstract record EnrolmentAnswer
{
    EnrolmentAnswer() { }

    /// <summary>The answer in one word, as the exchange keeps it.</summary>
    public abstract string Code { get; }

    /// <summary>The partner's own words; may be empty.</summary>
    public required string Message { get; init; }

    public sealed record Accepted : EnrolmentAnswer
    {
        public override string Code => "accepted";
    }

    public sealed record Refused(RefusalReason Reason) : EnrolmentAnswer
    {
        public override string Code => "refused";
    }

    public sealed record DocumentsMissing(IReadOnlyCollection<DocumentKind> Kinds) : EnrolmentAnswer
    {
        public override string Code => "documents_missing";
    }
}

/// <summary>A child's enrolment with one partner. Each time the file is sent is a round: one exchange, one answer, one window.
/// Where the child comes from, and what the partner writes, are sealed with the child's key.</summary>
/// <remarks>
/// submitted --accepted--> accepted
///   ^  |-----refused----> refused
///   |  |--documents missing--> incomplete
///   +----------completed-----------+
/// The row says how the file stands now; what was answered to an earlier round is in its exchange.
/// </remarks>
public sealed class Enrolment
{
    const string PreviousSchoolColumn = "enrolments.previous_school";
    const string AnswerMessageColumn = "enrolments.answer_message";

    readonly List<EnrolmentDocument> documents = [];

    Enrolment() { }

    /// <param name="exchange">Opened with this enrolment as its subject.</param>
    public static Enrolment Submit(Guid id, Person child, Exchange exchange, Level level, DateOnly startDate, string previousSchool, IEnumerable<Guid> documentIds, PersonCipher cipher, DateTimeOffset now)
    {
        var enrolment = new Enrolment
        {
            Id = id,
            PersonId = child.Id,
            CaseId = child.CaseId,
            PartnerId = exchange.PartnerId,
            Level = level,
            StartDate = startDate,
            PreviousSchool = SealOrNull(previousSchool, PreviousSchoolColumn, id, cipher),
            CreateTime = now,
        };
        enrolment.Send(exchange, documentIds);
        return enrolment;
    }

    public Guid Id { get; private set; }

    public Guid CaseId { get; private set; }

    /// <summary>The child.</summary>
    public Guid PersonId { get; private set; }

    public string PartnerId { get; private set; } = "";

    /// <summary>The exchange of the present round.</summary>
    public Guid ExchangeId { get; private set; }

    /// <summary>1 for the first.</summary>
    public int Round { get; private set; }

    public Level Level { get; private set; }

    public DateOnly StartDate { get; private set; }

    public byte[]? PreviousSchool { get; private set; }

    public EnrolmentState State { get; private set; }

    /// <summary>What the partner asked for, while incomplete.</summary>
    public string[] MissingKinds { get; private set; } = [];

    public RefusalReason? RefusalReason { get; private set; }

    public byte[]? AnswerMessage { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset? AnswerTime { get; private set; }

    public IReadOnlyList<EnrolmentDocument> Documents => documents;

    /// <summary>In the order in which they were added.</summary>
    public IEnumerable<Guid> DocumentIds => documents.OrderBy(d => d.Position).Select(d => d.DocumentId);

    public string Name => NameOf(Id);

    public static string NameOf(Guid id) => Names.Of(Names.Enrolments, id);

    /// <summary>Before the exchange is answered: both say the same, and this one says it in the caller's words.</summary>
    public void RequireUnanswered()
    {
        if (State != EnrolmentState.Submitted) throw Conflict("The file has been answered already.");
    }

    public void RequireIncomplete()
    {
        if (State != EnrolmentState.Incomplete) throw Conflict("The partner did not ask for documents.");
    }

    public void Answer(EnrolmentAnswer answer, PersonCipher cipher, DateTimeOffset now)
    {
        RequireUnanswered();
        switch (answer)
        {
            case EnrolmentAnswer.Accepted:
                State = EnrolmentState.Accepted;
                break;
            case EnrolmentAnswer.Refused refused:
                (State, RefusalReason) = (EnrolmentState.Refused, refused.Reason);
                break;
            case EnrolmentAnswer.DocumentsMissing missing:
                (State, MissingKinds) = (EnrolmentState.Incomplete, [.. missing.Kinds.Distinct().Select(EnumText<DocumentKind>.Of)]);
                break;
        }

        (AnswerTime, AnswerMessage) = (now, SealOrNull(answer.Message, AnswerMessageColumn, Id, cipher));
    }

    /// <summary>The next round: the file goes again, whole, with what was missing.</summary>
    public void Complete(Exchange exchange, IEnumerable<Guid> added)
    {
        RequireIncomplete();
        (MissingKinds, AnswerTime, AnswerMessage) = ([], null, null);
        Send(exchange, added);
    }

    public string OpenPreviousSchool(PersonCipher cipher) => PreviousSchool is { } text ? cipher.OpenText(text, PreviousSchoolColumn, Id) : "";

    public string OpenAnswerMessage(PersonCipher cipher) => AnswerMessage is { Length: > 0 } text ? cipher.OpenText(text, AnswerMessageColumn, Id) : "";

    void Send(Exchange exchange, IEnumerable<Guid> added)
    {
        (State, ExchangeId) = (EnrolmentState.Submitted, exchange.Id);
        Round++;
        foreach (var id in added) documents.Add(new EnrolmentDocument(Id, documents.Count + 1, id, exchange.Id));
    }

    StateConflict Conflict(string message) => new(Name, EnumText<EnrolmentState>.Of(State), message);

    static byte[]? SealOrNull(string text, string column, Guid id, PersonCipher cipher) => text.Length == 0 ? null : cipher.SealText(text, column, id);

    public sealed class Mapping : IEntityTypeConfiguration<Enrolment>
    {
        public void Configure(EntityTypeBuilder<Enrolment> builder)
        {
            builder.ToTable("enrolments", table =>
            {
                table.HasKnownValues<Level>("level");
                table.HasKnownValues<EnrolmentState>("state");
                table.HasKnownValues<RefusalReason>("refusal_reason");
                table.HasCheckConstraint("ck_enrolments_round", "round >= 1");
                table.HasCheckConstraint("ck_enrolments_missing_kinds", $"(state = 'incomplete') = (cardinality(missing_kinds) > 0) and missing_kinds <@ array[{EnumText<DocumentKind>.SqlList}]");
                table.HasCheckConstraint("ck_enrolments_refusal", "(state = 'refused') = (refusal_reason is not null)");
                table.HasCheckConstraint("ck_enrolments_answer", "(state = 'submitted') = (answer_time is null) and (answer_time is not null or answer_message is null)");
            });
            builder.Property(e => e.Id).ValueGeneratedNever();
            builder.Property(e => e.Level).AsText();
            builder.Property(e => e.State).AsText();
            builder.Property(e => e.RefusalReason).AsText();
            builder.Ignore(e => e.Name);
            builder.Ignore(e => e.DocumentIds);
            builder.HasOne<Case>().WithMany().HasForeignKey(e => e.CaseId);
            builder.HasOne<Person>().WithMany().HasForeignKey(e => e.PersonId);
            builder.HasOne<Partner>().WithMany().HasForeignKey(e => e.PartnerId);
            builder.HasOne<Exchange>().WithOne().HasForeignKey<Enrolment>(e => e.ExchangeId);
            builder.HasIndex(e => new { e.CaseId, e.Id });
            builder.HasIndex(e => new { e.PartnerId, e.Id });
            builder.HasMany(e => e.Documents).WithOne().HasForeignKey(d => d.EnrolmentId);
            builder.Navigation(e => e.Documents).HasField("documents");
        }
    }
}

/// <summary>A document in an enrolment's file.</summary>
/// <param name="Position">1 for the first.</param>
/// <param name="ExchangeId">The round that it was added in: the exchange that first carries it. Until that is sent, the document does not exist for the partner.</param>
public sealed record EnrolmentDocument(Guid EnrolmentId, int Position, Guid DocumentId, Guid ExchangeId)
{
    public sealed class Mapping : IEntityTypeConfiguration<EnrolmentDocument>
    {
        public void Configure(EntityTypeBuilder<EnrolmentDocument> builder)
        {
            builder.ToTable("enrolment_documents", table => table.HasCheckConstraint("ck_enrolment_documents_position", $"position between 1 and {EnrolmentService.MaxDocuments}"));
            builder.HasKey(d => new { d.EnrolmentId, d.Position });
            builder.HasIndex(d => new { d.EnrolmentId, d.DocumentId }).IsUnique();
            builder.HasOne<Document>().WithMany().HasForeignKey(d => d.DocumentId);
            builder.HasOne<Exchange>().WithMany().HasForeignKey(d => d.ExchangeId);
        }
    }
}
