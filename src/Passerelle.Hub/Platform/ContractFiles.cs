using System.Reflection;
using Google.Protobuf.Reflection;

namespace Passerelle.Hub.Platform;

/// <summary>Every file of the contract, as descriptors.</summary>
public static class ContractFiles
{
    public static IReadOnlyList<FileDescriptor> All { get; } =
    [
        .. from type in typeof(Contracts.Common.V1.ErrorReasonReflection).Assembly.GetTypes()
           where type.Name.EndsWith("Reflection", StringComparison.Ordinal)
           let descriptor = type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null) as FileDescriptor
           where descriptor is not null
           orderby descriptor.Name
           select descriptor,
    ];
}
