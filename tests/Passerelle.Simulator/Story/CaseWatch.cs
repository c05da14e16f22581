using System.Threading.Channels;
using Grpc.Core;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Simulator.Hub;

namespace Passerelle.Simulator.Story;

/// <summary>
/// The timeline of a case as it comes over WatchCase. The stream is kept open for the whole story and taken up again
/// from the last cursor when it ends, as any client should.
/// </summary>
sealed class CaseWatch : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    static readonly TimeSpan BeforeCallingAgain = TimeSpan.FromMilliseconds(500);

    readonly Channel<TimelineEvent> _incoming = Channel.CreateUnbounded<TimelineEvent>();
    readonly List<TimelineEvent> _seen = [];
    readonly CancellationTokenSource _stop;
    readonly Task _pump;
    readonly TimeProvider _time;

    public CaseWatch(HubConnection hub, string name, TimeProvider time, CancellationToken ct)
    {
        _time = time;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        _pump = PumpAsync(hub, name);
    }

    /// <summary>
    /// Returns the first event that fits, among those that came and those that come. Events that come during the wait are told.
    /// </summary>
    public async Task<TimelineEvent> WaitForAsync(Teller teller, string what, Func<TimelineEvent, bool> fits)
    {
        if (_seen.FirstOrDefault(fits) is { } past) return past;
        using var patience = new CancellationTokenSource(Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        try
        {
            while (true)
            {
                var next = await _incoming.Reader.ReadAsync(either.Token);
                _seen.Add(next);
                teller.Say(Line(next));
                if (fits(next)) return next;
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            var last = _seen.Count == 0 ? "no event at all" : $"{_seen.Count} events, the last: {Line(_seen[^1])}";
            throw new Mismatch($"{what}, on the case's stream within {Patience.TotalSeconds:0} s", last);
        }
        catch (ChannelClosedException e) when (e.InnerException is RpcException error)
        {
            throw new Mismatch("the case's stream to go on", error.Describe());
        }
    }

    public static string Line(TimelineEvent e) =>
        $"{Paris.Clock(e.Time)}  {e.Type,-22} {e.Partner.Replace("partners/", "", StringComparison.Ordinal),-12} {e.Detail}".TrimEnd();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pump;
        _stop.Dispose();
    }

    async Task PumpAsync(HubConnection hub, string name)
    {
        var cursor = "";
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                using var call = hub.Cases.WatchCase(new() { Name = name, StartCursor = cursor }, cancellationToken: _stop.Token);
                await foreach (var item in call.ResponseStream.ReadAllAsync(_stop.Token))
                {
                    if (item.ItemCase == WatchCaseResponse.ItemOneofCase.Event) _incoming.Writer.TryWrite(item.Event);
                    cursor = item.Cursor;
                }
                await Task.Delay(BeforeCallingAgain, _time, _stop.Token);
            }
            catch (RpcException e) when (e.IsPassing() && !_stop.IsCancellationRequested)
            {
                // Repeated at the next turn; a hub that stays away shows as a wait that ran out.
                await Task.Delay(BeforeCallingAgain, _time, CancellationToken.None);
            }
            catch (RpcException e)
            {
                _incoming.Writer.TryComplete(e);
                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
