using System.Collections.Concurrent;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Passerelle.Contracts.Common.V1;

namespace Passerelle.Hub.Privacy;

/// <summary>Leaves out of what travels the kinds of data that it may not carry, as the fields of the contract are marked.</summary>
public static class MinimalView
{
    static readonly ConcurrentDictionary<MessageDescriptor, Part[]> Known = new();
    static readonly ConcurrentDictionary<MessageDescriptor, IReadOnlySet<DataCategory>> Held = new();

    /// <summary>The kinds of data that a message of this type may hold.</summary>
    public static IReadOnlySet<DataCategory> CategoriesOf(MessageDescriptor type) =>
        Held.GetOrAdd(type, static type => Parts(type).SelectMany(IEnumerable<DataCategory> (p) => p.Category is { } own ? [own] : CategoriesOf(p.Field.MessageType)).ToHashSet());

    /// <summary>Of a message that is still ours to change.</summary>
    public static void Reduce(IMessage message, IReadOnlySet<DataCategory> allowed)
    {
        if (CategoriesOf(message.Descriptor).IsSubsetOf(allowed)) return;
        foreach (var (field, category) in Parts(message.Descriptor))
        {
            if (category is { } own)
            {
                if (!allowed.Contains(own)) field.Accessor.Clear(message);
            }
            else if (field.IsRepeated)
            {
                foreach (IMessage part in (System.Collections.IList)field.Accessor.GetValue(message)) Reduce(part, allowed);
            }
            else if (field.Accessor.GetValue(message) is IMessage part) Reduce(part, allowed);
        }
    }

    static Part[] Parts(MessageDescriptor type) => Known.GetOrAdd(type, static type => [.. type.Fields.InDeclarationOrder().Select(Part.Of).OfType<Part>()]);

    /// <param name="Category">Null: a message of ours, whose fields say for themselves.</param>
    sealed record Part(FieldDescriptor Field, DataCategory? Category)
    {
        public static Part? Of(FieldDescriptor field)
        {
            var category = (DataCategory)(field.GetOptions()?.GetExtension(OptionsExtensions.Category) ?? 0);
            if (category != 0) return new Part(field, category);
            return field.FieldType == FieldType.Message && !field.IsMap && field.MessageType.File.Package.StartsWith("passerelle.", StringComparison.Ordinal) ? new Part(field, null) : null;
        }
    }
}
