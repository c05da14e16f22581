using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Passerelle.Contracts.Common.V1;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Contracts;

/// <summary>Descriptors with their comments: what the rules of protos/STYLE.md are written over.</summary>
sealed class Contract
{
    static readonly ExtensionRegistry options = [OptionsExtensions.Personal, OptionsExtensions.Access, AnnotationsExtensions.Http];
    static readonly Lazy<Contract> current = new(() =>
    {
        var root = Repository.PathOf("protos");
        var files = Protoc.FilesBelow(root, "passerelle");
        return new Contract(Protoc.Compile([root], files, whole: true), files);
    });

    Contract(Protoc.Output output, IReadOnlyList<string> files)
    {
        var set = FileDescriptorSet.Parser.ParseFrom(output.DescriptorSet);
        Files = [.. FileDescriptor.BuildFromByteStrings(set.File.Select(file => file.ToByteString()), options).Where(file => files.Contains(file.Name))];
        Warnings = output.Warnings;
    }

    /// <summary>The contract in protos/passerelle.</summary>
    public static Contract Current => current.Value;

    /// <summary>A contract of one file, given as text.</summary>
    public static Contract Of(string file, string text) => new(Protoc.CompileText(file, text, whole: true), [file]);

    public string Warnings { get; }
    public IReadOnlyList<FileDescriptor> Files { get; }
    public IEnumerable<MessageDescriptor> Messages => Files.SelectMany(file => file.MessageTypes).SelectMany(WithNested);
    public IEnumerable<FieldDescriptor> Fields => Messages.SelectMany(message => message.Fields.InDeclarationOrder());
    public IEnumerable<EnumDescriptor> Enums => Files.SelectMany(file => file.EnumTypes).Concat(Messages.SelectMany(message => message.EnumTypes));
    public IEnumerable<ServiceDescriptor> Services => Files.SelectMany(file => file.Services);
    public IEnumerable<MethodDescriptor> Rpcs => Services.SelectMany(service => service.Methods);
    public EnumDescriptor? ErrorReason => Enums.FirstOrDefault(e => e.Name == "ErrorReason");

    static IEnumerable<MessageDescriptor> WithNested(MessageDescriptor message) => message.NestedTypes.SelectMany(WithNested).Prepend(message);
}
