using System.CommandLine;
using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Platform.Alarms;

/// <summary>What an operator must see to.</summary>
public static class AlarmCommands
{
    public static Command Build(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var list = new Command("alarms", "Open alarms, with some of the rows that they are about. None: nothing is printed.");
        list.SetAction((_, ct) => withServices(async services =>
        {
            foreach (var alarm in await services.GetRequiredService<HubDb>().Alarms.AsNoTracking().Where(a => a.ClearTime == null).OrderBy(a => a.RaiseTime).ToListAsync(ct))
                Console.WriteLine($"{alarm.Name,-22} since {alarm.RaiseTime:yyyy-MM-dd HH:mm:ss}  {alarm.Count} rows: {string.Join(' ', alarm.Rows)}");
        }, ct));
        return list;
    }
}
