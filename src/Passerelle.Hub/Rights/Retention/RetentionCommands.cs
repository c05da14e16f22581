using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Rights.Retention;

/// <summary>For how long what is kept: shown, changed, rehearsed.</summary>
public static class RetentionCommands
{
    const int MostNamed = 20;

    public static Command Build(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices) =>
        new("retention", "For how long each kind of data is kept, and what goes when.") { Rules(withServices), Set(withServices), Plan(withServices), Run(withServices) };

    static Command Rules(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var rules = new Command("rules", "Every version of every rule.");
        rules.SetAction((_, ct) => withServices(async services =>
        {
            foreach (var rule in await services.GetRequiredService<HubDb>().RetentionRules.AsNoTracking().OrderBy(r => r.Kind).ThenBy(r => r.Version).ToListAsync(ct)) Console.WriteLine(Line(rule));
        }, ct));
        return rules;
    }

    static Command Set(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var kind = new Argument<RetainedKind>("kind") { Description = "draft, cv, cvunconsented, declinedintroduction, schoolfile, case or calllog." };
        var months = new Option<int>("--months") { Description = "How many months it is kept." };
        var days = new Option<int>("--days") { Description = "And how many days." };
        var notice = new Option<int>("--notice-days") { Description = "So many days before it goes, it is announced; 0: it is not.", DefaultValueFactory = _ => 30 };
        foreach (var option in (Option<int>[])[months, days, notice]) option.Validators.Add(given => { if (given.GetValueOrDefault<int>() < 0) given.AddError($"{option.Name} must not be negative."); });
        var set = new Command("set", "Lays down the next version of a rule; it counts at once, also for what is there already.") { kind, months, days, notice };
        set.SetAction((parsed, ct) => withServices(async services =>
        {
            var db = services.GetRequiredService<HubDb>();
            var wanted = parsed.GetValue(kind);
            var last = await db.RetentionRules.AsNoTracking().Where(r => r.Kind == wanted).MaxAsync(r => r.Version, ct);
            var rule = new RetentionRule(wanted, last + 1, parsed.GetValue(months), parsed.GetValue(days), parsed.GetValue(notice), await db.NowAsync(ct));
            db.RetentionRules.Add(rule);
            await db.SaveChangesAsync(ct);
            Console.WriteLine(Line(rule));
        }, ct));
        return set;
    }

    static Command Plan(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var until = new Option<DateTimeOffset?>("--until") { Description = "What will be kept too long by then; without it, in 30 days." };
        var plan = new Command("plan", "Says what will go, and when; changes nothing.") { until };
        plan.SetAction((parsed, ct) => withServices(async services =>
        {
            var now = await services.GetRequiredService<HubDb>().NowAsync(ct);
            var found = await services.GetRequiredService<RetentionDesk>().FindAsync(parsed.GetValue(until) ?? now.AddDays(30), ct);
            foreach (var kind in found.GroupBy(r => r.Kind))
            {
                Console.WriteLine($"{EnumText<RetainedKind>.Of(kind.Key)}: {kind.Count()}");
                foreach (var one in kind.Take(MostNamed)) Console.WriteLine($"  {one.Subject}  kept until {one.DueTime:yyyy-MM-dd}  {(one.NoticeDays == 0 ? "" : one.Announced is { } told ? $"announced {told:yyyy-MM-dd}" : "not announced yet")}");
                if (kind.Count() > MostNamed) Console.WriteLine($"  and {kind.Count() - MostNamed} more");
            }

            if (found.Count == 0) Console.WriteLine("Nothing.");
        }, ct));
        return plan;
    }

    static Command Run(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var run = new Command("run", "Announces and purges now, as every night.");
        run.SetAction((_, ct) => withServices(async services =>
        {
            var desk = services.GetRequiredService<RetentionDesk>();
            Console.WriteLine($"{await desk.AnnounceAsync(ct)} announced, {await desk.PurgeAsync(ct)} purged");
        }, ct));
        return run;
    }

    static string Line(RetentionRule rule) =>
        $"{EnumText<RetainedKind>.Of(rule.Kind),-22} v{rule.Version}  {rule.Months} months {rule.Days} days  announced {rule.NoticeDays} days before  from {rule.StartTime:yyyy-MM-dd}";
}
