using Passerelle.Tests.Contracts.Rules;

namespace Passerelle.Tests.Contracts;

/// <summary>
/// The smallest contract that breaks a rule, and a piece of each violation that the rule must report.
/// The text follows a header with the usual imports, unless it begins with "syntax".
/// </summary>
sealed record BadContract(Func<Contract, IEnumerable<string>> Rule, string Text, params string[] Reported)
{
    public string File { get; init; } = "passerelle/bad/v1/bad_service.proto";

    public Contract Compile() => Contract.Of(File, Text.TrimStart().StartsWith("syntax", StringComparison.Ordinal) ? Text : Header + Text);

    const string Header = """
        syntax = "proto3";
        package passerelle.bad.v1;
        import "google/api/annotations.proto";
        import "google/protobuf/any.proto";
        import "google/protobuf/duration.proto";
        import "google/protobuf/timestamp.proto";
        import "google/type/date.proto";
        import "google/type/money.proto";
        import "passerelle/common/v1/options.proto";
        option csharp_namespace = "Passerelle.Contracts.Bad.V1";

        """;

    public static readonly BadContract[] All =
    [
        new(LayoutRules.FolderPackageAndNamespaceAgree, """
            syntax = "proto3"; package passerelle.other.v1; option csharp_namespace = "Elsewhere";
            """, "package passerelle.bad.v1", "Passerelle.Contracts.Bad.V1"),
        new(LayoutRules.FolderPackageAndNamespaceAgree, "syntax = \"proto3\";", "passerelle/Bad.proto") { File = "passerelle/Bad.proto" },
        new(LayoutRules.AServiceHasAFileNamedAfterIt, "service ThingService {} service Gadgets {}",
            "passerelle.bad.v1.ThingService: its file is thing_service.proto", "passerelle.bad.v1.Gadgets: a service is named",
            "passerelle.bad.v1.Gadgets: its file is gadgets.proto"),
        new(LayoutRules.AServiceHasAFileNamedAfterIt, "message A {}", "passerelle/bad/v1/bad_service.proto"),
        new(LayoutRules.AFileReadsServiceThenResourcesThenRequests, """
            message Early {}
            service BadService { rpc GetA(GetARequest) returns (GetAResponse); rpc GetB(GetBRequest) returns (GetBResponse); }
            message GetBRequest {}
            message GetBResponse {}
            message GetARequest {}
            message GetAResponse {}
            message Late {}
            """, "passerelle.bad.v1.Early:", "passerelle.bad.v1.Late:", "passerelle.bad.v1.GetBRequest:"),

        new(EnumRules.ZeroIsUnspecified, "enum Color { COLOR_RED = 0; }", "passerelle.bad.v1.Color:"),
        new(EnumRules.ValuesCarryTheNameOfTheirEnum, "enum Color { COLOR_UNSPECIFIED = 0; RED = 1; }", "passerelle.bad.v1.Color.RED:"),
        new(EnumRules.TheWordIsState, """
            enum OrderState { ORDER_STATE_UNSPECIFIED = 0; }
            message Order { enum Status { STATUS_UNSPECIFIED = 0; } Status status = 1; }
            """, "passerelle.bad.v1.OrderState:", "passerelle.bad.v1.Order.Status:"),
        new(EnumRules.StatesAreOutputOnly, """
            message Order { enum State { STATE_UNSPECIFIED = 0; } State state = 1; }
            message MoveOrderRequest { Order.State state = 1; }
            message MoveOrderResponse {}
            service BadService { rpc MoveOrder(MoveOrderRequest) returns (MoveOrderResponse); }
            """, "passerelle.bad.v1.Order.State:", "passerelle.bad.v1.MoveOrderRequest.state:"),
        new(EnumRules.ANestedEnumServesItsMessage, "message Order { enum Size { SIZE_UNSPECIFIED = 0; } }", "passerelle.bad.v1.Order.Size:"),

        new(FieldRules.FieldNamesAreSnakeCase, "message A { string givenName = 1; }", "passerelle.bad.v1.A.givenName:"),
        new(FieldRules.InstantsAreTimestampsNamedTime, "message A { google.protobuf.Timestamp created_at = 1; string end_time = 2; }",
            "passerelle.bad.v1.A.created_at:", "passerelle.bad.v1.A.end_time:"),
        new(FieldRules.CivilDatesAreDatesNamedDate, "message A { google.type.Date birthday = 1; string start_date = 2; }",
            "passerelle.bad.v1.A.birthday:", "passerelle.bad.v1.A.start_date:"),
        new(FieldRules.SpansAreDurations, "message A { int32 lease_seconds = 1; double retry_delay = 2; google.protobuf.Duration timeout = 3; }",
            "passerelle.bad.v1.A.lease_seconds:", "passerelle.bad.v1.A.retry_delay:"),
        new(FieldRules.AmountsAreMoney, "message A { int64 price = 1; double salary_min = 2; google.type.Money rent = 3; }",
            "passerelle.bad.v1.A.price:", "passerelle.bad.v1.A.salary_min:"),

        new(RpcRules.EachHasItsOwnRequestAndResponse, """
            message Thing {}
            message GetThingRequest {}
            message Page { GetThingRequest request = 1; }
            service BadService { rpc GetThing(GetThingRequest) returns (Thing); rpc FindThing(GetThingRequest) returns (Thing); }
            """, "BadService.GetThing: returns its own GetThingResponse", "BadService.FindThing: takes its own FindThingRequest",
            "BadService.FindThing: returns its own",
            "passerelle.bad.v1.Page.request:"),
        new(RpcRules.EachDeclaresAnAccessScope, """
            message A {}
            service BadService {
              rpc Undeclared(A) returns (A);
              rpc Vague(A) returns (A) { option (passerelle.common.v1.access) = { scope: "everything" }; }
            }
            """, "BadService.Undeclared:", "BadService.Vague:"),
        new(RpcRules.UnaryOnesAndNoOthersSpeakHttp, """
            message A {}
            service BadService {
              rpc GetA(A) returns (A);
              rpc WatchA(A) returns (stream A) { option (google.api.http) = { get: "/v1/a" }; }
            }
            """, "BadService.GetA:", "BadService.WatchA:"),
        new(RpcRules.HttpReadsAreGetsAndTheRestArePosts, """
            message A { string name = 1; }
            service BadService {
              rpc GetA(A) returns (A) { option (google.api.http) = { post: "/v1/as" body: "*" }; }
              rpc OpenA(A) returns (A) { option (google.api.http) = { post: "/v1/as" body: "*" }; }
              rpc ListA(A) returns (A) { option (google.api.http) = { get: "/a/{parent=bs/*}" }; }
            }
            """, "BadService.GetA: Get and List are HTTP get", "BadService.GetA: a post has body", "BadService.OpenA: passerelle.bad.v1.BadService.GetA has the same path",
            "BadService.ListA: its path begins with /v1/", "BadService.ListA: its path names parent"),
        new(RpcRules.ListsArePaged, """
            message ListAsRequest { int64 page_size = 1; string next = 2; }
            message ListAsResponse { repeated string names = 1; }
            message GetARequest { string page_token = 1; }
            service BadService { rpc ListAs(ListAsRequest) returns (stream ListAsResponse); rpc GetA(GetARequest) returns (ListAsResponse); }
            """, "BadService.ListAs: a list never streams", "ListAsRequest: has int32 page_size", "ListAsRequest: has string page_token",
            "ListAsResponse: has string next_page_token", "ListAsResponse: its field 1", "BadService.GetA: only a List has pages"),
        new(RpcRules.UpdatesHaveAMask, "message A {} service BadService { rpc UpdateA(A) returns (A); }", "BadService.UpdateA:"),
        new(RpcRules.ChangesCanBeRepeated, """
            message A { bytes request_id = 2; }
            message B {}
            service BadService { rpc OpenA(A) returns (A); rpc OpenB(B) returns (B); }
            """, "passerelle.bad.v1.A.request_id:", "BadService.OpenB:"),

        new(StreamRules.StreamsGoOneWay, "message A {} service BadService { rpc Talk(stream A) returns (stream A); }", "BadService.Talk:"),
        new(StreamRules.ServerStreamsAreFeedsWithCheckpoints, """
            message A { string cursor = 1; }
            message B { string start_cursor = 3; oneof item { string text = 1; string cursor = 2; } }
            service BadService { rpc FollowA(A) returns (stream A); rpc WatchB(B) returns (stream B); }
            """, "BadService.FollowA: a server stream is named Watch", "passerelle.bad.v1.A: has oneof item", "passerelle.bad.v1.A: has string start_cursor",
            "passerelle.bad.v1.B: has oneof item", "passerelle.bad.v1.B: has string cursor, beside the oneof"),
        new(StreamRules.DownloadsAreAHeaderThenChunks, "message A { bytes chunk = 1; } service BadService { rpc DownloadA(A) returns (stream A); }",
            "passerelle.bad.v1.A:"),
        new(StreamRules.ClientStreamsBeginWithAHeader, """
            message A { string request_id = 1; bytes chunk = 2; }
            message Header {}
            message B { oneof item { Header header = 1; bytes chunk = 2; } }
            service BadService { rpc UploadA(stream A) returns (A); rpc UploadB(stream B) returns (A); }
            """, "passerelle.bad.v1.A: is oneof item", "passerelle.bad.v1.A: has nothing beside", "passerelle.bad.v1.B: is oneof item"),

        new(CommentRules.ServicesRpcsMessagesAndEnumsAreExplained, """
            message A { message Inner {} }
            enum Color { COLOR_UNSPECIFIED = 0; }
            service BadService { rpc GetA(A) returns (A); }
            """, "passerelle.bad.v1.A:", "passerelle.bad.v1.A.Inner:", "passerelle.bad.v1.Color:", "passerelle.bad.v1.BadService:", "BadService.GetA:"),
        new(CommentRules.FieldsAreExplainedUnlessTheirNameDoes, "message A { string reference = 1; int32 line_count = 2; A parent = 3; }",
            "passerelle.bad.v1.A.reference:"),
        new(CommentRules.ValuesOfSeveralWordsAreExplained, "enum Color { COLOR_UNSPECIFIED = 0; COLOR_RED = 1; COLOR_OFF_WHITE = 2; }",
            "passerelle.bad.v1.Color.COLOR_OFF_WHITE:"),
        new(CommentRules.RequestsAndResponsesSayWhoseTheyAre, """
            // Something.
            message A {}
            service BadService { rpc GetA(A) returns (A); rpc WatchA(A) returns (stream A); }
            """, "\"Request of GetA.\"", "\"Response of GetA.\"", "\"Request of WatchA.\"", "\"One item of WatchA.\""),
        new(CommentRules.WhatCommentsNameIsThere, """
            // See GoneService.GetGone and passerelle.gone.v1.Gone.
            message A {}
            """, "names GoneService.GetGone", "names passerelle.gone.v1.Gone"),

        new(ErrorRules.EachReasonBeginsWithItsCanonicalCode, """
            enum ErrorReason {
              ERROR_REASON_UNSPECIFIED = 0;
              // The thing is broken.
              ERROR_REASON_BROKEN = 1;
              // BROKEN_PIPE. Not a code of gRPC.
              ERROR_REASON_PIPE = 2;
            }
            """, "ERROR_REASON_BROKEN:", "ERROR_REASON_PIPE:"),
        new(ErrorRules.ReasonsThatRpcsNameExist, Reasons("Errors: FIELD_INVALID (of the\n// header), FIELD_UNKNOWN."), "BadService.OpenA: names the error FIELD_UNKNOWN"),
        new(ErrorRules.GeneralReasonsAreNotRepeated, Reasons("Errors: FIELD_INVALID, INTERNAL."), "BadService.OpenA: names INTERNAL"),
        new(ErrorRules.EachReasonIsNamedByAnRpc, Reasons("FIELD_INVALID before the word does not count."), "ERROR_REASON_FIELD_INVALID:"),
        new(ErrorRules.RpcsNameTheErrorsThatTheirRequestImplies, Reasons("Errors: FIELD_INVALID."),
            "names REQUEST_ID_REUSED", "names PAGE_TOKEN_INVALID", "names CURSOR_INVALID", "names STREAM_MALFORMED", "names RESOURCE_NOT_FOUND"),

        new(PrivacyRules.ResponsesOfCreatingRpcsHoldNothingPersonal, """
            message Person { string given_name = 1 [(passerelle.common.v1.personal) = true]; Person parent = 2; }
            message OpenARequest { string request_id = 1; }
            message OpenAResponse { repeated Case cases = 1; }
            message Case { repeated Person members = 1; }
            message SendARequest { oneof item { Header header = 1; bytes chunk = 2; } message Header { string request_id = 1; } }
            service BadService { rpc OpenA(OpenARequest) returns (OpenAResponse); rpc SendA(stream SendARequest) returns (OpenAResponse); }
            """, "OpenAResponse: cases.members.given_name is personal, and the response of OpenA", "the response of SendA"),
        new(PrivacyRules.FieldsNamedAfterPeoplesDataAreMarked, "message A { string pupil_family_name = 1; google.type.Date birth_date = 2; string text_version = 3; }",
            "passerelle.bad.v1.A.pupil_family_name:", "passerelle.bad.v1.A.birth_date:"),
        new(PrivacyRules.RpcsThatGivePersonalDataWantAPurpose, """
            message GetARequest { string name = 1; }
            message GetAResponse { repeated Member members = 1; message Member { string given_name = 1 [(passerelle.common.v1.personal) = true]; } }
            message GetBResponse { google.protobuf.Any payload = 1 [(passerelle.common.v1.personal) = true]; }
            service BadService { rpc GetA(GetARequest) returns (GetAResponse); rpc GetB(GetARequest) returns (GetBResponse); }
            """, "passerelle.bad.v1.BadService.GetA: gives personal data"),
        new(PrivacyRules.PayloadsOfAnyTypeAreMarked, "message A { google.protobuf.Any payload = 1; }", "passerelle.bad.v1.A.payload:"),
    ];

    static string Reasons(string comment) => $$"""
        enum ErrorReason { ERROR_REASON_UNSPECIFIED = 0; ERROR_REASON_FIELD_INVALID = 1; ERROR_REASON_INTERNAL = 2; }
        message A { string request_id = 1; string page_token = 2; string start_cursor = 3; string name = 4; }
        service BadService {
        // {{comment}}
        rpc OpenA(stream A) returns (A);
        }
        """;
}
