using Passerelle.Contracts.Common.V1;
using Passerelle.Tests.Contracts.Rules;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Contracts;

/// <summary>The contract keeps to protos/STYLE.md. That each rule can fail is shown in StyleRuleTests.</summary>
public class StyleTests
{
    [Fact]
    public void The_generated_code_is_made_of_these_very_files() =>
        Assert.Equal(
            typeof(OptionsReflection).Assembly.GetTypes()
                .Where(type => type.Name.EndsWith("Reflection", StringComparison.Ordinal) && type.IsAbstract && type.IsSealed)
                .Select(type => ((Google.Protobuf.Reflection.FileDescriptor)type.GetProperty("Descriptor")!.GetValue(null)!).Name)
                .Order(StringComparer.Ordinal),
            Contract.Current.Files.Select(file => file.Name).Order(StringComparer.Ordinal));

    [Fact] public void The_compiler_has_nothing_to_say() => Assert.Equal("", Contract.Current.Warnings);

    [Fact] public void Folder_package_and_namespace_agree() => Holds(LayoutRules.FolderPackageAndNamespaceAgree);
    [Fact] public void A_service_has_a_file_named_after_it() => Holds(LayoutRules.AServiceHasAFileNamedAfterIt);
    [Fact] public void A_file_reads_service_then_resources_then_requests() => Holds(LayoutRules.AFileReadsServiceThenResourcesThenRequests);

    [Fact] public void The_zero_of_an_enum_is_unspecified() => Holds(EnumRules.ZeroIsUnspecified);
    [Fact] public void Enum_values_carry_the_name_of_their_enum() => Holds(EnumRules.ValuesCarryTheNameOfTheirEnum);
    [Fact] public void The_word_is_State() => Holds(EnumRules.TheWordIsState);
    [Fact] public void States_are_output_only() => Holds(EnumRules.StatesAreOutputOnly);
    [Fact] public void A_nested_enum_serves_its_message() => Holds(EnumRules.ANestedEnumServesItsMessage);

    [Fact] public void Field_names_are_snake_case() => Holds(FieldRules.FieldNamesAreSnakeCase);
    [Fact] public void Instants_are_timestamps_named_time() => Holds(FieldRules.InstantsAreTimestampsNamedTime);
    [Fact] public void Civil_dates_are_dates_named_date() => Holds(FieldRules.CivilDatesAreDatesNamedDate);
    [Fact] public void Spans_are_durations() => Holds(FieldRules.SpansAreDurations);
    [Fact] public void Amounts_are_money() => Holds(FieldRules.AmountsAreMoney);

    [Fact] public void Each_rpc_has_its_own_request_and_response() => Holds(RpcRules.EachHasItsOwnRequestAndResponse);
    [Fact] public void Each_rpc_declares_an_access_scope() => Holds(RpcRules.EachDeclaresAnAccessScope);
    [Fact] public void Unary_rpcs_and_no_others_speak_http() => Holds(RpcRules.UnaryOnesAndNoOthersSpeakHttp);
    [Fact] public void Http_reads_are_gets_and_the_rest_are_posts() => Holds(RpcRules.HttpReadsAreGetsAndTheRestArePosts);
    [Fact] public void Lists_are_paged_and_never_stream() => Holds(RpcRules.ListsArePaged);
    [Fact] public void Updates_have_a_mask() => Holds(RpcRules.UpdatesHaveAMask);
    [Fact] public void Changes_can_be_repeated() => Holds(RpcRules.ChangesCanBeRepeated);

    [Fact] public void Streams_go_one_way() => Holds(StreamRules.StreamsGoOneWay);
    [Fact] public void Server_streams_are_feeds_with_checkpoints() => Holds(StreamRules.ServerStreamsAreFeedsWithCheckpoints);
    [Fact] public void Downloads_are_a_header_then_chunks() => Holds(StreamRules.DownloadsAreAHeaderThenChunks);
    [Fact] public void Client_streams_begin_with_a_header() => Holds(StreamRules.ClientStreamsBeginWithAHeader);

    [Fact] public void Services_rpcs_messages_and_enums_are_explained() => Holds(CommentRules.ServicesRpcsMessagesAndEnumsAreExplained);
    [Fact] public void Fields_are_explained_unless_their_name_does() => Holds(CommentRules.FieldsAreExplainedUnlessTheirNameDoes);
    [Fact] public void Enum_values_of_several_words_are_explained() => Holds(CommentRules.ValuesOfSeveralWordsAreExplained);
    [Fact] public void Requests_and_responses_say_whose_they_are() => Holds(CommentRules.RequestsAndResponsesSayWhoseTheyAre);
    [Fact] public void What_comments_name_is_there() => Holds(CommentRules.WhatCommentsNameIsThere);

    [Fact] public void Each_error_reason_begins_with_its_canonical_code() => Holds(ErrorRules.EachReasonBeginsWithItsCanonicalCode);
    [Fact] public void Error_reasons_that_rpcs_name_exist() => Holds(ErrorRules.ReasonsThatRpcsNameExist);
    [Fact] public void General_error_reasons_are_not_repeated() => Holds(ErrorRules.GeneralReasonsAreNotRepeated);
    [Fact] public void Each_error_reason_is_named_by_an_rpc() => Holds(ErrorRules.EachReasonIsNamedByAnRpc);
    [Fact] public void Rpcs_name_the_errors_that_their_request_implies() => Holds(ErrorRules.RpcsNameTheErrorsThatTheirRequestImplies);

    [Fact] public void Responses_of_creating_rpcs_hold_nothing_personal() => Holds(PrivacyRules.ResponsesOfCreatingRpcsHoldNothingPersonal);
    [Fact] public void Fields_named_after_peoples_data_are_marked_personal() => Holds(PrivacyRules.FieldsNamedAfterPeoplesDataAreMarked);
    [Fact] public void Rpcs_that_give_personal_data_want_a_purpose() => Holds(PrivacyRules.RpcsThatGivePersonalDataWantAPurpose);
    [Fact] public void Payloads_of_any_type_are_marked_personal() => Holds(PrivacyRules.PayloadsOfAnyTypeAreMarked);

    static void Holds(Func<Contract, IEnumerable<string>> rule) => Findings.None(rule(Contract.Current));
}
