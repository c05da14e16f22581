using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Xml.Linq;
using Processor = System.Runtime.InteropServices.Architecture;

namespace Passerelle.Tests.Support;

/// <summary>
/// The protoc of the Grpc.Tools package, the very one that the build uses. The tests read descriptors from it
/// rather than from the generated code because the generated code has no comments.
/// </summary>
static class Protoc
{
    /// <summary>The descriptors of the files, as bytes of a FileDescriptorSet, and what protoc had to say about them.</summary>
    public sealed record Output(byte[] DescriptorSet, string Warnings);

    static readonly string package = FindPackage();

    /// <summary>The .proto files below a folder of a root, as protoc names them, in an order that is the same everywhere.</summary>
    public static IReadOnlyList<string> FilesBelow(string root, string folder) =>
        [.. Directory.EnumerateFiles(Path.Combine(root, folder), "*.proto", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(root, file).Replace('\\', '/'))
            .Order(StringComparer.Ordinal)];

    /// <summary>Compiles files found below the roots. <paramref name="whole"/>: with their imports and comments.</summary>
    public static Output Compile(IEnumerable<string> roots, IEnumerable<string> files, bool whole)
    {
        var output = Path.GetTempFileName();
        try
        {
            string[] includes = [.. roots, Path.Combine(package, "build", "native", "include")];
            string[] wanted = whole ? ["--include_imports", "--include_source_info"] : [];
            var start = new ProcessStartInfo(Executable(),
                [.. includes.Select(folder => "-I" + folder), .. wanted, "--descriptor_set_out=" + output, .. files])
            { RedirectStandardError = true };
            using var process = Process.Start(start)!;
            var said = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0
                ? new Output(File.ReadAllBytes(output), said)
                : throw new InvalidOperationException($"protoc failed: {said}");
        }
        finally
        {
            File.Delete(output);
        }
    }

    /// <summary>Compiles one text as if it were a file of that name. It may import our own protos.</summary>
    public static Output CompileText(string file, string text, bool whole)
    {
        var root = Directory.CreateTempSubdirectory("passerelle-proto-");
        try
        {
            var path = Path.Combine(root.FullName, file);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, text);
            return Compile([root.FullName, Repository.PathOf("protos")], [file], whole);
        }
        finally
        {
            root.Delete(recursive: true);
        }
    }

    static string Executable()
    {
        var (folder, name) =
            OperatingSystem.IsWindows() ? ("windows_x64", "protoc.exe")
            : OperatingSystem.IsMacOS() ? ("macosx_universal", "protoc")
            : RuntimeInformation.ProcessArchitecture == Processor.Arm64 ? ("linux_arm64", "protoc")
            : ("linux_x64", "protoc");
        return Path.Combine(package, "tools", folder, name);
    }

    static string FindPackage()
    {
        var version = XDocument.Load(Repository.PathOf("Directory.Packages.props"))
            .Descendants("PackageVersion").Single(p => (string?)p.Attribute("Include") == "Grpc.Tools").Attribute("Version")!.Value;
        var packages = Environment.GetEnvironmentVariable("NUGET_PACKAGES") is { Length: > 0 } configured
            ? configured
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        var folder = Path.Combine(packages, "grpc.tools", version);
        return Directory.Exists(folder)
            ? folder
            : throw new InvalidOperationException($"Grpc.Tools {version} is not in {packages}: restore the solution, or set NUGET_PACKAGES.");
    }
}
