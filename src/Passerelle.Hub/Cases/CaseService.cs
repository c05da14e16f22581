using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;
using Passerelle.Hub.Privacy;
using Passerelle.Hub.Privacy.Accesses;
using Wire = Passerelle.Contracts.Cases.V1;

namespace Passerelle.Hub.Cases;

public sealed class CaseService(
    HubDb db, RequestLedger ledger, Vault vault, PersonLookups lookups, AccessLog access, EventFeed feed, NpgsqlDataSource source, WatchLoop watch, ChangeSignal changes) : Wire.CaseService.CaseServiceBase
{
    const int MaxMembers = 20;
    const int MaxTimeline = 500;

    public override async Task<Wire.OpenCaseResponse> OpenCase(Wire.OpenCaseRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var requestId = violations.RequestId(request.RequestId);
        violations.Check(request.Members.Count is > 0 and <= MaxMembers, "members", $"must be 1 to {MaxMembers} persons");
        violations.Check(request.Members.Any(m => m.Role == Wire.Person.Types.Role.Adult), "members", "needs at least one adult");
        for (var i = 0; i < request.Members.Count; i++)
        {
            violations.Check(request.Members[i].Name.Length == 0, $"members[{i}].name", "is output only");
            PersonProfile.Check(request.Members[i], $"members[{i}]", violations);
        }

        violations.Members(request.Needs, "needs");
        violations.ThrowIfAny();
        var response = await ledger.OnceAsync(context, requestId, request, async now =>
        {
            var number = (await db.Database.SqlQuery<int>($"""select nextval('case_numbers')::int as "Value" """).ToListAsync(context.CancellationToken))[0];
            var opened = Case.Open(Guid.CreateVersion7(now), request.Needs.Select(n => (Need)n), number, now);
            db.Cases.Add(opened);
            var members = request.Members.Select((profile, position) =>
            {
                var id = Guid.CreateVersion7(now);
                return Person.Join(id, opened.Id, position, profile, vault.Create(id, opened.Id, now));
            }).ToList();
            db.Persons.AddRange(members);
            foreach (var (member, profile) in members.Zip(request.Members)) await lookups.WriteAsync(member.Id, profile.Email, profile.Phone, context.CancellationToken);
            db.Events.Add(HubEvent.Of("case.opened", now, Names.Of(Names.Cases, opened.Id), opened.Id));
            return new Wire.OpenCaseResponse { Case = ToWire(opened, members) };
        });
        changes.Pulse();
        return response;
    }

    public override async Task<Wire.GetCaseResponse> GetCase(Wire.GetCaseRequest request, ServerCallContext context)
    {
        var id = ReadName(request.Name);
        var ct = context.CancellationToken;
        // Read before the rest: what happens meanwhile is then seen again by the watch, never left out.
        var cursor = await feed.EndOfCaseAsync(id, ct);
        var found = await db.Cases.AsNoTracking().SingleOrDefaultAsync(c => c.Id == id, ct) ?? throw new ResourceNotFound(request.Name);
        var members = await db.Persons.AsNoTracking().Where(p => p.CaseId == id).OrderBy(p => p.Position).ToListAsync(ct);
        var requests = await db.Requests.AsNoTracking().Where(r => r.CaseId == id).OrderBy(r => r.Id).ToListAsync(ct);
        var clocks = await db.Clocks.AsNoTracking().Where(c => c.CaseId == id).OrderBy(c => c.DueTime).ToListAsync(ct);
        var timeline = await db.Events.AsNoTracking().Where(e => e.CaseId == id).OrderByDescending(e => e.Time).ThenByDescending(e => e.Sequence).Take(MaxTimeline).ToListAsync(ct);
        var response = new Wire.GetCaseResponse { Case = ToWire(found, members), Cursor = cursor.ToString() };
        await access.ReadAsync(context, request.Name, id, members.Select(m => m.Id));
        await vault.LoadAsync(members.Select(m => m.Id), ct);
        response.Members.AddRange(members.Select(m => m.ToWire(vault.Find(m.Id))));
        response.Requests.AddRange(requests.Select(r => RequestService.ToWire(r, clocks.Single(c => c.Subject == r.Name))));
        response.Clocks.AddRange(clocks.Select(ClockService.ToWire));
        timeline.Reverse();
        response.Timeline.AddRange(timeline.Select(e => ToWire(new FeedEvent(e.Type, e.Time, e.Subject, e.CaseId, e.PartnerId, e.Detail))));
        return response;
    }

    public override async Task<Wire.ListCasesResponse> ListCases(Wire.ListCasesRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        var page = Page.Of(request.PageSize, request.PageToken, request, violations);
        violations.ThrowIfAny();
        var ct = context.CancellationToken;
        var read = await db.Cases.AsNoTracking()
            .Where(c => page.After == null || c.Id.CompareTo(page.After.Value) < 0)
            .OrderByDescending(c => c.Id).Take(page.Size + 1).ToListAsync(ct);
        var (items, next) = page.Cut(read, c => c.Id);
        var ids = items.Select(c => c.Id).ToList();
        var members = (await db.Persons.AsNoTracking().Where(p => ids.Contains(p.CaseId)).OrderBy(p => p.Position).ToListAsync(ct)).ToLookup(p => p.CaseId);
        var response = new Wire.ListCasesResponse { NextPageToken = next };
        response.Cases.AddRange(items.Select(c => ToWire(c, members[c.Id])));
        return response;
    }

    public override async Task<Wire.FindPersonsResponse> FindPersons(Wire.FindPersonsRequest request, ServerCallContext context)
    {
        var violations = new Violations();
        violations.Check(request.ContactCase != Wire.FindPersonsRequest.ContactOneofCase.None, "contact", "is required: email or phone");
        if (request.HasEmail) violations.Text(request.Email, "email", 254);
        if (request.HasPhone) violations.Text(request.Phone, "phone", 30);
        violations.ThrowIfAny();
        var found = request.HasEmail
            ? await lookups.FindAsync(LookupField.Email, request.Email, context.CancellationToken)
            : await lookups.FindAsync(LookupField.Phone, request.Phone, context.CancellationToken);
        var response = new Wire.FindPersonsResponse();
        response.Matches.AddRange(found.Select(f => new Wire.FindPersonsResponse.Types.Match { Person = Names.Of(Names.Persons, f.PersonId), Case = Names.Of(Names.Cases, f.CaseId) }));
        return response;
    }

    public override async Task<Wire.GetCaseStatusResponse> GetCaseStatus(Wire.GetCaseStatusRequest request, ServerCallContext context)
    {
        var id = ReadName(request.Name);
        // Asked all day long by every application: one prepared statement, by key.
        await using var command = source.CreateCommand(
            """
            select count(k.id) filter (where k.due_time >= hub_now()), count(k.id) filter (where k.due_time < hub_now()), min(k.due_time) filter (where k.due_time >= hub_now())
            from cases c left join clocks k on k.case_id = c.id and k.state in ('running', 'overdue')
            where c.id = $1 group by c.id
            """);
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = id });
        await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
        if (!await reader.ReadAsync(context.CancellationToken)) throw new ResourceNotFound(request.Name);
        return new Wire.GetCaseStatusResponse
        {
            RunningClocks = (int)reader.GetInt64(0),
            OverdueClocks = (int)reader.GetInt64(1),
            NextDueTime = reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2).ToWire(),
        };
    }

    public override async Task WatchCase(Wire.WatchCaseRequest request, IServerStreamWriter<Wire.WatchCaseResponse> responseStream, ServerCallContext context)
    {
        var id = ReadName(request.Name);
        var cursor = FeedCursor.Parse(request.StartCursor);
        if (!await db.Cases.AnyAsync(c => c.Id == id, context.CancellationToken)) throw new ResourceNotFound(request.Name);
        DateTimeOffset read = default;
        await watch.RunAsync(
            async ct =>
            {
                var page = await feed.ReadAsync(new FeedFilter(CaseId: id), cursor, 200, ct);
                foreach (var (position, happened) in page.Events)
                    await responseStream.WriteAsync(new Wire.WatchCaseResponse { Cursor = position.ToString(), Event = ToWire(happened) }, ct);
                (cursor, read) = (page.End, page.ReadTime);
                return page.Events.Count > 0;
            },
            async ct => await responseStream.WriteAsync(new Wire.WatchCaseResponse { Cursor = cursor.ToString(), CheckpointTime = read.ToWire() }, ct),
            context.CancellationToken);
    }

    static Guid ReadName(string name)
    {
        var violations = new Violations();
        var id = violations.Id(name, Names.Cases, "name");
        violations.ThrowIfAny();
        return id;
    }

    static Wire.Case ToWire(Case found, IEnumerable<Person> members)
    {
        var wire = new Wire.Case { Name = Names.Of(Names.Cases, found.Id), Reference = found.Reference, CreateTime = found.CreateTime.ToWire() };
        wire.Members.AddRange(members.Select(m => Names.Of(Names.Persons, m.Id)));
        wire.Needs.AddRange(found.Needs.Select(n => (Wire.Need)EnumText<Need>.Parse(n)));
        return wire;
    }

    static Wire.TimelineEvent ToWire(FeedEvent happened) => new()
    {
        Time = happened.Time.ToWire(),
        Type = happened.Type,
        Subject = happened.Subject,
        Partner = happened.PartnerId is { } partner ? Names.OfPartner(partner) : "",
        Detail = happened.Detail,
    };
}
