using Passerelle.Tests.Architecture.Sample.Lower;

namespace Passerelle.Tests.Architecture;

/// <summary>The engine of the architecture tests sees what it must: shown on the small types in Sample/.</summary>
public class LayersTests
{
    const string Sample = "Passerelle.Tests.Architecture.Sample";

    static readonly Dictionary<string, string[]> oneWay = new() { ["Upper"] = ["Lower"], ["Lower"] = [] };

    [Theory]
    [InlineData(nameof(ByField))]
    [InlineData(nameof(ByBody))]
    [InlineData(nameof(ByLambda))]
    [InlineData(nameof(ByAsync))]
    [InlineData(nameof(ByIterator))]
    [InlineData(nameof(ByGenericArgument))]
    [InlineData(nameof(ByAttribute))]
    public void Looking_up_is_reported_however_it_is_done(string culprit) =>
        Assert.Contains(
            new Layers(Sample, oneWay).Violations(typeof(LayersTests).Assembly),
            violation => violation.StartsWith($"{Sample}.Lower.{culprit} uses {Sample}.Upper.", StringComparison.Ordinal));

    [Fact]
    public void Looking_down_is_not_reported() =>
        Assert.DoesNotContain(
            new Layers(Sample, oneWay).Violations(typeof(LayersTests).Assembly),
            violation => violation.StartsWith($"{Sample}.Upper.", StringComparison.Ordinal));

    [Fact]
    public void A_type_that_may_see_everything_is_not_reported() =>
        Assert.DoesNotContain(
            new Layers(Sample, oneWay, typeof(ByBody).FullName!).Violations(typeof(LayersTests).Assembly),
            violation => violation.StartsWith($"{Sample}.Lower.{nameof(ByBody)} ", StringComparison.Ordinal));

    [Fact]
    public void A_folder_without_a_place_is_reported() =>
        Assert.Contains(
            $"{Sample}.Upper: this folder has no place in the layers yet: say what it may see",
            new Layers(Sample, new Dictionary<string, string[]> { ["Lower"] = ["Upper"] }).Violations(typeof(LayersTests).Assembly));
}
