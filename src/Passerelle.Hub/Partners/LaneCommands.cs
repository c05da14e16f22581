using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Partners;

/// <summary>How wide and how fast the way to each partner is, and whether it is open.</summary>
public static class LaneCommands
{
    public static Command Build(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices) =>
        new("lanes", "The ways to the partners: their limits, and whether they are open.") { Set(withServices), List(withServices) };

    static Command Set(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var id = new Argument<string>("partner") { Description = "The partner's id." };
        var inFlight = new Option<int?>("--max-in-flight") { Description = "How many exchanges may be on their way at once, at least 1. Without it: as Lanes:MaxInFlight says, or Lanes:MaxPulled where the partner fetches." };
        var perSecond = new Option<int?>("--max-per-second") { Description = "How many may leave in a second; 0: no limit. Without it: as Lanes:MaxPerSecond says." };
        inFlight.Validators.Add(given => { if (given.GetValueOrDefault<int?>() < 1) given.AddError("--max-in-flight must be at least 1."); });
        perSecond.Validators.Add(given => { if (given.GetValueOrDefault<int?>() < 0) given.AddError("--max-per-second must not be negative."); });
        var set = new Command("set", "Sets both limits of a partner's lane; every node heeds them from its next claim on.") { id, inFlight, perSecond };
        set.SetAction((parsed, ct) => withServices(async services =>
        {
            var wanted = parsed.GetRequiredValue(id);
            var partner = await services.GetRequiredService<PartnerDesk>().ChangeAsync(wanted, (partner, _) => partner.Lane.Limit(parsed.GetValue(inFlight), parsed.GetValue(perSecond)), ct)
                ?? throw PartnerCommands.NotThere(wanted);
            Console.WriteLine(Line(partner, services));
        }, ct));
        return set;
    }

    static Command List(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var list = new Command("list", "Every lane: limits, health, pause.");
        list.SetAction((_, ct) => withServices(async services =>
        {
            foreach (var partner in await services.GetRequiredService<HubDb>().Partners.AsNoTracking().Include(p => p.Lane).OrderBy(p => p.Id).ToListAsync(ct)) Console.WriteLine(Line(partner, services));
        }, ct));
        return list;
    }

    static string Line(Partner partner, IServiceProvider services)
    {
        var lane = partner.Lane;
        var options = services.GetRequiredService<IOptions<LaneOptions>>().Value;
        var rate = lane.MaxPerSecond ?? options.MaxPerSecond;
        var state = lane.PauseTime is { } pause ? $"paused {pause:yyyy-MM-dd HH:mm} ({lane.PauseReason})" : EnumText<LaneHealth>.Of(lane.Health);
        return $"{lane.PartnerId,-24} {lane.MaxInFlight ?? options.MaxInFlightOf(partner.Delivery),6} in flight {(rate == 0 ? "no limit" : rate + "/s"),10}  {state}";
    }
}
