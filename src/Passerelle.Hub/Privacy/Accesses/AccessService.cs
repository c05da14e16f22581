using System.Buffers.Binary;
using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Hub.Privacy.Accesses;

public sealed class AccessService(HubDb db, AccessLog access) : Wire.AccessService.AccessServiceBase
{
    const int MaxCaller = 100;

    public override async Task<Wire.ListAccessesResponse> ListAccesses(Wire.ListAccessesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var personId = violations.OptionalId(request.Person, Names.Persons, "person");
        violations.Text(request.Caller, "caller", MaxCaller, required: false);
        var (start, end) = (violations.OptionalTime(request.StartTime, "start_time"), violations.OptionalTime(request.EndTime, "end_time"));
        violations.Check(start is null || end is null || start < end, "end_time", "must be after start_time");
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var entries = db.AccessEntries.AsNoTracking();
        if (personId is not null) entries = entries.Where(e => e.PersonId == personId);
        if (request.Caller.Length > 0) entries = entries.Where(e => e.CallerId == request.Caller);
        if (start is not null) entries = entries.Where(e => e.Time >= start);
        if (end is not null) entries = entries.Where(e => e.Time < end);
        if (page.After is { } after)
        {
            var sequence = SequenceOf(after);
            entries = entries.Where(e => e.Sequence < sequence);
        }

        var read = await entries.OrderByDescending(e => e.Sequence).Take(page.Size + 1).ToListAsync(context.CancellationToken);
        var (items, next) = page.Cut(read, e => PlaceOf(e.Sequence));
        await access.ReadAsync(context, "accesses", null, personId);
        var response = new Wire.ListAccessesResponse { NextPageToken = next };
        response.Accesses.AddRange(items.Select(ToWire));
        return response;
    }

    /// <summary>A page ends at an id: here that is a number.</summary>
    static Guid PlaceOf(long sequence)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        BinaryPrimitives.WriteInt64BigEndian(bytes[8..], sequence);
        return new Guid(bytes, bigEndian: true);
    }

    static long SequenceOf(Guid place)
    {
        Span<byte> bytes = stackalloc byte[16];
        place.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadInt64BigEndian(bytes[8..]);
    }

    static Wire.Access ToWire(AccessEntry entry) => new()
    {
        Sequence = entry.Sequence,
        Time = entry.Time.ToWire(),
        Person = entry.PersonId is { } person ? Names.Of(Names.Persons, person) : "",
        Case = entry.CaseId is { } caseId ? Names.Of(Names.Cases, caseId) : "",
        Resource = entry.Resource,
        Method = entry.Method,
        Purpose = (Wire.AccessPurpose)entry.Purpose,
        Caller = entry.CallerId,
        Actor = entry.Actor ?? "",
        Partner = entry.PartnerId is { } partner ? Names.OfPartner(partner) : "",
    };
}
