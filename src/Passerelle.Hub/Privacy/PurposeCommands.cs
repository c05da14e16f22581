using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Privacy;

/// <summary>What the law says of each purpose: shown, and laid down anew as another version.</summary>
public static class PurposeCommands
{
    public static Command Build(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices) =>
        new("purposes", "What persons' data is shared for, on what ground, with whom: the record of processing activities.") { List(withServices), Revise(withServices) };

    static Command List(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var list = new Command("list", "Every version of every purpose's terms.");
        list.SetAction((_, ct) => withServices(async services =>
        {
            foreach (var terms in await services.GetRequiredService<HubDb>().Purposes.AsNoTracking().OrderBy(p => p.Purpose).ThenBy(p => p.Version).ToListAsync(ct)) Console.WriteLine(Line(terms));
        }, ct));
        return list;
    }

    static Command Revise(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var purpose = new Argument<Purpose>("purpose") { Description = "employmentreferral, schoolenrolment or recall." };
        var ground = new Option<Ground?>("--ground") { Description = "consent, publictask, legalobligation, contract or legitimateinterest." };
        var categories = new Option<DataCategory[]?>("--category") { Description = "Which kinds of data may be shared.", AllowMultipleArgumentsPerToken = true };
        var recipients = new Option<PartnerKind[]?>("--recipient") { Description = "Which kinds of partners may receive it.", AllowMultipleArgumentsPerToken = true };
        var guardians = new Option<GuardianRule?>("--guardians") { Description = "one or all: who must give a consent that is about a child." };
        var description = new Option<string?>("--description") { Description = "As persons are told, in French." };
        var from = new Option<DateTimeOffset?>("--from") { Description = "When it begins to count; without it, now." };
        var revise = new Command("revise", "Lays down the next version of a purpose's terms; what is not given stays as in the last one. What is on its way is decided by those that were in force.")
        {
            purpose, ground, categories, recipients, guardians, description, from,
        };
        revise.SetAction((parsed, ct) => withServices(async services =>
        {
            var db = services.GetRequiredService<HubDb>();
            var wanted = parsed.GetValue(purpose);
            var last = await db.Purposes.AsNoTracking().Where(p => p.Purpose == wanted).OrderByDescending(p => p.Version).FirstAsync(ct);
            var start = parsed.GetValue(from)?.ToUniversalTime() ?? await db.NowAsync(ct);
            if (start < last.StartTime) throw new InvalidOperationException("--from must not be before the last version began.");
            var next = last with
            {
                Version = last.Version + 1,
                Ground = parsed.GetValue(ground) ?? last.Ground,
                Categories = parsed.GetValue(categories) is { Length: > 0 } kinds ? [.. kinds.Distinct().Select(EnumText<DataCategory>.Of)] : last.Categories,
                Recipients = parsed.GetValue(recipients) is { Length: > 0 } to ? [.. to.Distinct().Select(EnumText<PartnerKind>.Of)] : last.Recipients,
                Guardians = parsed.GetValue(guardians) ?? last.Guardians,
                Description = parsed.GetValue(description) ?? last.Description,
                StartTime = start,
            };
            db.Purposes.Add(next with { AgreementRequired = last.AgreementRequired || next.Ground != Ground.LegalObligation });
            await db.SaveChangesAsync(ct);
            Console.WriteLine(Line(next));
        }, ct));
        return revise;
    }

    static string Line(PurposeTerms terms) =>
        $"{EnumText<Purpose>.Of(terms.Purpose),-22} v{terms.Version}  from {terms.StartTime:yyyy-MM-dd HH:mm}  {EnumText<Ground>.Of(terms.Ground),-20} {string.Join(',', terms.Categories)} to {string.Join(',', terms.Recipients)}"
        + $"  guardians: {EnumText<GuardianRule>.Of(terms.Guardians)}{(terms.AgreementRequired ? "" : "  needs no agreement")}  {terms.Description}";
}
