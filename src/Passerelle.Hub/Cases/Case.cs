using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Cases.V1;

namespace Passerelle.Hub.Cases;

public enum Need { Employment = 1, Housing, Schooling, Discovery, Leisure }

/// <summary>One household's move.</summary>
public sealed class Case
{
    Case() { }

    /// <param name="number">From the sequence of case numbers.</param>
    public static Case Open(Guid id, IEnumerable<Need> needs, int number, DateTimeOffset now) => new()
    {
        Id = id,
        Reference = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{now.Year}-{number:00000}"),
        Needs = [.. needs.Distinct().Select(EnumText<Need>.Of)],
        CreateTime = now,
    };

    public Guid Id { get; private set; }

    public string Reference { get; private set; } = "";

    public string[] Needs { get; private set; } = [];

    public DateTimeOffset CreateTime { get; private set; }

    public sealed class Mapping : IEntityTypeConfiguration<Case>
    {
        public void Configure(EntityTypeBuilder<Case> builder)
        {
            builder.ToTable("cases");
            builder.Property(c => c.Id).ValueGeneratedNever();
            builder.HasIndex(c => c.Reference).IsUnique();
        }
    }
}

public enum PersonRole { Adult = 1, Child }

/// <summary>A member of a household. Names and contacts are sealed with the person's key.</summary>
public sealed class Person
{
    const string ProfileColumn = "persons.profile";

    Person() { }

    public static Person Join(Guid id, Guid caseId, int position, Wire.Person profile, PersonCipher cipher) => new()
    {
        Id = id,
        CaseId = caseId,
        Position = position,
        Role = (PersonRole)profile.Role,
        Profile = cipher.SealMessage(profile, ProfileColumn, id),
    };

    public Guid Id { get; private set; }

    public Guid CaseId { get; private set; }

    /// <summary>The place in the household, as it was given; 0 for the first.</summary>
    public int Position { get; private set; }

    public PersonRole Role { get; private set; }

    public byte[] Profile { get; private set; } = [];

    public void Rectify(Wire.Person profile, PersonCipher cipher) => Profile = cipher.SealMessage(profile, ProfileColumn, Id);

    /// <param name="cipher">Null when the person was erased: what is left is that there was somebody.</param>
    public Wire.Person ToWire(PersonCipher? cipher) => cipher is { IsRestricted: false }
        ? OpenProfile(cipher)
        : new() { Name = Platform.Names.Of(Platform.Names.Persons, Id), Role = (Wire.Person.Types.Role)Role, Erased = cipher is null, Restricted = cipher is not null };

    /// <summary>Who it is: names, birth date, contacts.</summary>
    public Wire.Person OpenProfile(PersonCipher cipher)
    {
        var profile = cipher.OpenMessage<Wire.Person>(Profile, ProfileColumn, Id);
        profile.Name = Platform.Names.Of(Platform.Names.Persons, Id);
        return profile;
    }

    public sealed class Mapping : IEntityTypeConfiguration<Person>
    {
        public void Configure(EntityTypeBuilder<Person> builder)
        {
            builder.ToTable("persons", table => table.HasKnownValues<PersonRole>("role"));
            builder.Property(p => p.Id).ValueGeneratedNever();
            builder.Property(p => p.Role).AsText();
            builder.HasOne<Case>().WithMany().HasForeignKey(p => p.CaseId);
            builder.HasIndex(p => new { p.CaseId, p.Position }).IsUnique();
        }
    }
}
