using System.Reflection;
using System.Text.RegularExpressions;
using Passerelle.Tests.Contracts.Compatibility;
using Passerelle.Tests.Contracts.Rules;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Contracts;

/// <summary>The rules can fail: a rule that never reports anything holds nothing.</summary>
public partial class StyleRuleTests
{
    public static TheoryData<int, string> Examples
    {
        get
        {
            var data = new TheoryData<int, string>();
            for (var i = 0; i < BadContract.All.Length; i++)
                data.Add(i, NameOf(BadContract.All[i].Rule.Method));
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void A_contract_that_breaks_the_rule_is_reported(int example, string rule)
    {
        var bad = BadContract.All[example];
        var violations = bad.Rule(bad.Compile()).ToList();
        Assert.All(bad.Reported, expected => Assert.True(
            violations.Any(violation => violation.Contains(expected, StringComparison.Ordinal)),
            $"{rule} did not report \"{expected}\", only:\n{string.Join('\n', violations)}"));
        // Each expectation is one violation: what is right in the example is not reported.
        Assert.True(violations.Count <= bad.Reported.Length, $"{rule} reported more than it should:\n{string.Join('\n', violations)}");
    }

    [Fact]
    public void Every_rule_has_a_contract_that_breaks_it() =>
        Assert.Equal(
            typeof(LayoutRules).Assembly.GetTypes()
                .Where(type => type.Namespace == typeof(LayoutRules).Namespace)
                .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Public))
                .Where(method => method.ReturnType == typeof(IEnumerable<string>) && method.GetParameters() is [{ ParameterType: var only }] && only == typeof(Contract))
                .Select(NameOf).Order(StringComparer.Ordinal),
            BadContract.All.Select(bad => NameOf(bad.Rule.Method)).Distinct().Order(StringComparer.Ordinal));

    [Fact]
    public void The_page_names_every_test_that_holds_it()
    {
        var page = File.ReadAllText(Repository.PathOf("protos", "STYLE.md"));
        // Two tests hold no rule of the page: that the generated code is of these files, and that protoc is content.
        string[] beside = [nameof(StyleTests.The_generated_code_is_made_of_these_very_files), nameof(StyleTests.The_compiler_has_nothing_to_say)];
        Assert.Equal(
            typeof(StyleTests).GetMethods().Where(method => method.IsDefined(typeof(FactAttribute))).Select(method => method.Name)
                .Except(beside).Append(nameof(CompatibilityTests.The_contract_only_adds_to_the_baseline_and_the_baseline_is_whole)).Order(StringComparer.Ordinal),
            TestName().Matches(page).Select(match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal));
    }

    static string NameOf(MethodInfo rule) => $"{rule.DeclaringType!.Name}.{rule.Name}";

    [GeneratedRegex("`([A-Z][a-z]*(?:_[A-Za-z]+)+)`")]
    private static partial Regex TestName();
}
