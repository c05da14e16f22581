using System.Diagnostics;

/// <summary>Ends the process that it is loaded into by SIGKILL, at the n-th passing of a named point. The runtime looks for this name, outside of any namespace.</summary>
internal static class StartupHook
{
    /// <summary>The file that arms it while the process runs: `point:n`, n counted from then on. No file, or another point's name in it, and nothing happens.</summary>
    const string ArmFile = "PASSERELLE_FAULT_ARM";

    /// <summary>The process that started it, without which it is of no use.</summary>
    const string Owner = "PASSERELLE_FAULT_OWNER";

    static Timer? watch;

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(Owner) is { Length: > 0 } owner)
            watch = new Timer(_ => { if (!Directory.Exists($"/proc/{owner}")) Kill(); }, null, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        if (Environment.GetEnvironmentVariable(ArmFile) is { Length: > 0 } file) DiagnosticListener.AllListeners.Subscribe(new Trap(file));
    }

    static void Kill()
    {
        using var self = Process.GetCurrentProcess();
        self.Kill();
    }

    sealed class Trap(string file) : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>
    {
        readonly Lock gate = new();
        string armed = "";
        int passed;

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == "Passerelle.Kernel") value.Subscribe(this);
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            // Whoever passes meanwhile waits here: nothing happens between the passing that counts and the kill.
            lock (gate)
            {
                var text = File.Exists(file) ? File.ReadAllText(file) : "";
                if (text != armed) (armed, passed) = (text, 0);
                if (text.Split(':') is not [var point, var passing] || point != value.Key) return;
                if (++passed < int.Parse(passing, null)) return;
                Kill();
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }
    }
}
