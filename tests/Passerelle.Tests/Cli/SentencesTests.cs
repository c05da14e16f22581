using System.Globalization;
using System.Resources;
using System.Text.RegularExpressions;
using Grpc.Core;
using Passerelle.Cli;
using Passerelle.Client;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Employment.V1;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Persistence;
using Passerelle.Tests.Client;

namespace Passerelle.Tests.Cli;

public sealed partial class SentencesTests
{
    public static TheoryData<ErrorReason> Reasons => [.. Enum.GetValues<ErrorReason>().Where(r => r != ErrorReason.Unspecified)];

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Every_reason_has_a_french_sentence_with_nothing_left_open(ErrorReason reason)
    {
        var name = ErrorReasonReflection.Descriptor.EnumTypes.Single().FindValueByNumber((int)reason).Name["ERROR_REASON_".Length..];

        var sentence = Sentences.Of(PasserelleError.From(FakeHub.Refusal(StatusCode.FailedPrecondition, name)));

        Assert.True(sentence.Length > 20);
        // What to do comes after a colon, or in a sentence of its own.
        Assert.Matches(@"[:;.] ?\S|:$", sentence);
        Assert.DoesNotMatch(@"[{}]", sentence);
        Assert.DoesNotContain("in English", sentence);
    }

    [Fact]
    public void Every_field_of_an_offer_that_a_partner_fills_has_its_advice()
    {
        string[] outputOnly = ["name", "partner", "state", "create_time", "update_time"];
        foreach (var field in Offer.Descriptor.Fields.InDeclarationOrder().Where(f => !outputOnly.Contains(f.Name)))
            Assert.NotNull(Sentences.Find("OfferField." + field.Name));
    }

    [Fact]
    public void Field_violations_are_listed_all()
    {
        var bad = new Google.Rpc.BadRequest
        {
            FieldViolations =
            {
                new Google.Rpc.BadRequest.Types.FieldViolation { Field = "a.b", Description = "x" },
                new Google.Rpc.BadRequest.Types.FieldViolation { Field = "c", Description = "y" },
            },
        };

        var sentence = Sentences.Of(PasserelleError.From(FakeHub.Refusal(StatusCode.InvalidArgument, "FIELD_INVALID", null, bad)));

        Assert.EndsWith("\n  a.b : x\n  c : y", sentence);
    }

    [Fact]
    public void Every_sentence_that_the_code_asks_for_exists_and_every_sentence_is_asked_for()
    {
        var source = SourceFolder();
        Assert.SkipWhen(source is null, "The source is not here.");
        var code = string.Concat(Directory.EnumerateFiles(source!, "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        var asked = Asked().Matches(code).Select(m => m.Groups[1].Value).ToHashSet();
        var keys = Keys();

        Assert.DoesNotContain(asked, key => !keys.Contains(key));
        // These are made of a prefix and a value.
        string[] prefixes = ["Exit.", "Reason.", "Code.", "OfferField.", "Count.", "Family.", "Need.", "Kind.", "State.", "Outcome.", "Transport.", "Answer.", "Event.", "Seen.", "Held.", "Delivery.", "Health.", "Standing.", "Rule.", "ClockEvent.", "AnswerKind.", "Group.", "HeldWhy.", "RecallReason.", "RecallOutcome.", "ReportState.", "HeldState."];
        Assert.DoesNotContain(keys, key => !code.Contains($"\"{key}\"", StringComparison.Ordinal) && !prefixes.Any(p => key.StartsWith(p, StringComparison.Ordinal)));
    }

    [Fact]
    public void Everything_that_a_refused_file_may_look_like_has_its_words() =>
        Assert.All(
            Enum.GetValues<SeenContent>().Select(EnumText<SeenContent>.Of).Concat(Enum.GetValues<ForeignListings>().Select(EnumText<ForeignListings>.Of)),
            code => Assert.NotEqual(code, Sentences.Word("Seen", code)));

    [Theory]
    [InlineData("2026-03-29T00:59:00Z", "dimanche 29 mars 2026 à 1 h 59")]
    [InlineData("2026-03-29T01:00:00Z", "dimanche 29 mars 2026 à 3 h 00")]
    [InlineData("2026-10-25T00:30:00Z", "dimanche 25 octobre 2026 à 2 h 30 (heure d'été)")]
    [InlineData("2026-10-25T01:30:00Z", "dimanche 25 octobre 2026 à 2 h 30 (heure d'hiver)")]
    [InlineData("2026-08-01T10:05:00Z", "samedi 1 août 2026 à 12 h 05")]
    public void Instants_are_written_in_the_time_of_Paris(string instant, string expected) =>
        Assert.Equal(expected, FrenchTime.Long(Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture))));

    [Theory]
    [InlineData(0.2, "1 min")]
    [InlineData(59, "59 min")]
    [InlineData(60, "1 h 00")]
    [InlineData(2_879, "47 h 59")]
    [InlineData(2_880, "2 j 0 h")]
    [InlineData(-90, "1 h 30")]
    public void Spans_are_rounded_up_and_never_negative(double minutes, string expected) => Assert.Equal(expected, FrenchTime.Span(TimeSpan.FromMinutes(minutes)));

    [Fact]
    public async Task The_help_is_french_and_lists_the_exit_codes()
    {
        var result = await CommandLine.RunAsync([], null, TestContext.Current.CancellationToken, "--help");

        Assert.Equal(0, result.Code);
        Assert.Matches(@"5\s+passerelle injoignable", result.Output);
        Assert.Contains("Affiche cette aide", result.Output);
        Assert.DoesNotContain("Show help", result.Output);
        foreach (var group in new[] { "feeds", "offers", "inbox", "cases", "clocks", "exchanges", "partners" })
            Assert.Contains("  " + group, result.Output);
    }

    [Theory]
    [InlineData("")]
    [InlineData("feeds")]
    [InlineData("feeds import")]
    [InlineData("feeds import a b")]
    [InlineData("cases show --bogus 1")]
    [InlineData("exchanges list --address")]
    public async Task A_malformed_command_is_a_mistake_of_usage_that_points_to_the_help(string line)
    {
        var result = await CommandLine.RunAsync([], null, TestContext.Current.CancellationToken, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(2, result.Code);
        Assert.Empty(result.Output);
        Assert.Matches(@"Pour l'aide : passerelle.* --help", result.Error);
    }

    private static HashSet<string> Keys() =>
        [.. new ResourceManager("Passerelle.Cli.Sentences", typeof(Sentences).Assembly)
            .GetResourceSet(CultureInfo.InvariantCulture, createIfNotExists: true, tryParents: true)!
            .Cast<System.Collections.DictionaryEntry>()
            .Select(e => (string)e.Key)];

    private static string? SourceFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var source = Path.Combine(folder.FullName, "src", "Passerelle.Cli");
            if (Directory.Exists(source))
                return source;
        }
        return null;
    }

    [GeneratedRegex(@"Sentences\.Get\(""([A-Za-z0-9.]+)""[,)]")]
    private static partial Regex Asked();
}
