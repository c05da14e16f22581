using System.Reflection;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing;
using Passerelle.Hub.Housing.Feeds;

namespace Passerelle.Tests.Housing.Feeds;

public class FeedSentenceTests
{
    [Fact]
    public void Every_refusal_has_its_sentence() =>
        Assert.All(Enum.GetValues<FeedRefusal>(), kind => Complete(FeedSentences.For(kind, "un détail", "Un conseil.")));

    [Fact]
    public void Every_content_that_is_recognised_has_its_name() =>
        Assert.All(Enum.GetValues<SeenContent>(), seen => Assert.NotEmpty(FeedSentences.For(seen, "biens")));

    [Fact]
    public void Every_format_that_is_known_and_not_read_has_its_name() =>
        Assert.All(Enum.GetValues<ForeignListings>(), seen => Assert.NotEmpty(ListingSentences.For(seen)));

    [Fact]
    public void Every_problem_has_a_sentence_with_the_line_and_the_value()
    {
        Assert.All(Enum.GetValues<FeedProblem>(), problem =>
        {
            var sentence = FieldFinding.Of(4321, "5 CP", "140", problem, 7).Sentence;

            Complete(sentence);
            Assert.StartsWith("Ligne 4321", sentence, StringComparison.Ordinal);
            if (problem is not (FeedProblem.TooFewColumns or FeedProblem.ColumnCountDiffers))
                Assert.Contains("5 CP", sentence, StringComparison.Ordinal);
            if (problem is not (FeedProblem.Missing or FeedProblem.IncompleteCoordinates or FeedProblem.TooLong or FeedProblem.NotAnEmail))
                Assert.Contains("140", sentence, StringComparison.Ordinal);
        });
        Assert.All(Enum.GetValues<ListingProblem>(), problem =>
        {
            var sentence = ListingSentences.For(problem, 4321, "3 Type", "troc");

            Complete(sentence);
            Assert.All(["Ligne 4321", "3 Type", "troc"], part => Assert.Contains(part, sentence, StringComparison.Ordinal));
        });
    }

    [Fact]
    public void Every_field_that_the_hub_keeps_is_in_the_hash_and_no_other()
    {
        var draft = Poliris.ReadOne().Draft;
        var hash = draft.ContentHash();

        foreach (var property in typeof(ListingDraft).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var changed = draft with { };
            property.SetValue(changed, Other(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, property.GetValue(draft)));

            Assert.False(hash.SequenceEqual(changed.ContentHash()), property.Name);
        }

        Assert.Equal(hash, (draft with { Surface = 62.500m }).ContentHash());
        Assert.Equal(32, hash.Length);
    }

    static object Other(Type type, object? value) => type switch
    {
        _ when type == typeof(string) => value + "x",
        _ when type == typeof(long) => 1L,
        _ when type == typeof(int) => 77,
        _ when type == typeof(decimal) => 1.5m,
        _ when type == typeof(bool) => value is not true,
        _ when type == typeof(DateOnly) => new DateOnly(2026, 1, 1),
        _ when type == typeof(ListingDetails) => new ListingDetails { Lift = true },
        _ when type.IsEnum => Enum.GetValues(type).GetValue(2)!,
        _ => new List<string> { "https://photos.example/other.jpg" },
    };

    static void Complete(string sentence)
    {
        Assert.DoesNotContain("{", sentence, StringComparison.Ordinal);
        Assert.EndsWith(".", sentence, StringComparison.Ordinal);
        Assert.True(sentence.Length > 60, sentence);
    }
}
