using System.Diagnostics;

namespace Passerelle.Tests.Support;

/// <summary>Waits for a fact, bounded, and says what was waited for when it does not come.</summary>
public static class Eventually
{
    static readonly TimeSpan Default = TimeSpan.FromSeconds(30);

    public static async Task BecomesTrueAsync(Func<Task<bool>> fact, Func<string> otherwise, TimeSpan? within = null)
    {
        var since = Stopwatch.GetTimestamp();
        while (!await fact())
        {
            Assert.True(Stopwatch.GetElapsedTime(since) < (within ?? Default), otherwise());
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }

    public static Task BecomesTrueAsync(Func<bool> fact, string otherwise, TimeSpan? within = null) => BecomesTrueAsync(() => Task.FromResult(fact()), () => otherwise, within);
}
