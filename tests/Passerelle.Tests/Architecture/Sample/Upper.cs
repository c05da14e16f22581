// What LayersTests looks at: a folder that may look down.
using Passerelle.Tests.Architecture.Sample.Lower;

namespace Passerelle.Tests.Architecture.Sample.Upper;

sealed class LooksDown
{
    public static int Answer => new Leaf().Value;
}

[AttributeUsage(AttributeTargets.Class)]
sealed class MarkAttribute : Attribute;
