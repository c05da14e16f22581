// What LayersTests looks at: a folder that may not look up, and does so in every way there is.
using Passerelle.Tests.Architecture.Sample.Upper;

namespace Passerelle.Tests.Architecture.Sample.Lower;

sealed class Leaf
{
    public int Value { get; init; }
}

sealed class ByField
{
    public LooksDown? Above { get; init; }
}

sealed class ByBody
{
    public static int Call() => LooksDown.Answer;
}

sealed class ByLambda
{
    public static Func<int, int> Make() => x => x + LooksDown.Answer;
}

sealed class ByAsync
{
    public static async Task<int> Call()
    {
        await Task.Yield();
        return LooksDown.Answer;
    }
}

sealed class ByIterator
{
    public static IEnumerable<int> Walk()
    {
        yield return LooksDown.Answer;
    }
}

sealed class ByGenericArgument
{
    public static object Make() => new List<LooksDown>();
}

[Mark]
sealed class ByAttribute;
