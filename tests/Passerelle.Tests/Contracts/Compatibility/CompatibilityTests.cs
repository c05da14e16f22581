using Passerelle.Tests.Support;

namespace Passerelle.Tests.Contracts.Compatibility;

public class CompatibilityTests
{
    const string Header = "syntax = \"proto3\"; package p.v1; import \"google/api/annotations.proto\"; import \"passerelle/common/v1/options.proto\";\n";

    [Fact]
    public void The_contract_only_adds_to_the_baseline_and_the_baseline_is_whole() =>
        Findings.None(Baseline.Check(
            Repository.PathOf("protos", "baseline.binpb"), Baseline.Now(), Environment.GetEnvironmentVariable(Baseline.AcceptVariable) == "1"));

    [Theory]
    [InlineData("message A {}", "", "message p.v1.A: removed")]
    [InlineData("message A { message B {} }", "message A {} message B {}", "message p.v1.A.B: removed")]
    [InlineData("message A { string a = 1; }", "message A {}", "field p.v1.A #1 (a): removed")]
    [InlineData("message A { string a = 1; }", "message A { reserved 1; }", "field p.v1.A #1 (a): removed")]
    [InlineData("message A { string a = 1; }", "message A { string a = 2; }", "field p.v1.A #1 (a): removed")]
    [InlineData("message A { string a = 1; }", "message A { string b = 1; }", "field p.v1.A #1: name was a, is b")]
    [InlineData("message A { string a = 1; }", "message A { string a = 1 [json_name = \"x\"]; }", "field p.v1.A #1: json_name was a, is x")]
    [InlineData("message A { string a = 1; }", "message A { bytes a = 1; }", "field p.v1.A #1: type was String, is Bytes")]
    [InlineData("message A { B a = 1; } message B {} message C {}", "message A { C a = 1; } message B {} message C {}", "field p.v1.A #1: type was .p.v1.B, is .p.v1.C")]
    [InlineData("message A { string a = 1; }", "message A { repeated string a = 1; }", "field p.v1.A #1: label was Optional, is Repeated")]
    [InlineData("message A { string a = 1; }", "message A { optional string a = 1; }", "field p.v1.A #1: presence was implicit, is explicit")]
    [InlineData("message A { string a = 1; }", "message A { oneof o { string a = 1; } }", "field p.v1.A #1: oneof was none, is o")]
    [InlineData("message A { oneof o { string a = 1; } }", "message A { oneof q { string a = 1; } }", "field p.v1.A #1: oneof was o, is q")]
    [InlineData("enum E { E_U = 0; }", "", "enum p.v1.E: removed")]
    [InlineData("enum E { E_U = 0; E_A = 1; }", "enum E { E_U = 0; }", "value p.v1.E #1 (E_A): removed")]
    [InlineData("enum E { E_U = 0; E_A = 1; }", "enum E { E_U = 0; E_B = 1; }", "value p.v1.E #1: name was E_A, is E_B")]
    [InlineData("message A {} service S {}", "message A {}", "service p.v1.S: removed")]
    [InlineData("message A {} service S { rpc R(A) returns (A); }", "message A {} service S {}", "rpc p.v1.S.R: removed")]
    [InlineData("message A {} message B {} service S { rpc R(A) returns (A); }", "message A {} message B {} service S { rpc R(B) returns (A); }",
        "rpc p.v1.S.R: request was .p.v1.A, is .p.v1.B")]
    [InlineData("message A {} message B {} service S { rpc R(A) returns (A); }", "message A {} message B {} service S { rpc R(A) returns (B); }",
        "rpc p.v1.S.R: response was .p.v1.A, is .p.v1.B")]
    [InlineData("message A {} service S { rpc R(A) returns (A); }", "message A {} service S { rpc R(stream A) returns (A); }",
        "rpc p.v1.S.R: request was .p.v1.A, is stream .p.v1.A")]
    [InlineData("message A {} service S { rpc R(A) returns (A); }", "message A {} service S { rpc R(A) returns (stream A); }",
        "rpc p.v1.S.R: response was .p.v1.A, is stream .p.v1.A")]
    [InlineData("message A {} service S { rpc R(A) returns (A) { option (passerelle.common.v1.access) = { scope: \"a.read\" }; } }",
        "message A {} service S { rpc R(A) returns (A) { option (passerelle.common.v1.access) = { scope: \"a.write\" }; } }",
        "rpc p.v1.S.R: scope was a.read, is a.write")]
    [InlineData("message A {} service S { rpc R(A) returns (A) { option (google.api.http) = { get: \"/v1/a\" }; } }",
        "message A {} service S { rpc R(A) returns (A) { option (google.api.http) = { get: \"/v1/b\" }; } }", "http p.v1.S.R Get /v1/a: removed")]
    [InlineData("message A {} service S { rpc R(A) returns (A) { option (google.api.http) = { post: \"/v1/a\" }; } }",
        "message A {} service S { rpc R(A) returns (A) { option (google.api.http) = { put: \"/v1/a\" }; } }", "http p.v1.S.R Post /v1/a: removed")]
    [InlineData("message A {} service S { rpc R(A) returns (A) { option (google.api.http) = { post: \"/v1/a\" body: \"*\" }; } }",
        "message A {} service S { rpc R(A) returns (A) { option (google.api.http) = { post: \"/v1/a\" }; } }", "http p.v1.S.R Post /v1/a: body was *, is ")]
    [InlineData("option csharp_namespace = \"P.V1\";", "option csharp_namespace = \"Q.V1\";", "file p/v1/p.proto: csharp_namespace was P.V1, is Q.V1")]
    [InlineData("import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FieldOptions { bool mark = 50200; }",
        "import \"google/protobuf/descriptor.proto\"; extend google.protobuf.FieldOptions { string mark = 50200; }",
        "extension .google.protobuf.FieldOptions #50200: type was Bool, is String")]
    public void A_break_is_reported(string before, string after, string expected) =>
        Assert.Contains(expected, Surface.Breaks(Read(before), Read(after)));

    [Theory]
    [InlineData("file p/v1/p.proto: removed")]
    [InlineData("message p.v1.A: file was p/v1/p.proto, is p/v1/q.proto")]
    [InlineData("enum p.v1.E: file was p/v1/p.proto, is p/v1/q.proto")]
    [InlineData("service p.v1.S: file was p/v1/p.proto, is p/v1/q.proto")]
    public void A_moved_file_is_a_break(string expected)
    {
        const string Text = "message A {} enum E { E_U = 0; } service S {}";
        Assert.Contains(expected, Surface.Breaks(Read(Text), Read(Text, "p/v1/q.proto")));
    }

    [Theory]
    [InlineData("", "message A {}", "message p.v1.A")]
    [InlineData("message A {}", "message A { string a = 1; }", "field p.v1.A #1")]
    [InlineData("message A { oneof o { string a = 1; } }", "message A { oneof o { string a = 1; string b = 2; } }", "field p.v1.A #2")]
    [InlineData("enum E { E_U = 0; }", "enum E { E_U = 0; E_A = 1; }", "value p.v1.E #1")]
    [InlineData("message A {} service S {}", "message A {} service S { rpc R(A) returns (A); }", "rpc p.v1.S.R")]
    [InlineData("message A {} service S { rpc R(A) returns (A); }",
        "message A {} service S { rpc R(A) returns (A) { option (google.api.http) = { get: \"/v1/a\" }; } }", "http p.v1.S.R Get /v1/a")]
    [InlineData("message A {} service S { rpc R(A) returns (A) { option (google.api.http) = { get: \"/v1/a\" }; } }",
        "message A {} service S { rpc R(A) returns (A) { option (google.api.http) = { get: \"/v1/a\" additional_bindings { get: \"/v1/b\" } }; } }",
        "http p.v1.S.R Get /v1/b")]
    public void An_addition_is_no_break(string before, string after, string addition)
    {
        Assert.Empty(Surface.Breaks(Read(before), Read(after)));
        Assert.Contains(addition, Surface.Additions(Read(before), Read(after)));
    }

    [Fact]
    public void Order_and_comments_are_neither_break_nor_addition()
    {
        var (before, after) = (Read("message A { string a = 1; bytes b = 2; } message B {}"), Read("// Bees.\nmessage B {} message A { bytes b = 2; string a = 1; }"));
        Assert.Empty(Surface.Breaks(before, after));
        Assert.Empty(Surface.Additions(before, after));
    }

    [Fact]
    public void Accepting_writes_additions_and_never_breaks()
    {
        var folder = Directory.CreateTempSubdirectory("passerelle-baseline-");
        try
        {
            var path = Path.Combine(folder.FullName, "baseline.binpb");
            var (first, more, less) = (Bytes("message A {}"), Bytes("message A { string a = 1; }"), Bytes("message B {}"));

            Assert.Contains("is missing", Assert.Single(Baseline.Check(path, first, accept: false)), StringComparison.Ordinal);
            Assert.Empty(Baseline.Check(path, first, accept: true));
            Assert.Contains(Baseline.AcceptVariable, Assert.Single(Baseline.Check(path, more, accept: false)), StringComparison.Ordinal);
            Assert.Equal(first, File.ReadAllBytes(path));
            Assert.Empty(Baseline.Check(path, more, accept: true));
            Assert.Equal(more, File.ReadAllBytes(path));
            Assert.All(Baseline.Check(path, less, accept: true), what => Assert.Contains("removed", what, StringComparison.Ordinal));
            Assert.Equal(more, File.ReadAllBytes(path));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static Surface Read(string text, string file = "p/v1/p.proto") => Surface.Of(Bytes(text, file));

    static byte[] Bytes(string text, string file = "p/v1/p.proto") => Protoc.CompileText(file, Header + text, whole: false).DescriptorSet;
}
