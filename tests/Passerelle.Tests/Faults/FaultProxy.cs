using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Passerelle.Tests.Faults;

/// <summary>What a line between hub and partner does.</summary>
enum ProxyMode
{
    Pass = 1,

    /// <summary>Every connection ends with RST, new ones at once.</summary>
    Reset,

    /// <summary>Connections are taken, and nothing moves until the mode changes: packets are lost, and sent again once the line is back.</summary>
    BlackHole,

    /// <summary>What the partner says no longer comes back, on the connections of this time for good: neither bytes nor their end.</summary>
    HalfOpen,

    /// <summary>One byte a second, each way.</summary>
    Slow,

    /// <summary>The partner gets the request and answers it; the connection ends with RST before the answer is through.</summary>
    CutBeforeReply,

    /// <summary>Each answer comes twice within its call. Its headers come once: HTTP/2 compresses them against what came before, and a repeat would spoil the connection for good, as no network does.</summary>
    DuplicateReply,
}

/// <summary>A line between hub and partner, on the loopback, that fails as it is told.</summary>
sealed class FaultProxy : IAsyncDisposable
{
    static readonly TimeSpan OneByteEvery = TimeSpan.FromSeconds(1);

    readonly TcpListener listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource ended = new();
    readonly ConcurrentDictionary<Link, Task> links = new();
    readonly Lock gate = new();
    readonly int target;
    readonly Task accepting;
    TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    ProxyMode mode = ProxyMode.Pass;
    int struck;

    FaultProxy(int target)
    {
        this.target = target;
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        accepting = AcceptAsync();
    }

    public int Port { get; }

    /// <summary>How often the present mode has harmed something.</summary>
    public int Struck => Volatile.Read(ref struck);

    public ProxyMode Mode
    {
        get { lock (gate) return mode; }
        set
        {
            TaskCompletionSource before;
            lock (gate)
            {
                (mode, before) = (value, changed);
                changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                Volatile.Write(ref struck, 0);
            }

            foreach (var link in links.Keys) Affect(link, value);
            before.SetResult();
        }
    }

    public static FaultProxy To(int port) => new(port);

    public async ValueTask DisposeAsync()
    {
        await ended.CancelAsync();
        listener.Stop();
        foreach (var link in links.Keys) link.Close(reset: false);
        await accepting;
        await Task.WhenAll(links.Values);
        ended.Dispose();
    }

    async Task AcceptAsync()
    {
        while (!ended.IsCancellationRequested)
        {
            Socket hub;
            try { hub = await listener.AcceptSocketAsync(ended.Token); }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException) { return; }
            var link = new Link(hub);
            links[link] = Task.CompletedTask;
            Affect(link, Mode);
            links[link] = RunAsync(link);
        }
    }

    /// <summary>What a mode does to a connection as such.</summary>
    void Affect(Link link, ProxyMode now)
    {
        if (now == ProxyMode.HalfOpen) link.RepliesAreLost = true;
        if (now != ProxyMode.Reset) return;
        Strike();
        link.Close(reset: true);
    }

    async Task RunAsync(Link link)
    {
        try
        {
            await link.Partner.ConnectAsync(IPAddress.Loopback, target, ended.Token);
            await Task.WhenAll(RequestsAsync(link), RepliesAsync(link));
        }
        // A broken connection is what this is for.
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException) { }
        finally
        {
            link.Close(reset: Mode == ProxyMode.Reset);
            links.TryRemove(link, out _);
        }
    }

    async Task RequestsAsync(Link link)
    {
        var buffer = new byte[16 * 1024];
        while (await ReadAsync(link, link.Hub, buffer) is > 0 and var read) await SendAsync(link.Partner, buffer.AsMemory(0, read));
        link.Partner.Shutdown(SocketShutdown.Send);
    }

    async Task RepliesAsync(Link link)
    {
        var buffer = new byte[16 * 1024];
        while (await ReadAsync(link, link.Partner, buffer) is > 0 and var read)
        {
            if (link.RepliesAreLost)
            {
                Strike();
                continue;
            }

            foreach (var frame in link.Frames.Add(buffer.AsSpan(0, read)))
            {
                if (frame.IsReply && Mode == ProxyMode.CutBeforeReply)
                {
                    Strike();
                    link.Close(reset: true);
                    return;
                }

                await SendAsync(link.Hub, frame.Bytes);
                if (!frame.IsData || Mode != ProxyMode.DuplicateReply) continue;
                Strike();
                await SendAsync(link.Hub, frame.Bytes);
            }
        }

        if (!link.RepliesAreLost) link.Hub.Shutdown(SocketShutdown.Send);
        // The hub is not told that the partner's side has ended: it stays until the hub lets go.
        else await RequestsEndAsync(link);
    }

    static async Task RequestsEndAsync(Link link)
    {
        while (link.Hub.Connected) await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
    }

    /// <summary>Reads when the mode lets anything through; what arrived just before a black hole waits in it.</summary>
    async Task<int> ReadAsync(Link link, Socket from, byte[] buffer)
    {
        await ThroughHoleAsync();
        int read;
        try { read = await from.ReceiveAsync(buffer, ended.Token); }
        catch (SocketException) when (link.RepliesAreLost && from == link.Partner) { return 0; }
        await ThroughHoleAsync();
        return read;
    }

    async Task ThroughHoleAsync()
    {
        while (true)
        {
            Task change;
            lock (gate)
            {
                if (mode != ProxyMode.BlackHole) return;
                change = changed.Task;
            }

            Strike();
            await change.WaitAsync(ended.Token);
        }
    }

    async Task SendAsync(Socket to, ReadOnlyMemory<byte> bytes)
    {
        while (bytes.Length > 0 && Mode == ProxyMode.Slow)
        {
            Task change;
            lock (gate) change = changed.Task;
            Strike();
            await to.SendAsync(bytes[..1], ended.Token);
            bytes = bytes[1..];
            await Task.WhenAny(change, Task.Delay(OneByteEvery, TimeProvider.System, ended.Token));
        }

        while (bytes.Length > 0) bytes = bytes[await to.SendAsync(bytes, ended.Token)..];
    }

    void Strike() => Interlocked.Increment(ref struck);

    sealed class Link(Socket hub)
    {
        public Socket Hub { get; } = hub;

        public Socket Partner { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        public ReplyFrames Frames { get; } = new();

        public volatile bool RepliesAreLost;

        public void Close(bool reset)
        {
            foreach (var socket in (Socket[])[Hub, Partner])
            {
                try
                {
                    // Closed without lingering is RST instead of FIN.
                    if (reset) socket.LingerState = new LingerOption(true, 0);
                    socket.Close();
                }
                catch (Exception e) when (e is SocketException or ObjectDisposedException) { }
            }
        }
    }
}
