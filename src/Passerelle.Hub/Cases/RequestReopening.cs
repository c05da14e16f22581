using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Cases;

/// <summary>A request whose answer was none waits for one again.</summary>
public sealed class RequestReopening(HubDb db) : IReopenable
{
    public string Collection => Names.Requests;

    public async Task ReopenAsync(Guid id, CancellationToken ct)
    {
        var request = (await db.Requests.FromSql($"select * from requests where id = {id} for update").ToListAsync(ct)).SingleOrDefault() ?? throw new ResourceNotFound(Names.Of(Names.Requests, id));
        if (request.Reopen()) db.Events.Add(HubEvent.Of("request.reopened", await db.NowAsync(ct), request.Name, request.CaseId));
    }
}
