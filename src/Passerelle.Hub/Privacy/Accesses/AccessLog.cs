using Grpc.Core;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Privacy.Accesses;

/// <summary>Where a service says whose data it is about to give. Whoever forgets it is stopped by AccessInterceptor.</summary>
public sealed class AccessLog(IAccessWriter writer)
{
    const string Key = "passerelle.access";

    /// <summary>To be awaited before any of it leaves: when this returns, it is on the disk that the call has read these persons' data.</summary>
    /// <param name="resource">What is read, by its name.</param>
    public Task ReadAsync(ServerCallContext context, string resource, Guid? caseId, IEnumerable<Guid> personIds) => NoteAsync(context, resource, caseId, [.. personIds.Select(id => (Guid?)id)]);

    /// <param name="personId">Null: nobody's in particular.</param>
    public Task ReadAsync(ServerCallContext context, string resource, Guid? caseId, Guid? personId) => NoteAsync(context, resource, caseId, [personId]);

    /// <summary>Whether the call has said whose data it gives.</summary>
    public static bool IsNoted(ServerCallContext context) => context.GetHttpContext().Items.ContainsKey(Key);

    async Task NoteAsync(ServerCallContext context, string resource, Guid? caseId, IReadOnlyList<Guid?> personIds)
    {
        var (caller, reason) = (context.Caller(), AccessReason.Of(context));
        var note = new AccessNote(resource, caseId, personIds, context.Method.TrimStart('/'), reason.Purpose, caller.Id, reason.Actor, caller.PartnerId);
        await writer.WriteAsync(note).WaitAsync(context.CancellationToken);
        context.GetHttpContext().Items[Key] = true;
        Points.Reach(Points.AccessNoted);
    }
}
