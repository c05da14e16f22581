using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Cases;

public enum RequestState { Open = 1, Answered, Merged }

/// <summary>Where a request came from.</summary>
public enum Origin { Website = 1, Phone, Email, Office, Partner }

public enum AnswerKind { MessageDelivered = 1, CallLogged, AppointmentConfirmed }

/// <summary>A question from a household. Its words, and the answer's, are sealed with the key of who asked.</summary>
public sealed class Request
{
    const string TextColumn = "requests.text";
    const string AnswerColumn = "requests.answer_text";

    Request() { }

    public static Request File(Guid caseId, Guid personId, Need need, Origin? origin, string text, PersonCipher cipher, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
        return new Request
        {
            Id = id,
            CaseId = caseId,
            PersonId = personId,
            Need = need,
            Origin = origin,
            State = RequestState.Open,
            Text = cipher.SealText(text, TextColumn, id),
            CreateTime = now,
        };
    }

    public Guid Id { get; private set; }

    public Guid CaseId { get; private set; }

    public Guid PersonId { get; private set; }

    public Need Need { get; private set; }

    /// <summary>Null: nothing is known of it.</summary>
    public Origin? Origin { get; private set; }

    public RequestState State { get; private set; }

    /// <summary>The one that goes on in its place, once it is merged.</summary>
    public Guid? MergedIntoId { get; private set; }

    public byte[] Text { get; private set; } = [];

    public AnswerKind? AnswerKind { get; private set; }

    public byte[]? AnswerText { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    public string Name => Names.Of(Names.Requests, Id);

    public void Answer(AnswerKind kind, string text, PersonCipher cipher)
    {
        RequireOpen();
        (State, AnswerKind, AnswerText) = (RequestState.Answered, kind, cipher.SealText(text, AnswerColumn, Id));
    }

    /// <summary>What was sent did not reach anybody: it is a question again.</summary>
    /// <returns>False when there is no answer to take back.</returns>
    public bool Reopen()
    {
        if (State != RequestState.Answered) return false;
        (State, AnswerKind, AnswerText) = (RequestState.Open, null, null);
        return true;
    }

    /// <summary>It is the same question as another one of its case, which goes on.</summary>
    /// <returns>False when it was merged into that one before.</returns>
    public bool MergeInto(Request other)
    {
        if (MergedIntoId == other.Id) return false;
        RequireOpen();
        other.RequireOpen();
        (State, MergedIntoId) = (RequestState.Merged, other.Id);
        return true;
    }

    void RequireOpen()
    {
        if (State == RequestState.Answered) throw new StateConflict(Name, EnumText<RequestState>.Of(State), "The request has been answered already.");
        if (State == RequestState.Merged) throw new StateConflict(Name, EnumText<RequestState>.Of(State), $"It goes on as {Names.Of(Names.Requests, MergedIntoId!.Value)}.");
    }

    public string OpenText(PersonCipher cipher) => cipher.OpenText(Text, TextColumn, Id);

    public string OpenAnswerText(PersonCipher cipher) => AnswerText is { Length: > 0 } text ? cipher.OpenText(text, AnswerColumn, Id) : "";

    public sealed class Mapping : IEntityTypeConfiguration<Request>
    {
        public void Configure(EntityTypeBuilder<Request> builder)
        {
            builder.ToTable("requests", table =>
            {
                table.HasKnownValues<Need>("need");
                table.HasKnownValues<RequestState>("state");
                table.HasKnownValues<AnswerKind>("answer_kind");
                table.HasKnownValues<Origin>("origin");
                table.HasCheckConstraint("ck_requests_merged_into_id", "(state = 'merged') = (merged_into_id is not null) and merged_into_id <> id");
                table.HasCheckConstraint("ck_requests_answer", "(state = 'answered') = (answer_kind is not null) and (answer_kind is null) = (answer_text is null)");
            });
            builder.Property(r => r.Id).ValueGeneratedNever();
            builder.Property(r => r.Need).AsText();
            builder.Property(r => r.Origin).AsText();
            builder.Property(r => r.State).AsText();
            builder.Property(r => r.AnswerKind).AsText();
            builder.Ignore(r => r.Name);
            builder.HasOne<Case>().WithMany().HasForeignKey(r => r.CaseId);
            builder.HasOne<Request>().WithMany().HasForeignKey(r => r.MergedIntoId);
            builder.HasOne<Person>().WithMany().HasForeignKey(r => r.PersonId);
        }
    }
}
