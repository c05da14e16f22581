using Google.Protobuf.Reflection;

namespace Passerelle.Tests.Contracts.Rules;

/// <summary>Enums: their values, and the states among them.</summary>
static class EnumRules
{
    public static IEnumerable<string> ZeroIsUnspecified(Contract contract) =>
        from e in contract.Enums
        let zero = Describe.Screaming(e.Name) + "_UNSPECIFIED"
        where e.Values[0].Name != zero || e.Values[0].Number != 0
        select $"{e.FullName}: its first value is {zero} = 0";

    public static IEnumerable<string> ValuesCarryTheNameOfTheirEnum(Contract contract) =>
        from e in contract.Enums
        from value in e.Values
        where !value.Name.StartsWith(Describe.Screaming(e.Name) + "_", StringComparison.Ordinal)
        select $"{value.FullName}: values of {e.Name} begin with {Describe.Screaming(e.Name)}_";

    /// <summary>One word for one thing: where a resource stands is its State, and it belongs to the resource.</summary>
    public static IEnumerable<string> TheWordIsState(Contract contract)
    {
        foreach (var e in contract.Enums)
        {
            if (e.Name.EndsWith("Status", StringComparison.Ordinal))
                yield return $"{e.FullName}: the word is State";
            if (e.Name.EndsWith("State", StringComparison.Ordinal) && (e.ContainingType is null || e.Name != "State"))
                yield return $"{e.FullName}: an enum of states is named State and nested in the message that has it";
        }
    }

    public static IEnumerable<string> StatesAreOutputOnly(Contract contract)
    {
        foreach (var state in contract.Enums.Where(e => e.Name == "State"))
            if (!state.Declaration.Sentence().Contains("Output only", StringComparison.Ordinal))
                yield return $"{state.FullName}: its comment says \"Output only\"";
        // A list or a watch may filter by state; everything else names a verb.
        foreach (var rpc in contract.Rpcs.Where(rpc => !rpc.IsList() && !rpc.IsServerStreaming))
            foreach (var field in rpc.Asked().SelectMany(message => message.Fields.InDeclarationOrder()))
                if (field.FieldType == FieldType.Enum && field.EnumType.Name == "State")
                    yield return $"{field.FullName}: nobody sets a state; an RPC with a verb changes it";
    }

    public static IEnumerable<string> ANestedEnumServesItsMessage(Contract contract) =>
        from e in contract.Enums
        where e.ContainingType is { } owner && !owner.Fields.InDeclarationOrder().Any(field => field.FieldType == FieldType.Enum && field.EnumType == e)
        select $"{e.FullName}: {e.ContainingType.Name} has no field of it; write it beside the messages that use it";
}
