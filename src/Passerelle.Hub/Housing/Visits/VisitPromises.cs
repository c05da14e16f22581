using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Clocks.Notifications;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;
using AnswerKind = Passerelle.Hub.Cases.AnswerKind;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>What a day of visits is to the household's open questions for a home: appointments that are confirmed are an answer.</summary>
public sealed class VisitPromises(HubDb db, ClockBook clocks, ClockPolicies policies, Vault vault)
{
    /// <summary>Whoever answers a request locks it before its promise; so it comes before all exchanges and clocks of the day.</summary>
    public Task LockAsync(VisitDay day, CancellationToken ct) =>
        db.Requests.FromSql($"select * from requests where case_id = {day.CaseId} and need = 'housing' and state = 'open' order by id for update").LoadAsync(ct);

    /// <summary>Of those that were locked: each whose policy takes an appointment for an answer.</summary>
    public async Task AnswerAsync(VisitDay day, CancellationToken ct)
    {
        foreach (var request in db.Requests.Local.Where(r => r.CaseId == day.CaseId && r is { Need: Need.Housing, State: RequestState.Open }).OrderBy(r => r.Id).ToList())
        {
            var policy = await db.Clocks.Where(c => c.Subject == request.Name).Select(c => new PolicyKey(c.PolicyId, c.PolicyVersion)).SingleAsync(ct);
            if (!(await policies.ReadAsync(db, [policy], ct)).Of(policy).Counts(Clocks.History.AnswerKind.AppointmentConfirmed)) continue;
            if (await vault.FindAsync(request.PersonId, ct) is not { } cipher) continue;
            request.Answer(AnswerKind.AppointmentConfirmed, Sentence(day), cipher);
            var promise = await clocks.AnswerAsync(request.Name, Clocks.History.AnswerKind.AppointmentConfirmed, ct);
            db.Events.Add(HubEvent.Of("request.answered", promise.AnswerTime!.Value, request.Name, request.CaseId, detail: EnumText<Standing>.Of(promise.State)));
        }
    }

    /// <summary>What the household is answered.</summary>
    static string Sentence(VisitDay day)
    {
        var slots = day.Visits.Where(v => v.State == VisitRequestState.Confirmed).Select(v => v.SlotStart!.Value).Order().ToList();
        var date = VisitText.Date(day.Date);
        return slots is [var only]
            ? VisitText.Text("Answer_One", date, VisitText.Time(only))
            : VisitText.Text("Answer_Many", date, slots.Count, VisitText.Time(slots[0]), VisitText.Time(slots[^1]));
    }

    /// <summary>Where the household still has a promise to be kept, whoever keeps it must know that the day has come to nothing.</summary>
    public async Task TellServiceAsync(VisitDay day, DateTimeOffset now, CancellationToken ct)
    {
        var promise = await db.Clocks.AsNoTracking()
            .Where(c => c.CaseId == day.CaseId && c.Family == ClockFamily.Promise && (c.State == Standing.Running || c.State == Standing.Overdue))
            .OrderBy(c => c.DueTime).FirstOrDefaultAsync(ct);
        if (promise is not null) db.Notices.Add(Notice.ForService(promise.Id, Notice.Stranded, isUrgent: false, now));
    }
}
