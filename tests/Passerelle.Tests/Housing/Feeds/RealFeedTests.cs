using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Housing.Feeds;

/// <summary>The right answers on files that partners really sent.</summary>
public class RealFeedTests
{
    const string First = "Annonces_20260313-1602.csv";
    const string Second = "Annonces_20260316-1556.csv";
    const string Third = "Annonces_20260401-1427.csv";

    [Theory]
    [InlineData(First, 83)]
    [InlineData(Second, 88)]
    [InlineData(Third, 119)]
    public void Every_line_of_a_Hektor_export_is_a_listing(string file, int expected)
    {
        using var stream = Fixtures.Open("estate/poliris-hektor/" + file);
        using var feed = ListingFeeds.Open(stream);

        var lines = feed.ReadLines().ToList();

        Assert.All(lines, line => Assert.IsType<DraftLine<ListingDraft>>(line));
        Assert.Equal(expected, lines.Count);
        Assert.Equal(Enumerable.Range(1, expected), lines.Select(line => line.LineNumber));
        Assert.Equal(("poliris", "4.12", "windows-1252"), (feed.Format, feed.FormatVersion, feed.Encoding));
    }

    [Fact]
    public void The_lines_may_be_read_twice()
    {
        using var stream = Fixtures.Open("estate/poliris-hektor/" + First);
        using var feed = ListingFeeds.Open(stream);

        Assert.Equal(feed.ReadLines().Count(), feed.ReadLines().Count());
    }

    // First to second, all three changed lines differ in mapped columns (text, photos, fees). Second to third, 19 lines differ
    // but three of them only in columns that nobody maps: 26877 in 109 (real town, private), 27164 in 84 and 113, 27177 in 84.
    [Theory]
    [InlineData(First, Second, 6, 1, 3, 0)]
    [InlineData(Second, Third, 36, 5, 16, 4)]
    public void Successive_exports_differ_by_what_really_changed(string before, string after, int added, int gone, int changed, int prices)
    {
        var old = Listings(before);
        var recent = Listings(after);
        var both = old.Keys.Intersect(recent.Keys).ToList();

        Assert.Equal(added, recent.Keys.Except(old.Keys).Count());
        Assert.Equal(gone, old.Keys.Except(recent.Keys).Count());
        Assert.Equal(changed, both.Count(id => !old[id].ContentHash().SequenceEqual(recent[id].ContentHash())));
        Assert.Equal(prices, both.Count(id => old[id].PriceCents != recent[id].PriceCents));
    }

    [Fact]
    public void The_archive_sent_to_a_portal_gives_109_sales_and_2472_photos()
    {
        using var stream = Fixtures.Open("estate/poliris-propertybase/RC-1577371.zip");
        using var feed = ListingFeeds.Open(stream);

        var listings = feed.ReadLines().Cast<DraftLine<ListingDraft>>().Select(line => line.Draft).ToList();

        Assert.Equal(109, listings.Count);
        Assert.All(listings, listing => Assert.Equal(Transaction.Sale, listing.Transaction));
        Assert.Equal(2472, listings.Sum(listing => listing.Photos.Count));
        Assert.Equal(("4.12", "utf-8"), (feed.FormatVersion, feed.Encoding));
    }

    /// <summary>The known answers count any column; what differs between them and the changes above is what nobody maps.</summary>
    [Theory]
    [InlineData(First, Second, 3)]
    [InlineData(Second, Third, 19)]
    public void As_many_lines_differ_as_were_counted_by_hand(string before, string after, int changed)
    {
        var (old, recent) = (Raw(before), Raw(after));

        Assert.Equal(changed, old.Keys.Intersect(recent.Keys).Count(id => old[id] != recent[id]));

        static Dictionary<string, string> Raw(string file) => File.ReadAllText(Fixtures.PathOf("estate/poliris-hektor/" + file), Poliris.Windows1252).Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .ToDictionary(line => line.Split("\"!#\"")[174]);
    }

    [Fact]
    public void The_XML_behind_the_archive_lists_the_same_homes_at_the_same_prices_with_the_same_photos()
    {
        var (zip, xml) = (ListingsOf("estate/poliris-propertybase/RC-1577371.zip"), ListingsOf("estate/poliris-propertybase/feed-RC-1577371.xml"));

        Assert.Equal(109, xml.Count);
        Assert.Equal(zip.Keys.Order(), xml.Keys.Order());
        foreach (var (id, expected) in zip)
        {
            var actual = xml[id];
            Assert.Equal(
                (expected.PriceCents, expected.Surface, expected.LandSurface, expected.Bedrooms, expected.Postcode, expected.City, expected.PropertyType, expected.FeesPayer),
                (actual.PriceCents, actual.Surface, actual.LandSurface, actual.Bedrooms, actual.Postcode, actual.City, actual.PropertyType, actual.FeesPayer));
            Assert.Equal((expected.EnergyUse, expected.EnergyClass, expected.GhgClass, expected.DiagnosisDate), (actual.EnergyUse, actual.EnergyClass, actual.GhgClass, actual.DiagnosisDate));
            // Poliris has places for thirty.
            Assert.Equal(expected.Photos, actual.Photos.Take(30));
        }

        static Dictionary<(string, string), ListingDraft> ListingsOf(string file)
        {
            using var stream = Fixtures.Open(file);
            using var feed = ListingFeeds.Open(stream);
            return feed.ReadLines().Cast<DraftLine<ListingDraft>>().ToDictionary(line => (line.Draft.AgencyId, line.Draft.TechnicalId), line => line.Draft);
        }
    }

    [Fact]
    public void A_version_beside_no_date_is_the_softwares_default_and_no_diagnosis()
    {
        var undated = Listings(Third).Values.Where(l => l.DiagnosisDate is null).ToList();

        Assert.Equal(27, undated.Count);
        Assert.All(undated, l => Assert.Null(l.DiagnosisVersion));
    }

    [Fact]
    public void Nothing_of_the_private_columns_of_a_real_export_is_in_its_listings()
    {
        var fields = File.ReadAllText(Fixtures.PathOf("estate/poliris-hektor/" + Third), Poliris.Windows1252).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split("\"!#\"")).ToList();
        // Some names are said in the open, too, and any date may be another's.
        var open = string.Concat(fields.SelectMany(line => line.Where((_, i) => PolirisTable.Columns.ElementAtOrDefault(i)?.MapsTo is not null)));
        var secrets = fields.SelectMany(line => line.Where((text, i) => i < 334 && PolirisTable.Columns[i].IsPrivate && text.Length > 5 && text.Any(char.IsLetter) && !open.Contains(text, StringComparison.Ordinal))).ToHashSet();
        var all = string.Concat(Listings(Third).Values.Select(l => l + string.Concat(l.Photos) + System.Text.Encoding.UTF8.GetString(l.Details.ToJson())));

        Assert.True(secrets.Count > 50);
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, all, StringComparison.Ordinal));
    }

    [Fact]
    public void Rentals_have_their_fees_in_euros_and_sales_in_percent()
    {
        var listings = Listings(Third).Values.ToList();

        Assert.Equal(13, listings.Count(l => l.Transaction == Transaction.Rental));
        Assert.All(listings, l => Assert.True(l.Transaction == Transaction.Rental ? l.FeesPercent is null : l.FeesCents is null));
        Assert.Contains(listings, l => l is { Transaction: Transaction.Rental, FeesCents: 99220 });
        Assert.Contains(listings, l => l is { Transaction: Transaction.Sale, FeesPercent: 4.07m });
    }

    [Fact]
    public void Real_exports_are_read_without_a_single_warning()
    {
        var sentences = new[] { First, Second, Third }.SelectMany(Lines).SelectMany(line => line.Warnings).Select(w => w.Sentence).Distinct();

        Assert.Empty(sentences);
    }

    [Theory]
    [InlineData("estate/openimmo/openimmo-data_127.xml", ForeignListings.OpenImmoXml, "OpenImmo")]
    [InlineData("estate/reso/good-property-payload.json", ForeignListings.ResoJson, "RESO")]
    [InlineData("estate/reso/good-property-payload-all-collection.json", ForeignListings.ResoJson, "RESO")]
    [InlineData("estate/ubiflow-json/ubiflow-xml-tags.txt", ForeignListings.UbiflowTagList, "Ubiflow")]
    public void A_feed_in_another_format_is_refused_by_its_name(string file, ForeignListings seen, string name)
    {
        using var stream = Fixtures.Open(file);

        var refused = Assert.Throws<FeedRefused>(() => ListingFeeds.Open(stream));

        Assert.Equal((FeedRefusal.UnknownFormat, (Enum)seen), (refused.Kind, refused.Seen));
        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("estate/poliris-hektor/" + First)]
    [InlineData("estate/poliris-propertybase/RC-1577371.zip")]
    public void A_real_file_cut_anywhere_inside_its_last_line_is_refused(string file)
    {
        var bytes = File.ReadAllBytes(Fixtures.PathOf(file));

        Assert.All(Enumerable.Range(8, 60), cut => Assert.Equal(FeedRefusal.Truncated, Poliris.Refused(bytes[..^(cut * 17)]).Kind));
    }

    static IEnumerable<DraftLine<ListingDraft>> Lines(string file)
    {
        using var stream = Fixtures.Open("estate/poliris-hektor/" + file);
        using var feed = ListingFeeds.Open(stream);
        return [.. feed.ReadLines().Cast<DraftLine<ListingDraft>>()];
    }

    static Dictionary<(string, string), ListingDraft> Listings(string file) =>
        Lines(file).ToDictionary(line => (line.Draft.AgencyId, line.Draft.TechnicalId), line => line.Draft);
}
