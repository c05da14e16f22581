using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;

namespace Passerelle.Hub.Employment;

/// <summary>An adult's CV, sealed with the person's key. A person has one at most: the newest, and nothing of those before is kept.</summary>
public sealed class Cv
{
    const string ContentColumn = "cvs.content";

    Cv() { }

    public static Cv Attach(Guid personId, byte[] utf8Json, PersonCipher cipher, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
        return new Cv { Id = id, PersonId = personId, Content = cipher.Seal(utf8Json, ContentColumn, id), CreateTime = now };
    }

    public Guid Id { get; private set; }

    public Guid PersonId { get; private set; }

    public byte[] Content { get; private set; } = [];

    public DateTimeOffset CreateTime { get; private set; }

    /// <summary>The JSON Resume document, as it was attached.</summary>
    public string Open(PersonCipher cipher) => cipher.OpenText(Content, ContentColumn, Id);

    public sealed class Mapping : IEntityTypeConfiguration<Cv>
    {
        public void Configure(EntityTypeBuilder<Cv> builder)
        {
            builder.ToTable("cvs");
            builder.Property(c => c.Id).ValueGeneratedNever();
            builder.HasOne<Person>().WithMany().HasForeignKey(c => c.PersonId);
            builder.HasIndex(c => c.PersonId).IsUnique();
        }
    }
}

/// <summary>There is nothing to send yet.</summary>
public sealed class CvMissing(Guid personId)
    : Refusal(StatusCode.FailedPrecondition, ErrorReason.CvMissing, "The person has no CV yet.", ("person", Names.Of(Names.Persons, personId)));
