using System.Text.RegularExpressions;
using Google.Protobuf.Reflection;

namespace Passerelle.Tests.Contracts.Rules;

/// <summary>Comments: they are the manual, partners read nothing else.</summary>
static partial class CommentRules
{
    public static IEnumerable<string> ServicesRpcsMessagesAndEnumsAreExplained(Contract contract) =>
        contract.Services.Select(service => (service.FullName, service.Declaration))
            .Concat(contract.Rpcs.Select(rpc => (rpc.FullName, rpc.Declaration)))
            .Concat(contract.Messages.Select(message => (message.FullName, message.Declaration)))
            .Concat(contract.Enums.Select(e => (e.FullName, e.Declaration)))
            .Where(thing => thing.Declaration.Comment().Length == 0)
            .Select(thing => $"{thing.FullName}: has no comment");

    public static IEnumerable<string> FieldsAreExplainedUnlessTheirNameDoes(Contract contract) =>
        from field in contract.Fields
        where field.Declaration.Comment().Length == 0 && !ExplainsItself(field)
        select $"{field.FullName}: has no comment, and its name is not one of those that need none";

    /// <summary>STATE_OPEN says it all, STATE_AWAITING_ANSWER does not say whose.</summary>
    public static IEnumerable<string> ValuesOfSeveralWordsAreExplained(Contract contract) =>
        from e in contract.Enums
        from value in e.Values
        let words = value.Name[Math.Min(value.Name.Length, Describe.Screaming(e.Name).Length + 1)..]
        where value.Number != 0 && (words.Contains('_', StringComparison.Ordinal) || e == contract.ErrorReason) && value.Declaration.Comment().Length == 0
        select $"{value.FullName}: has no comment, and is not a single word";

    public static IEnumerable<string> RequestsAndResponsesSayWhoseTheyAre(Contract contract)
    {
        foreach (var rpc in contract.Rpcs)
        {
            var (request, response) = (rpc.IsClientStreaming ? "One message of" : "Request of", rpc.IsServerStreaming ? "One item of" : "Response of");
            if (!rpc.InputType.Declaration.Sentence().StartsWith($"{request} {rpc.Name}.", StringComparison.Ordinal))
                yield return $"{rpc.InputType.FullName}: its comment begins with \"{request} {rpc.Name}.\"";
            if (!rpc.OutputType.Declaration.Sentence().StartsWith($"{response} {rpc.Name}.", StringComparison.Ordinal))
                yield return $"{rpc.OutputType.FullName}: its comment begins with \"{response} {rpc.Name}.\"";
        }
    }

    /// <summary>A comment that sends the reader to another RPC or message sends them to one that is there.</summary>
    public static IEnumerable<string> WhatCommentsNameIsThere(Contract contract)
    {
        var known = contract.Rpcs.Select(rpc => $"{rpc.Service.Name}.{rpc.Name}")
            .Concat(contract.Messages.Select(message => message.FullName))
            .Concat(contract.Enums.Select(e => e.FullName))
            .ToHashSet();
        return
            from thing in Everything(contract)
            from Match name in Reference().Matches(thing.Comment)
            where !known.Contains(name.Value)
            select $"{thing.Name}: its comment names {name.Value}, which is not there";
    }

    static IEnumerable<(string Name, string Comment)> Everything(Contract contract) =>
        contract.Services.Select(service => (service.FullName, service.Declaration.Sentence()))
            .Concat(contract.Rpcs.Select(rpc => (rpc.FullName, rpc.Declaration.Sentence())))
            .Concat(contract.Messages.Select(message => (message.FullName, message.Declaration.Sentence())))
            .Concat(contract.Fields.Select(field => (field.FullName, field.Declaration.Sentence())))
            .Concat(contract.Enums.Select(e => (e.FullName, e.Declaration.Sentence())))
            .Concat(contract.Enums.SelectMany(e => e.Values).Select(value => (value.FullName, value.Declaration.Sentence())));

    static bool ExplainsItself(FieldDescriptor field) =>
        // Its type has a comment of its own.
        (field.FieldType == FieldType.Message && field.MessageType.FullName.StartsWith("passerelle.", StringComparison.Ordinal))
        || (field.FieldType == FieldType.Enum && field.EnumType.FullName.StartsWith("passerelle.", StringComparison.Ordinal))
        // create_time, changed_count, size_bytes: the name is the verb or noun and the unit; page_token: STYLE.md explains pages once.
        || SpeakingName().IsMatch(field.Name);

    [GeneratedRegex("^(page_token|given_name|family_name|birth_date|email|phone|time)$|_(time|count|bytes)$")]
    private static partial Regex SpeakingName();

    [GeneratedRegex(@"\b[A-Z][A-Za-z]*Service\.[A-Z][A-Za-z]*|\bpasserelle(\.[a-z0-9]+)+(\.[A-Z][A-Za-z0-9]*)+")]
    private static partial Regex Reference();
}
