using System.Text;
using CsCheck;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing.Feeds;

namespace Passerelle.Tests.Housing.Feeds;

/// <summary>Whatever arrives is either read or refused: never another exception, never a hang.</summary>
public class FeedFuzzTests
{
    static readonly byte[] Csv = Encoding.UTF8.GetBytes(Poliris.File(Poliris.Sale("A", (21, "un \"mot\"\nà part")), Poliris.Sale("B"), Poliris.Sale("C")));
    static readonly byte[] Zip = Poliris.Zip(("Annonces.csv", Encoding.UTF8.GetString(Csv)), ("config.txt", "Version=4.12"), ("photos.cfg", "Mode=URL"));
    static readonly byte[] Utf16 = [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Encoding.UTF8.GetString(Csv))];

    static readonly byte[] Xml = Ubiflow.Bytes(Ubiflow.Xml(Ubiflow.House("A"), Ubiflow.House("B"), Ubiflow.House("C")));
    static readonly byte[] Json = Ubiflow.Bytes(Ubiflow.Json(Ubiflow.House("A"), Ubiflow.House("B"), Ubiflow.House("C")));

    static readonly Gen<(int At, byte Value, int Length)> Change = Gen.Select(Gen.Int[0, 1_000_000], Gen.Byte, Gen.Int[0, 40]);

    [Fact]
    public void Random_bytes() => Gen.Byte.Array[0, 600].Sample(IsReadOrRefused, iter: 3_000);

    [Fact]
    public void Random_bytes_behind_each_signature() =>
        Gen.Select(Pick("PK\x03\x04", "PK\x05\x06", "\uFEFF", "\"a\"!#", "<", "{", "%PDF", "<client><annonce><code_postal>", "<propertybase_feed><listing>", "{\"annonces\":[{\"code_postal\":1,\"nb_pieces\":"), Gen.Byte.Array[0, 400])
            .Sample((signature, bytes) => IsReadOrRefused([.. Encoding.UTF8.GetBytes(signature), .. bytes]), iter: 3_000);

    [Fact]
    public void Random_text_made_of_what_matters() =>
        Pick("\"", "!#", "!", "#", "\n", "\r", "\r\n", "a", "é", "0", "vente", "\0", "😀").Array[0, 200]
            .Sample(parts => IsReadOrRefused(Encoding.UTF8.GetBytes("\"a\"!#" + string.Concat(parts))), iter: 5_000);

    [Fact]
    public void Overwritten_bytes_in_a_CSV() => Mutated(Csv, 1_500);

    [Fact]
    public void Overwritten_bytes_in_an_archive() => Mutated(Zip, 6_000);

    [Fact]
    public void Overwritten_bytes_in_UTF_16() => Mutated(Utf16, 1_000);

    [Fact]
    public void Overwritten_bytes_in_XML() => Mutated(Xml, 4_000);

    [Fact]
    public void Overwritten_bytes_in_JSON() => Mutated(Json, 4_000);

    /// <summary>Nothing leaves the market because of one broken byte: each listing is still there, or its line is rejected, or a rejected line may be its own. Its identity itself is left alone: another one is another listing.</summary>
    [Theory]
    [InlineData("csv")]
    [InlineData("xml")]
    [InlineData("json")]
    public void One_broken_byte_withdraws_nothing(string format)
    {
        var original = format switch { "csv" => Csv, "xml" => Xml, _ => Json };
        var identities = Identities(original);
        Gen.Select(Gen.Int[0, original.Length - 1], Gen.OneOf(Gen.Byte, Pick((byte)'"', (byte)'!', (byte)'#', (byte)'\n', (byte)'<', (byte)'>', (byte)','))).Where((at, _) => !identities[at]).Sample((at, value) =>
        {
            var file = original.ToArray();
            file[at] = value;
            Assert.True(StillListed(file).IsSupersetOf(["A", "B", "C"]), Encoding.Latin1.GetString(file));
        }, iter: 4_000);
    }

    [Fact]
    public void Files_cut_short() =>
        Gen.Select(Pick(Csv, Zip, Utf16, Xml, Json), Gen.Int[0, 1_000_000]).Sample((file, cut) => IsReadOrRefused(file[..(cut % file.Length)]), iter: 1_500);

    [Fact]
    public void What_is_written_is_read_back() =>
        Pick("a", "b", "é", "€", "😀", " ", "\"", "!#", "\n", ",", "<").Array[0, 40].Select(string.Concat).Array[1, 5]
            .Sample(texts =>
            {
                // The one text that the reader gives up: a quote and "!#" in front of another quote look like the end of a field.
                var clean = texts.Select(t => t.Replace("\"!#", "\" !#", StringComparison.Ordinal)).ToArray();
                var lines = Poliris.Read(Poliris.File([.. clean.Select((text, i) => Poliris.Sale($"T{i}", (21, text)))]));
                Assert.Equal(clean.Select(t => t.Trim()).Select(t => t.Length == 0 ? null : t), lines.Select(line => Assert.IsType<DraftLine<ListingDraft>>(line).Draft.Description));
            }, iter: 2_000);

    [Fact]
    public void Any_field_with_any_text_gives_a_line_and_a_sentence() =>
        Gen.Select(Gen.OneOf(Gen.Int[1, 30], Gen.Int[85, 107], Gen.Int[161, 179], Gen.Int[298, 334]), Gen.OneOf(Gen.String[0, 100], Gen.String[Gen.Char["0123456789.,/- €"], 0, 40]))
            .Sample((column, value) =>
            {
                var line = Assert.Single(Poliris.Read(Poliris.File(Poliris.Sale("A", (column, OnlyWholeCharacters(value).Replace("!#", "", StringComparison.Ordinal))))));
                var findings = line switch { DraftLine<ListingDraft> l => l.Warnings, RejectedLine r => [r.Reason, .. r.AlsoFound], _ => throw new InvalidOperationException() };
                Assert.All(findings, f => Assert.NotEmpty(f.Sentence));
                Assert.All(findings, f => Assert.True(f.Value.Length <= 80));
            }, iter: 5_000);

    static Gen<T> Pick<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    static void Mutated(byte[] original, int iterations) => Change.Array[1, 6].Sample(changes =>
    {
        var file = original.ToArray();
        foreach (var (at, value, length) in changes)
            file.AsSpan(at % file.Length, Math.Min(length, file.Length - (at % file.Length))).Fill(value);
        IsReadOrRefused(file);
    }, iter: iterations);

    static void IsReadOrRefused(byte[] file)
    {
        try
        {
            using var feed = ListingFeeds.Open(new MemoryStream(file), new FeedLimits { MaxUncompressedBytes = 1_000_000 });
            Assert.All(feed.ReadLines(), line => Assert.True(line.LineNumber > 0));
        }
        catch (FeedRefused refused)
        {
            Assert.NotEmpty(refused.Message);
        }
    }

    /// <summary>A, B and C, or those of them that this file would not have withdrawn.</summary>
    static HashSet<string> StillListed(byte[] file)
    {
        try
        {
            using var feed = ListingFeeds.Open(new MemoryStream(file));
            var tally = new FeedTally(_ => false);
            HashSet<string> listed = [.. tally.Count<ListingDraft>(feed.ReadLines(), d => d.AgencyId).Select(d => d.TechnicalId)];
            listed.UnionWith(tally.RejectedIdentities.Select(r => r.TechnicalId));
            return tally.HasUnknown ? ["A", "B", "C"] : listed;
        }
        catch (FeedRefused)
        {
            return ["A", "B", "C"];
        }
    }

    /// <summary>Where the file says whose and which: agency and technical id with their names and quotes.</summary>
    static bool[] Identities(byte[] file)
    {
        var text = Encoding.Latin1.GetString(file);
        var found = new bool[file.Length];
        foreach (var pattern in (string[])["agence-1", "\"[ABC]\"", ">[ABC]<", "identifiant_technique", "code_agence"])
        {
            foreach (System.Text.RegularExpressions.Match match in System.Text.RegularExpressions.Regex.Matches(text, pattern))
                found.AsSpan(match.Index, match.Length).Fill(true);
        }

        return found;
    }

    static string OnlyWholeCharacters(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace("\uFFFD", "", StringComparison.Ordinal);
}
