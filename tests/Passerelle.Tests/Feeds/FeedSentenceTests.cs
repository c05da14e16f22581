using Passerelle.Hub.Feeds;

namespace Passerelle.Tests.Feeds;

/// <summary>What is common to feeds says everything in whole French sentences.</summary>
public class FeedSentenceTests
{
    [Fact]
    public void Every_refusal_has_its_sentence() =>
        Assert.All(Enum.GetValues<FeedRefusal>(), kind => Complete(FeedSentences.For(kind, "un détail", "Un conseil.")));

    [Fact]
    public void Every_content_that_is_recognised_has_its_name() =>
        Assert.All(Enum.GetValues<SeenContent>(), seen => Assert.NotEmpty(FeedSentences.For(seen, "biens")));

    [Fact]
    public void Every_problem_has_a_sentence_with_the_line_and_the_value() =>
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

    static void Complete(string sentence)
    {
        Assert.DoesNotContain("{", sentence, StringComparison.Ordinal);
        Assert.EndsWith(".", sentence, StringComparison.Ordinal);
        Assert.True(sentence.Length > 60, sentence);
    }
}
