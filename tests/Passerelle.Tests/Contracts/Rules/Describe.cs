using System.Text.RegularExpressions;
using Google.Api;
using Google.Protobuf.Reflection;
using Passerelle.Contracts.Common.V1;

namespace Passerelle.Tests.Contracts.Rules;

/// <summary>The words in which the rules speak about descriptors.</summary>
static partial class Describe
{
    /// <summary>The scope of DeliveryService: partners implement it and the hub calls it, so the rules for what the hub serves leave it alone.</summary>
    const string PartnerServer = "partner.server";

    public static string Comment(this DescriptorDeclaration? declaration) => declaration?.LeadingComments.Trim() ?? "";

    /// <summary>The comment on one line, so that a phrase is found wherever the line was broken.</summary>
    public static string Sentence(this DescriptorDeclaration? declaration) => Spaces().Replace(declaration.Comment(), " ");

    public static string? Scope(this MethodDescriptor rpc) => rpc.GetOptions()?.GetExtension(OptionsExtensions.Access)?.Scope;

    public static HttpRule? Http(this MethodDescriptor rpc) => rpc.GetOptions()?.GetExtension(AnnotationsExtensions.Http);

    public static bool IsPersonal(this FieldDescriptor field) => field.GetOptions()?.GetExtension(OptionsExtensions.Personal) ?? false;

    public static bool IsServedByPartner(this MethodDescriptor rpc) => rpc.Scope() == PartnerServer;

    public static bool IsUnary(this MethodDescriptor rpc) => !rpc.IsClientStreaming && !rpc.IsServerStreaming;

    /// <summary>Changes nothing, by its name.</summary>
    public static bool IsRead(this MethodDescriptor rpc) => Reading().IsMatch(rpc.Name);

    public static bool IsList(this MethodDescriptor rpc) => Listing().IsMatch(rpc.Name);

    /// <summary>The messages in which an RPC takes what it is asked: its request, and the header when the request is a stream.</summary>
    public static IEnumerable<MessageDescriptor> Asked(this MethodDescriptor rpc) =>
        rpc.IsClientStreaming && rpc.InputType.FindFieldByName("header") is { FieldType: FieldType.Message } header
            ? [rpc.InputType, header.MessageType]
            : [rpc.InputType];

    /// <summary>Creates something, so that an equal repeat gets the stored response.</summary>
    public static bool IsCreating(this MethodDescriptor rpc) => rpc.Asked().Any(message => message.FindFieldByName("request_id") is not null);

    public static bool Is(this FieldDescriptor field, string message) => field.FieldType == FieldType.Message && field.MessageType.FullName == message;

    /// <summary>ReferralFile → referral_file.</summary>
    public static string Snake(string pascal) => WordStart().Replace(pascal, "_").ToLowerInvariant();

    /// <summary>DeclineReason → DECLINE_REASON.</summary>
    public static string Screaming(string pascal) => Snake(pascal).ToUpperInvariant();

    /// <summary>cases → Cases.</summary>
    public static string Pascal(string snake) => string.Concat(snake.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();

    [GeneratedRegex("(?<=[a-z0-9])(?=[A-Z])")]
    private static partial Regex WordStart();

    [GeneratedRegex("^(Get|List|Explain|Report|Watch|Download)[A-Z]")]
    private static partial Regex Reading();

    [GeneratedRegex("^List[A-Z]")]
    private static partial Regex Listing();
}
