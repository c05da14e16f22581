namespace Passerelle.Tests.Support;

/// <summary>What a rule found wrong, one line each: a failing test shows all of them at once.</summary>
static class Findings
{
    public static void None(IEnumerable<string> findings)
    {
        var found = findings.ToList();
        if (found.Count > 0)
            Assert.Fail($"{found.Count} found:{Environment.NewLine}{string.Join(Environment.NewLine, found)}");
    }
}
