using System.Text.Json.Nodes;

namespace Passerelle.Hub.Privacy;

/// <summary>What one slice holds about a person, as it brings it to access, portability and erasure.</summary>
public interface IPersonalData
{
    /// <summary>Its part of the archive, in French, as people read it: `emploi`, `scolarite`.</summary>
    string Section { get; }

    /// <summary>All of it, in words.</summary>
    /// <param name="portable">Only what the person gave themselves, on grounds that give the right to take it along (GDPR, article 20).</param>
    /// <returns>Null when there is nothing.</returns>
    Task<PersonalSection?> ExportAsync(Guid personId, PersonCipher cipher, bool portable, CancellationToken ct);

    /// <summary>Removes what is nothing but the person's content, in the caller's transaction. What is sealed in rows that stay is unreadable without the key.</summary>
    Task EraseAsync(Guid personId, CancellationToken ct);
}

/// <param name="Data">As JSON.</param>
/// <param name="Originals">Files as they were given.</param>
public sealed record PersonalSection(JsonNode Data, IReadOnlyList<Original> Originals);

/// <param name="Name">Its name in the archive.</param>
/// <param name="ReadAsync">Its bytes, read when their turn comes: a person may have many files.</param>
public sealed record Original(string Name, Func<CancellationToken, Task<byte[]>> ReadAsync);
