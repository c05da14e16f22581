using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Employment;

/// <summary>Who can look for work: the adults of a household.</summary>
static class Candidates
{
    /// <summary>The person, locked until the caller's transaction ends: two CVs of one person come one after the other.</summary>
    /// <remarks>NO KEY: other rows may go on referring to the person meanwhile.</remarks>
    public static async Task<Person> LockAdultAsync(this HubDb db, Guid personId, CancellationToken ct)
    {
        var person = (await db.Persons.FromSql($"select * from persons where id = {personId} for no key update").ToListAsync(ct)).SingleOrDefault()
            ?? throw new ResourceNotFound(Names.Of(Names.Persons, personId));
        person.Role.RequireAdult();
        return person;
    }

    public static void RequireAdult(this PersonRole role)
    {
        if (role != PersonRole.Adult) throw NotAdult();
    }

    /// <summary>A child is known to the caller, and will never have a CV: the field is wrong, not the moment.</summary>
    public static FieldInvalid NotAdult() => new([new() { Field = "person", Description = "must be an adult" }]);
}
