using System.Reflection;
using Passerelle.Hub.Housing;
using Passerelle.Hub.Housing.Feeds;

namespace Passerelle.Tests.Housing.Feeds;

/// <summary>What only listings have: their sentences, and what makes one change.</summary>
public class ListingSentenceTests
{
    [Fact]
    public void Every_format_that_is_known_and_not_read_has_its_name() =>
        Assert.All(Enum.GetValues<ForeignListings>(), seen => Assert.NotEmpty(ListingSentences.For(seen)));

    [Fact]
    public void Every_problem_has_a_sentence_with_the_line_and_the_value()
    {
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

    [Fact]
    public void Every_detail_is_in_the_hash_too()
    {
        var draft = Poliris.ReadOne().Draft;
        var hash = draft.ContentHash();

        foreach (var property in typeof(ListingDetails).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            var details = draft.Details with { };
            property.SetValue(details, Other(Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType, property.GetValue(draft.Details)));

            Assert.False(hash.SequenceEqual((draft with { Details = details }).ContentHash()), property.Name);
            Assert.Equal(details.ToJson(), ListingDetails.FromJson(System.Text.Encoding.UTF8.GetString(details.ToJson())).ToJson());
        }
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
        _ when type.IsEnum => Enum.GetValues(type).Cast<object>().First(other => !other.Equals(value)),
        _ => new List<string> { "https://photos.example/other.jpg" },
    };

    static void Complete(string sentence)
    {
        Assert.DoesNotContain("{", sentence, StringComparison.Ordinal);
        Assert.EndsWith(".", sentence, StringComparison.Ordinal);
        Assert.True(sentence.Length > 60, sentence);
    }
}
