using Grpc.Core;
using Passerelle.Simulator.Hub;

namespace Passerelle.Simulator.Story;

/// <summary>A step found something else than what the story says.</summary>
sealed class Mismatch(string expected, string found) : Exception($"expected {expected}; found {found}")
{
    public string Expected => expected;

    public string Found => found;
}

static class Expect
{
    public static void That(bool holds, string expected, string found)
    {
        if (!holds) throw new Mismatch(expected, found);
    }

    public static void Equal<T>(T expected, T found, string what) =>
        That(EqualityComparer<T>.Default.Equals(expected, found), $"{what}: {expected}", $"{found}");

    public static void AtLeast(int least, int found, string what) => That(found >= least, $"{what}: {least} or more", $"{found}");

    /// <summary>The call must fail with this code and one of these reasons; returns the reason.</summary>
    public static async Task<string> RefusedAsync<T>(AsyncUnaryCall<T> call, StatusCode code, params string[] reasons)
    {
        try
        {
            await call;
        }
        catch (RpcException e)
        {
            That(e.StatusCode == code && reasons.Contains(e.Reason()), $"{code.CanonicalName()} {string.Join(" or ", reasons)}", e.Describe());
            return e.Reason();
        }
        throw new Mismatch($"{code.CanonicalName()} {string.Join(" or ", reasons)}", "the call succeeded");
    }
}
