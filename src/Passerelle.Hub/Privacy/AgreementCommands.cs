using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Privacy;

/// <summary>What was agreed with each partner: without it, nothing is sent to it.</summary>
public static class AgreementCommands
{
    public static Command Build(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices) =>
        new("agreements", "What was agreed with each partner; without a valid agreement, what is for it is held.") { Add(withServices), End(withServices), List(withServices) };

    static Command Add(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var id = new Argument<string>("partner") { Description = "The partner's id." };
        var reference = new Option<string>("--reference") { Description = "Where the signed text is kept, e.g. CONV-2026-014.", Required = true };
        var until = new Option<DateTimeOffset>("--until") { Description = "When it ends by itself.", Required = true };
        var from = new Option<DateTimeOffset?>("--from") { Description = "When it begins; without it, now." };
        var role = new Option<AgreementRole>("--role") { Description = "controller (the default), jointcontroller or processor.", DefaultValueFactory = _ => AgreementRole.Controller };
        var purposes = new Option<Purpose[]>("--purpose") { Description = "What for; without it, what partners of its kind are for.", AllowMultipleArgumentsPerToken = true };
        var categories = new Option<DataCategory[]>("--category") { Description = "Which kinds of data; without it, all those of the purposes.", AllowMultipleArgumentsPerToken = true };
        var add = new Command("add", "Enters an agreement that was signed; what was held for want of it leaves.") { id, reference, until, from, role, purposes, categories };
        add.SetAction((parsed, ct) => withServices(async services =>
        {
            var db = services.GetRequiredService<HubDb>();
            var now = await db.NowAsync(ct);
            var wanted = parsed.GetRequiredValue(id);
            var partner = await db.Partners.AsNoTracking().SingleOrDefaultAsync(p => p.Id == wanted, ct) ?? throw PartnerCommands.NotThere(wanted);
            var terms = (await services.GetRequiredService<GateBook>().ReadAnewAsync(db, ct)).InForce(now).ToList();
            var agreement = Default(partner, terms, parsed.GetValue(purposes) ?? [], parsed.GetValue(categories) ?? [], parsed.GetValue(role), parsed.GetRequiredValue(reference),
                parsed.GetValue(from) ?? now, parsed.GetRequiredValue(until), now);
            await services.GetRequiredService<AgreementDesk>().SignAsync(agreement, ct);
            Console.WriteLine(Line(agreement));
        }, ct));
        return add;
    }

    static Agreement Default(
        Partner partner, List<PurposeTerms> terms, Purpose[] purposes, DataCategory[] categories, AgreementRole role, string reference, DateTimeOffset from, DateTimeOffset until, DateTimeOffset now)
    {
        var covered = terms.Where(t => purposes.Length > 0 ? purposes.Contains(t.Purpose) : t.AgreementRequired && t.MayGoTo(partner.Kind)).ToList();
        if (covered.Count == 0) throw new InvalidOperationException($"Nothing that needs an agreement goes to partners of the kind {EnumText<PartnerKind>.Of(partner.Kind)}.");
        if (covered.Find(t => !t.MayGoTo(partner.Kind)) is { } foreign) throw new InvalidOperationException($"{EnumText<Purpose>.Of(foreign.Purpose)} is not for partners of the kind {EnumText<PartnerKind>.Of(partner.Kind)}.");
        if (until <= from) throw new InvalidOperationException("--until must be after --from.");
        return Agreement.Sign(
            partner.Id, role, covered.Select(t => t.Purpose), categories.Length > 0 ? categories : covered.SelectMany(t => t.Categories).Select(EnumText<DataCategory>.Parse), reference,
            from.ToUniversalTime(), until.ToUniversalTime(), now);
    }

    static Command End(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var name = new Argument<string>("agreement") { Description = "agreements/{uuid}, as `agreements list` prints it." };
        name.Validators.Add(given => { if (!Names.TryParse(Names.Agreements, given.GetValueOrDefault<string>() ?? "", out _)) given.AddError("The agreement must look like agreements/{uuid}."); });
        var end = new Command("end", "Ends an agreement at once; from then on nothing leaves by it.") { name };
        end.SetAction((parsed, ct) => withServices(async services =>
        {
            Names.TryParse(Names.Agreements, parsed.GetRequiredValue(name), out var id);
            var agreement = await services.GetRequiredService<AgreementDesk>().RevokeAsync(id, ct) ?? throw new InvalidOperationException($"There is no {parsed.GetRequiredValue(name)}.");
            Console.WriteLine(Line(agreement));
        }, ct));
        return end;
    }

    static Command List(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var list = new Command("list", "Every agreement, by partner.");
        list.SetAction((_, ct) => withServices(async services =>
        {
            foreach (var agreement in await services.GetRequiredService<HubDb>().Agreements.AsNoTracking().OrderBy(a => a.PartnerId).ThenByDescending(a => a.Id).ToListAsync(ct)) Console.WriteLine(Line(agreement));
        }, ct));
        return list;
    }

    static string Line(Agreement a) =>
        $"{Names.Of(Names.Agreements, a.Id)}  {a.PartnerId,-24} {EnumText<AgreementRole>.Of(a.Role),-16} {string.Join(',', a.Purposes)} ({string.Join(',', a.Categories)})  "
        + $"{a.StartTime:yyyy-MM-dd} to {a.EndTime:yyyy-MM-dd}{(a.RevokeTime is { } ended ? $", ended {ended:yyyy-MM-dd HH:mm}" : "")}  {a.Reference}";
}
