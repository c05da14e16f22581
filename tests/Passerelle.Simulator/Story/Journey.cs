using System.Runtime.CompilerServices;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Simulator.Hub;
using Timestamp = Google.Protobuf.WellKnownTypes.Timestamp;

namespace Passerelle.Simulator.Story;

/// <summary>What the chapters share: who calls, and what the earlier chapters made.</summary>
sealed class Journey(KeyFile keys, string address, string? feedPath, Teller teller, TimeProvider time, CancellationToken stop) : IAsyncDisposable
{
    readonly List<string> _exchanges = [];

    public HubConnection Crm { get; } = new(address, keys.Caller("crm-demo"), time);
    public HubConnection Emploi { get; } = new(address, keys.Caller("emploi-demo"), time);
    public HubConnection Interim { get; } = new(address, keys.Caller("interim-demo"), time);
    public HubConnection Agence { get; } = new(address, keys.Caller("agence-demo"), time);
    public HubConnection Ecole { get; } = new(address, keys.Caller("ecole-demo"), time);

    public string? FeedPath => feedPath;
    public Teller Teller => teller;
    public TimeProvider Time => time;
    public CancellationToken Stop => stop;

    public string Case { get => field ?? throw Missing(); set; }
    public string Head { get => field ?? throw Missing(); set; }
    public string Spouse { get => field ?? throw Missing(); set; }
    public string Child { get => field ?? throw Missing(); set; }
    public string Request { get => field ?? throw Missing(); set; }

    /// <summary>When the household's promise falls due.</summary>
    public Timestamp PromisedUntil { get => field ?? throw Missing(); set; }
    public string Consent { get => field ?? throw Missing(); set; }
    public CaseWatch Watch { get => field ?? throw Missing(); set { field = value; HasWatch = true; } }
    public bool HasWatch { get; private set; }

    /// <summary>The exchanges that the story made, oldest first.</summary>
    public IReadOnlyList<string> Exchanges => _exchanges;

    /// <summary>New at every run, so that the story can be played again on the same data.</summary>
    public string NewRequestId() => Guid.CreateVersion7(time.GetUtcNow()).ToString();

    public Task StepAsync(string title, Func<Task> play) => teller.StepAsync(title, play);

    public void Say(string fact) => teller.Say(fact);

    public void Made(string exchange) => _exchanges.Add(exchange);

    /// <summary>Waits on the case's stream until the partner has answered this exchange, then reads it.</summary>
    public async Task<GetExchangeResponse> AnsweredAsync(string exchange)
    {
        await Watch.WaitForAsync(teller, $"exchange.answered for {exchange}", e => e.Type == "exchange.answered" && e.Subject == exchange);
        return await Crm.Exchanges.GetExchangeAsync(new() { Name = exchange }, cancellationToken: stop);
    }

    public async ValueTask DisposeAsync()
    {
        if (HasWatch) await Watch.DisposeAsync();
        foreach (var hub in (HubConnection[])[Crm, Emploi, Interim, Agence, Ecole]) hub.Dispose();
    }

    static Mismatch Missing([CallerMemberName] string what = "") => new($"{what}, from an earlier chapter", "nothing: that chapter failed");
}
