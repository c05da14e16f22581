using Passerelle.Tests.Support;

namespace Passerelle.Tests.Contracts.Compatibility;

/// <summary>The committed contract that the protos may add to and take nothing from.</summary>
static class Baseline
{
    public const string AcceptVariable = "PASSERELLE_ACCEPT_CONTRACT";

    static readonly string howToAccept = $"run this test once with {AcceptVariable}=1 and commit the baseline (protos/STYLE.md, \"Changing the contract\")";

    /// <summary>What protos/passerelle is now, in the form that the baseline keeps.</summary>
    public static byte[] Now()
    {
        var root = Repository.PathOf("protos");
        return Protoc.Compile([root], Protoc.FilesBelow(root, "passerelle"), whole: false).DescriptorSet;
    }

    /// <summary>Compares; when additions are accepted, writes the baseline instead of reporting them. Breaks are never accepted.</summary>
    public static IReadOnlyList<string> Check(string path, byte[] now, bool accept)
    {
        if (!File.Exists(path))
        {
            if (!accept)
                return [$"{path} is missing: {howToAccept}"];
            File.WriteAllBytes(path, now);
            return [];
        }
        var (older, newer) = (Surface.Of(File.ReadAllBytes(path)), Surface.Of(now));
        var breaks = Surface.Breaks(older, newer).ToList();
        if (breaks.Count > 0)
            return [.. breaks.Select(what => $"{what}. Within v1 only add: leave it and write the new thing beside it")];
        var additions = Surface.Additions(older, newer).ToList();
        if (additions.Count == 0)
            return [];
        if (!accept)
            return [.. additions.Select(what => $"{what}: new, not in the baseline yet: {howToAccept}")];
        File.WriteAllBytes(path, now);
        return [];
    }
}
