using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Frozen;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Privacy.Accesses;

/// <summary>Which RPCs give persons' data, and whether a response holds any: read from the contract. An Any is what an exchange hands over: that is in the register of disclosures.</summary>
public static class PersonalReads
{
    /// <summary>The access log says a lot about persons, too.</summary>
    const string AuditScope = "privacy.audit";

    static readonly ConcurrentDictionary<MessageDescriptor, FieldDescriptor[]> Telling = new();

    static readonly FrozenSet<string> Methods = (
        from file in ContractFiles.All
        from service in file.Services
        from method in service.Methods
        where MayTell(method.OutputType, []) || method.GetOptions().GetExtension(OptionsExtensions.Access).Scope == AuditScope
        select $"/{service.FullName}/{method.Name}").ToFrozenSet();

    /// <summary>All of them, as a call names its method.</summary>
    public static IReadOnlyCollection<string> All => Methods;

    public static bool Are(string method) => Methods.Contains(method);

    /// <summary>True when a personal field of it has a value, at any depth.</summary>
    public static bool Tells(IMessage message)
    {
        foreach (var field in Telling.GetOrAdd(message.Descriptor, type => [.. type.Fields.InDeclarationOrder().Where(f => MayTell(f, []))]))
        {
            if (IsPersonal(field) ? HasValue(message, field) : Within(message, field).Any(Tells)) return true;
        }

        return false;
    }

    static IEnumerable<IMessage> Within(IMessage message, FieldDescriptor field) => field.Accessor.GetValue(message) switch
    {
        IMessage one => [one],
        IDictionary map => map.Values.OfType<IMessage>(),
        IEnumerable many => many.OfType<IMessage>(),
        _ => [],
    };

    static bool HasValue(IMessage message, FieldDescriptor field) => field.Accessor.GetValue(message) switch
    {
        null => false,
        string text => text.Length > 0,
        bool said => said,
        ByteString bytes => !bytes.IsEmpty,
        ICollection many => many.Count > 0,
        IMessage => true,
        // A number says something even when it is zero.
        _ => true,
    };

    static bool MayTell(MessageDescriptor message, IReadOnlyList<MessageDescriptor> above) =>
        !above.Contains(message) && message.Fields.InDeclarationOrder().Any(field => MayTell(field, [.. above, message]));

    static bool MayTell(FieldDescriptor field, IReadOnlyList<MessageDescriptor> above) =>
        IsPersonal(field) || (field.FieldType == FieldType.Message && MayTell(field.MessageType, above));

    static bool IsPersonal(FieldDescriptor field) =>
        field.GetOptions()?.GetExtension(OptionsExtensions.Personal) == true && !(field.FieldType == FieldType.Message && field.MessageType.FullName == Any.Descriptor.FullName);
}
