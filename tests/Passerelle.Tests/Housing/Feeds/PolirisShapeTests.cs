using System.Text;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing.Feeds;

namespace Passerelle.Tests.Housing.Feeds;

/// <summary>Separators, quotes, line ends, widths and encodings.</summary>
public class PolirisShapeTests
{
    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("!#\n")]
    [InlineData("!#\r\n")]
    [InlineData("\n\n  \n")]
    public void Line_ends_may_be_LF_or_CRLF_with_or_without_a_stray_separator(string end)
    {
        var file = Poliris.Line(Poliris.Sale("A")) + end + Poliris.Line(Poliris.Sale("B")) + end;

        Assert.Equal(["A", "B"], Ids(Poliris.Read(file)));
    }

    [Fact]
    public void The_last_line_needs_no_line_end() =>
        Assert.Equal(["A", "B"], Ids(Poliris.Read(Poliris.File(Poliris.Sale("A"), Poliris.Sale("B")).TrimEnd('\n'))));

    [Fact]
    public void Unquoted_fields_are_read_even_when_the_last_one_is_empty_on_some_lines()
    {
        var full = string.Join("!#", Poliris.Sale("A", (334, "117")));
        var open = string.Join("!#", Poliris.Sale("B"));

        Assert.Equal(["A", "B", "C"], Ids(Poliris.Read($"{full}\r\n{open}\r\n{full.Replace("!#A!#", "!#C!#", StringComparison.Ordinal)}")));
    }

    [Theory]
    [InlineData("une ligne\nune autre")]
    [InlineData("avant !# après")]
    [InlineData("il dit \"oui\" et part")]
    [InlineData("il dit \"oui\"")]
    [InlineData("\"\"")]
    [InlineData("un \"titre\"\nsur deux lignes")]
    [InlineData("surprise!")]
    public void A_quoted_field_may_hold_lines_separators_and_doubled_quotes(string description) =>
        Assert.Equal(description, Poliris.ReadOne((21, description)).Draft.Description);

    [Theory]
    [InlineData("il dit \"oui\" et part")]
    [InlineData("il dit \"oui\"")]
    public void Quotes_that_a_CRM_forgot_to_double_are_read_all_the_same(string description)
    {
        var line = Poliris.Line(Poliris.Sale("A", (21, "@"))).Replace("@", description, StringComparison.Ordinal);

        var listing = Assert.IsType<DraftLine<ListingDraft>>(Assert.Single(Poliris.Read(line + "\n"))).Draft;

        Assert.Equal((description, "A"), (listing.Description, listing.TechnicalId));
    }

    [Fact]
    public void Line_numbers_count_as_an_editor_does()
    {
        var lines = Poliris.Read(Poliris.File(Poliris.Sale("A", (21, "un\ndeux\ntrois")), Poliris.Sale("B")));

        Assert.Equal([1, 4], lines.Select(line => line.LineNumber));
    }

    [Fact]
    public void A_file_too_narrow_for_the_technical_id_is_keyed_on_the_agencys_reference()
    {
        Assert.Equal(["REF A", "REF B"], Ids(Poliris.Read(Narrow(21, "\n"))));
        // The stray "!#" at each line's end makes 175 columns of 174, and no technical id.
        Assert.Equal(["REF A", "REF B"], Ids(Poliris.Read(Narrow(174, "!#\n"))));
        Assert.Equal(["A", "B"], Ids(Poliris.Read(Narrow(175, "\n"))));

        static string Narrow(int columns, string end) => Poliris.Line(Poliris.Sale("A")[..columns]) + end + Poliris.Line(Poliris.Sale("B")[..columns]) + end;
    }

    [Fact]
    public void Where_the_reference_is_the_key_it_must_be_there_and_differ()
    {
        var lines = Poliris.Read(Poliris.File(Poliris.Sale("A", (2, "R1"))[..21], Poliris.Sale("A", (2, ""))[..21], Poliris.Sale("A", (2, "R1"))[..21]));

        Assert.Equal(
            [(FeedProblem.Missing, "2 Référence agence du bien"), (FeedProblem.DuplicateTechnicalId, "2 Référence agence du bien")],
            lines.OfType<RejectedLine>().Select(line => (line.Problem, line.Field)));
    }

    [Fact]
    public void A_rejected_line_says_which_listing_it_was_about_where_that_can_be_read()
    {
        var lines = Poliris.Read(Poliris.File(
            Poliris.Sale("A"), Poliris.Sale("B", (11, "nous consulter")), Poliris.Sale("A"), Poliris.Sale(""), Poliris.Sale("C", (1, "")), Poliris.Sale("D")[..300], Poliris.Sale("E")));

        Assert.Equal(
            [new("agence-1", "B"), new("agence-1", "A"), null, null, null],
            lines.OfType<RejectedLine>().Select(line => line.Identity));
    }

    [Fact]
    public void An_older_version_with_fewer_columns_is_read() =>
        Assert.Equal(["A", "B"], Ids(Poliris.Read(Poliris.Line(Poliris.Sale("A")[..180]) + "\n" + Poliris.Line(Poliris.Sale("B")[..180]) + "\n")));

    /// <summary>From the least that is an advertisement, over the ends of older versions, to a cousin's additions.</summary>
    [Theory]
    [InlineData(21)]
    [InlineData(123)]
    [InlineData(175)]
    [InlineData(263)]
    [InlineData(301)]
    [InlineData(323)]
    [InlineData(334)]
    [InlineData(340)]
    [InlineData(600)]
    public void A_file_of_any_width_is_read(int width)
    {
        var lines = Poliris.Read(Line("A") + Line("B"));

        Assert.Equal(width < 175 ? ["REF A", "REF B"] : ["A", "B"], Ids(lines));
        Assert.All(lines, line => Assert.Empty(Assert.IsType<DraftLine<ListingDraft>>(line).Warnings));

        string Line(string id) => Poliris.Line([.. Poliris.Sale(id).Concat(Enumerable.Repeat("de plus", 300)).Take(width)]) + "\n";
    }

    [Fact]
    public void Fewer_than_21_columns_reject_the_line()
    {
        var lines = Poliris.Read(Poliris.File(Poliris.Sale("A"), Poliris.Sale("B")[..20], Poliris.Sale("C")));

        var rejected = Assert.IsType<RejectedLine>(lines[1]);
        Assert.Equal((FeedProblem.TooFewColumns, "20", 2), (rejected.Problem, rejected.Value, rejected.LineNumber));
        Assert.Equal(["A", "C"], Ids(lines));
    }

    [Theory]
    [InlineData(333)]
    [InlineData(200)]
    public void A_line_with_shifted_columns_is_rejected_rather_than_misread(int width)
    {
        var lines = Poliris.Read(Poliris.File(Poliris.Sale("A"), Poliris.Sale("B")[..width], Poliris.Sale("C")));

        Assert.Equal(FeedProblem.ColumnCountDiffers, Assert.IsType<RejectedLine>(lines[1]).Problem);
    }

    [Fact]
    public void A_line_with_a_column_too_many_is_rejected()
    {
        var lines = Poliris.Read(Poliris.File(Poliris.Sale("A"), [.. Poliris.Sale("B"), "x"], Poliris.Sale("C")));

        Assert.Equal(FeedProblem.ColumnCountDiffers, Assert.IsType<RejectedLine>(lines[1]).Problem);
    }

    [Fact]
    public void The_same_technical_id_twice_rejects_the_second_and_names_the_first()
    {
        var rejected = Assert.IsType<RejectedLine>(Poliris.Read(Poliris.File(Poliris.Sale("A"), Poliris.Sale("B"), Poliris.Sale("A")))[2]);

        Assert.Equal(FeedProblem.DuplicateTechnicalId, rejected.Problem);
        Assert.Contains("ligne 1", rejected.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_agencies_may_use_the_same_technical_id() =>
        Assert.Equal(["A", "A"], Ids(Poliris.Read(Poliris.File(Poliris.Sale("A"), Poliris.Sale("A", (1, "agence-2"))))));

    [Theory]
    [InlineData("utf-8", true)]
    [InlineData("utf-8", false)]
    [InlineData("windows-1252", false)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    public void The_encoding_is_found_and_reported(string name, bool mark)
    {
        var encoding = name == "windows-1252" ? Poliris.Windows1252 : Encoding.GetEncoding(name);
        var text = Poliris.File(Poliris.Sale("A", (20, "Cœur d’îlot à 250 000 €")));
        byte[] file = [.. mark ? encoding.GetPreamble() : [], .. encoding.GetBytes(text)];

        using var feed = ListingFeeds.Open(new MemoryStream(file));

        Assert.Equal(name, feed.Encoding);
        Assert.Equal("Cœur d’îlot à 250 000 €", Assert.IsType<DraftLine<ListingDraft>>(Assert.Single(feed.ReadLines())).Draft.Title);
    }

    [Fact]
    public void One_byte_that_is_not_UTF8_makes_the_whole_file_windows_1252()
    {
        byte[] file = [.. Encoding.ASCII.GetBytes(Poliris.File(Poliris.Sale("A", (20, "T3"), (21, "port")))), .. Poliris.Windows1252.GetBytes(Poliris.File(Poliris.Sale("B", (20, "été"))))];

        Assert.Equal("été", Assert.IsType<DraftLine<ListingDraft>>(Poliris.Read(file)[1]).Draft.Title);
    }

    [Fact]
    public void A_record_may_straddle_the_buffers()
    {
        var text = new string('é', 150_000 / 2);
        var lines = Poliris.Read(Poliris.File([.. Enumerable.Range(0, 12).Select(i => Poliris.Sale($"T{i}", (21, text)))]));

        Assert.All(lines, line => Assert.Equal(text, Assert.IsType<DraftLine<ListingDraft>>(line).Draft.Description));
        Assert.Equal(12, lines.Count);
    }

    static IEnumerable<string> Ids(IEnumerable<FeedLine> lines) => lines.OfType<DraftLine<ListingDraft>>().Select(line => line.Draft.TechnicalId);
}
