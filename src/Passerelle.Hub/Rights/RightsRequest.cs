using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Rights;

public enum RightsRequestState { Open = 1, Done, Declined }

public enum RightsDeclineReason { IdentityDoubtful = 1, Excessive, NotGiven, TakenBack }

/// <summary>What a person asked for of the data about them. Its clock, of the family of legal terms, has it as its subject.</summary>
public sealed class RightsRequest
{
    RightsRequest() { }

    public static RightsRequest File(Guid personId, Guid caseId, PersonRight right, Purpose? purpose, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now), PersonId = personId, CaseId = caseId, Right = right, Purpose = purpose, State = RightsRequestState.Open, CreateTime = now,
    };

    public Guid Id { get; private set; }

    public Guid PersonId { get; private set; }

    public Guid CaseId { get; private set; }

    public PersonRight Right { get; private set; }

    /// <summary>Of an objection: to what.</summary>
    public Purpose? Purpose { get; private set; }

    public RightsRequestState State { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    public DateTimeOffset? CloseTime { get; private set; }

    public RightsDeclineReason? DeclineReason { get; private set; }

    public string Name => Names.Of(Names.RightsRequests, Id);

    /// <returns>False when it is closed in this very way already.</returns>
    public bool Close(RightsDeclineReason? declined, DateTimeOffset now)
    {
        var state = declined is null ? RightsRequestState.Done : RightsRequestState.Declined;
        if (State == state && DeclineReason == declined) return false;
        if (State != RightsRequestState.Open) throw new StateConflict(Name, EnumText<RightsRequestState>.Of(State), "The request was closed otherwise.");
        (State, DeclineReason, CloseTime) = (state, declined, now);
        return true;
    }

    public Wire.RightsRequest ToWire(Clock clock) => new()
    {
        Name = Name,
        Person = Names.Of(Names.Persons, PersonId),
        Right = (Wire.Right)Right,
        Purpose = (Wire.Purpose)(Purpose ?? 0),
        State = (Wire.RightsRequest.Types.State)State,
        CreateTime = CreateTime.ToWire(),
        CloseTime = CloseTime.ToWire(),
        DeclineReason = (Wire.RightsRequest.Types.DeclineReason)(DeclineReason ?? 0),
        Clock = ClockService.ToWire(clock),
    };

    public sealed class Mapping : IEntityTypeConfiguration<RightsRequest>
    {
        public void Configure(EntityTypeBuilder<RightsRequest> builder)
        {
            builder.ToTable("rights_requests", table =>
            {
                table.HasKnownValues<PersonRight>("asked_right");
                table.HasKnownValues<Purpose>("purpose");
                table.HasKnownValues<RightsRequestState>("state");
                table.HasKnownValues<RightsDeclineReason>("decline_reason");
                table.HasCheckConstraint("ck_rights_requests_purpose", "(asked_right = 'objection') = (purpose is not null)");
                table.HasCheckConstraint("ck_rights_requests_close", "(state = 'open') = (close_time is null) and (state = 'declined') = (decline_reason is not null)");
            });
            builder.Property(r => r.Id).ValueGeneratedNever();
            // "right" is a word of SQL.
            builder.Property(r => r.Right).HasColumnName("asked_right").AsText();
            builder.Property(r => r.Purpose).AsText();
            builder.Property(r => r.State).AsText();
            builder.Property(r => r.DeclineReason).AsText();
            builder.Ignore(r => r.Name);
            builder.HasOne<Person>().WithMany().HasForeignKey(r => r.PersonId);
            builder.HasOne<Case>().WithMany().HasForeignKey(r => r.CaseId);
            builder.HasIndex(r => new { r.PersonId, r.Id });
            builder.HasIndex(r => r.Id, "ix_rights_requests_open").HasFilter("state = 'open'");
        }
    }
}

/// <summary>The grounds do not give this right.</summary>
public sealed class RightNotGiven(Guid personId, PersonRight right, Purpose purpose)
    : Refusal(StatusCode.FailedPrecondition, ErrorReason.RightNotGiven, "The ground of what is done with the person's data does not give this right.",
        ("person", Names.Of(Names.Persons, personId)), ("right", EnumText<PersonRight>.Of(right)), ("purpose", EnumText<Purpose>.Of(purpose)));
