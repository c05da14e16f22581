using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;

namespace Passerelle.Tests.Contracts.Rules;

/// <summary>Personal data: marked where it is, and absent from what is stored as a response.</summary>
static partial class PrivacyRules
{
    /// <summary>The response of a creating RPC is kept to answer an equal repeat: what is personal would be kept in clear with it.</summary>
    public static IEnumerable<string> ResponsesOfCreatingRpcsHoldNothingPersonal(Contract contract) =>
        from rpc in contract.Rpcs
        where rpc.IsCreating()
        from path in PersonalPaths(rpc.OutputType, [])
        select $"{rpc.OutputType.FullName}: {path} is personal, and the response of {rpc.Name} is stored for repeats";

    public static IEnumerable<string> FieldsNamedAfterPeoplesDataAreMarked(Contract contract) =>
        from field in contract.Fields
        where HoldsText(field) && TelltaleName().IsMatch(field.Name) && !field.IsPersonal() && !published.Contains(field.ContainingType.FullName)
        select $"{field.FullName}: its name says that it holds people's data: mark it [(passerelle.common.v1.personal) = true]";

    /// <summary>What partners publish of themselves, for everybody to read: whom an advertisement asks to call is no person of a household, and a purpose to read it would be asked of every visitor.</summary>
    static readonly string[] published = ["passerelle.housing.v1.VisitContact"];

    /// <summary>Nobody can tell from outside what an Any holds; and it holds a payload.</summary>
    public static IEnumerable<string> PayloadsOfAnyTypeAreMarked(Contract contract) =>
        from field in contract.Fields
        where field.Is("google.protobuf.Any") && !field.IsPersonal()
        select $"{field.FullName}: an Any is personal";

    /// <summary>What an exchange hands over (an Any) is in the register of disclosures; everything else that is given of a person is in the access log, with its purpose.</summary>
    public static IEnumerable<string> RpcsThatGivePersonalDataWantAPurpose(Contract contract) =>
        from rpc in contract.Rpcs
        where !rpc.IsServedByPartner() && GivesPersonalData(rpc.OutputType, []) && !rpc.Declaration.Sentence().Contains("ACCESS_PURPOSE_MISSING", StringComparison.Ordinal)
        select $"{rpc.FullName}: gives personal data, so it names ACCESS_PURPOSE_MISSING after \"Errors:\"";

    static bool GivesPersonalData(MessageDescriptor message, IReadOnlyList<MessageDescriptor> above) => !above.Contains(message) && message.Fields.InDeclarationOrder()
        .Any(field => !field.Is("google.protobuf.Any") && (field.IsPersonal() || (field.FieldType == FieldType.Message && GivesPersonalData(field.MessageType, [.. above, message]))));

    static IEnumerable<string> PersonalPaths(MessageDescriptor message, IReadOnlyList<MessageDescriptor> above)
    {
        if (above.Contains(message))
            yield break;
        foreach (var field in message.Fields.InDeclarationOrder())
        {
            if (field.IsPersonal())
                yield return field.Name;
            else if (field.FieldType == FieldType.Message)
                foreach (var path in PersonalPaths(field.MessageType, [.. above, message]))
                    yield return $"{field.Name}.{path}";
        }
    }

    static bool HoldsText(FieldDescriptor field) => field.FieldType is FieldType.String or FieldType.Bytes || field.Is("google.type.Date");

    // A push_address is that of an organisation's server.
    [GeneratedRegex("(^|_)(given_name|family_name|first_name|last_name|full_name|maiden_name|birth_date|birth_place|email|phone|(?<!^push_)address|street|iban"
        + "|text|message|introduction|note|notes|comment|json_resume|previous_school)$")]
    private static partial Regex TelltaleName();
}
