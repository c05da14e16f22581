using System.Text;
using CsCheck;
using Passerelle.Cli.Inbox;

namespace Passerelle.Tests.Cli;

public sealed class SafeNameTests
{
    [Theory]
    [InlineData("livret de famille.pdf", "livret de famille.pdf")]
    [InlineData("../../.bashrc", "bashrc")]
    [InlineData("..\\..\\x.pdf", "x.pdf")]
    [InlineData("CON", "_CON")]
    [InlineData("com1.pdf", "_com1.pdf")]
    [InlineData("nom .pdf. ", "nom .pdf")]
    [InlineData("e\u0301cole.pdf", "\u00e9cole.pdf")]
    [InlineData("photo\u202Efdp.exe", "photofdp.exe")]
    [InlineData("", "document")]
    [InlineData(" . ", "document")]
    public void A_name_is_made_safe(string given, string expected) => Assert.Equal(expected, SafeName.OfFile(given));

    [Fact]
    public void A_long_name_keeps_its_extension()
    {
        var name = SafeName.OfFile(new string('é', 200) + ".pdf");

        Assert.EndsWith("é.pdf", name);
        Assert.Equal(120, Encoding.UTF8.GetByteCount(name));
    }

    [Fact]
    public void Whatever_is_given_the_name_stays_in_its_folder()
    {
        var folder = Path.GetFullPath(Path.Combine(Path.GetTempPath(), "inbox"));
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["./\\: \0\u202Econ\ud83d\ude00"], 0, 30]).Sample(
            given =>
            {
                var name = SafeName.OfFile(given);
                Assert.NotEmpty(name);
                Assert.NotEqual('.', name[0]);
                Assert.DoesNotContain(name, c => c is '/' or '\\' || char.IsControl(c));
                Assert.InRange(Encoding.UTF8.GetByteCount(name), 1, 121);
                Assert.Equal(folder, Path.GetDirectoryName(Path.GetFullPath(Path.Combine(folder, name))));
            },
            iter: 20_000);
    }
}
