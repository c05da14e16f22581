using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Passerelle.Tests.Support;

public sealed record LogEntry(string Category, LogLevel Level, string Text);

/// <summary>Keeps every log line, exceptions included.</summary>
public sealed class LogRecorder : ILoggerProvider
{
    public ConcurrentQueue<LogEntry> Entries { get; } = new();

    public ILogger CreateLogger(string categoryName) => new Recorder(categoryName, Entries);

    public void Dispose() { }

    sealed class Recorder(string category, ConcurrentQueue<LogEntry> entries) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Debug;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            entries.Enqueue(new LogEntry(category, logLevel, $"{formatter(state, exception)} {exception}"));
    }
}

/// <summary>A text that stands for personal data in tests: it may be in sealed columns, answers to those who may know, and nowhere else.</summary>
public static class Marker
{
    const string Stem = "MARQUEUR";

    public static string Of(string what) => $"{Stem}-{what}";

    public static bool IsIn(string text) => text.Contains(Stem, StringComparison.OrdinalIgnoreCase)
        || text.Contains(Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(Stem)), StringComparison.OrdinalIgnoreCase)
        || text.Contains(Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Stem))[..10], StringComparison.Ordinal);
}

/// <summary>Hangfire's own chatter is not recorded.</summary>
public sealed class NoOpLogProvider : Hangfire.Logging.ILogProvider
{
    public Hangfire.Logging.ILog GetLogger(string name) => new Silence();

    sealed class Silence : Hangfire.Logging.ILog
    {
        public bool Log(Hangfire.Logging.LogLevel logLevel, Func<string>? messageFunc, Exception? exception = null) => false;
    }
}
