using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;

namespace Passerelle.Tests.Contracts.Rules;

/// <summary>Where things are written: folders, files, the order in a file.</summary>
static partial class LayoutRules
{
    public static IEnumerable<string> FolderPackageAndNamespaceAgree(Contract contract)
    {
        foreach (var file in contract.Files)
        {
            var path = FilePath().Match(file.Name);
            if (!path.Success)
            {
                yield return $"{file.Name}: a file is passerelle/<area>/v<number>/<snake_case>.proto";
                continue;
            }
            var (area, version) = (path.Groups["area"].Value, path.Groups["version"].Value);
            if (file.Package != $"passerelle.{area}.{version}")
                yield return $"{file.Name}: its folder says package passerelle.{area}.{version}, it says {file.Package}";
            var expected = $"Passerelle.Contracts.{Describe.Pascal(area)}.{Describe.Pascal(version)}";
            if (file.GetOptions()?.CsharpNamespace != expected)
                yield return $"{file.Name}: csharp_namespace must be {expected}";
        }
    }

    public static IEnumerable<string> AServiceHasAFileNamedAfterIt(Contract contract)
    {
        foreach (var file in contract.Files)
        {
            var name = Path.GetFileNameWithoutExtension(file.Name);
            if (file.Services.Count == 0 && name.EndsWith("_service", StringComparison.Ordinal))
                yield return $"{file.Name}: named as a service's file, and holds none";
            foreach (var service in file.Services)
            {
                if (!service.Name.EndsWith("Service", StringComparison.Ordinal))
                    yield return $"{service.FullName}: a service is named <Noun>Service";
                if (name != Describe.Snake(service.Name))
                    yield return $"{service.FullName}: its file is {Describe.Snake(service.Name)}.proto, and no other service is in it; found in {file.Name}";
            }
        }
    }

    public static IEnumerable<string> AFileReadsServiceThenResourcesThenRequests(Contract contract)
    {
        foreach (var file in contract.Files.Where(file => file.Services.Count == 1))
        {
            var service = file.Services[0];
            var asked = service.Methods.SelectMany(rpc => new[] { rpc.InputType, rpc.OutputType }).Where(m => m.File == file).Distinct().ToList();
            var resources = file.MessageTypes.Except(asked).ToList();
            foreach (var early in file.MessageTypes.Where(message => Line(message.Declaration) < Line(service.Declaration)))
                yield return $"{early.FullName}: the service comes before its messages";
            foreach (var late in resources.Where(resource => asked.Any(message => Line(message.Declaration) < Line(resource.Declaration))))
                yield return $"{late.FullName}: resources come before requests and responses";
            foreach (var (written, expected) in asked.OrderBy(message => Line(message.Declaration)).Zip(asked))
                if (written != expected)
                {
                    yield return $"{written.FullName}: requests and responses follow the order of the RPCs, here comes {expected.Name}";
                    break;
                }
        }
    }

    static int Line(DescriptorDeclaration? declaration) => declaration?.StartLine ?? 0;

    [GeneratedRegex("^passerelle/(?<area>[a-z]+)/(?<version>v[0-9]+)/[a-z][a-z0-9_]*\\.proto$")]
    private static partial Regex FilePath();
}
