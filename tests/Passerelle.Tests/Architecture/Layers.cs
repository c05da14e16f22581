using ArchUnitNET.Domain;
using ArchUnitNET.Loader;
using Assembly = System.Reflection.Assembly;

namespace Passerelle.Tests.Architecture;

/// <summary>
/// Who may see whom: folders below one namespace, and for each the folders that it may use. Dependencies are read from the compiled
/// code, bodies of methods included (lambdas and async methods too), so that a `using` alone breaks nothing and a call always counts.
/// </summary>
/// <param name="root">The namespace above the folders.</param>
/// <param name="maySee">For each folder what it may use beside itself.</param>
/// <param name="seeEverything">Full names of the types that no rule binds. Types in the root namespace itself are among them.</param>
sealed class Layers(string root, IReadOnlyDictionary<string, string[]> maySee, params string[] seeEverything)
{
    public IEnumerable<string> Violations(Assembly assembly) => Violations(Types(assembly));

    public IEnumerable<string> Violations(IEnumerable<IType> types)
    {
        var found = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in types)
        {
            if (Folder(type.FullName) is not { } from)
                continue;
            if (!maySee.TryGetValue(from, out var allowed))
            {
                found.Add($"{root}.{from}: this folder has no place in the layers yet: say what it may see");
                continue;
            }
            if (seeEverything.Contains(Outermost(type.FullName)))
                continue;
            foreach (var used in type.Dependencies.Select(dependency => dependency.Target.FullName))
                if (Folder(used) is { } to && to != from && !allowed.Contains(to))
                    found.Add($"{Outermost(type.FullName)} uses {Outermost(used)}: {from} may not see {to}");
        }
        return found;
    }

    /// <summary>The types of an assembly with what they depend on.</summary>
    public static IReadOnlyList<IType> Types(Assembly assembly) => [.. new ArchLoader().LoadAssembly(assembly).Build().Types];

    /// <summary>The type that the reader finds in the source: closures and state machines are nested in it.</summary>
    public static string Outermost(string fullName) => fullName.Split('+', '/', '`', '<')[0];

    string? Folder(string fullName)
    {
        var name = Outermost(fullName);
        if (!name.StartsWith(root + ".", StringComparison.Ordinal))
            return null;
        var below = name[(root.Length + 1)..].Split('.');
        return below.Length > 1 ? below[0] : null;
    }
}
