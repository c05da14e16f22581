using System.Globalization;
using CsCheck;
using Passerelle.Hub.Feeds;

namespace Passerelle.Tests.Feeds;

/// <summary>When a file was made, by its name.</summary>
public sealed class FeedStampTests
{
    [Theory]
    [InlineData("Annonces_20260313-1602.csv", "2026-03-13T15:02:00Z")]
    [InlineData("Annonces_20260713-1602.csv", "2026-07-13T14:02:00Z")]
    [InlineData("annonces-20260313160215.zip", "2026-03-13T15:02:15Z")]
    [InlineData("2026-03-13_16h02 export.zip", "2026-03-13T15:02:00Z")]
    [InlineData("agence12_2026-03-13T16:02:15.csv", "2026-03-13T15:02:15Z")]
    [InlineData("export-20260313.zip", "2026-03-12T23:00:00Z")]
    [InlineData("RC-1577371_20260313_0005.zip", "2026-03-12T23:05:00Z")]
    // The clocks go forward: 02:30 is not there, and meant as 03:30. They go back: of two the earlier.
    [InlineData("a_20260329-0230.csv", "2026-03-29T01:30:00Z")]
    [InlineData("a_20261025-0230.csv", "2026-10-25T00:30:00Z")]
    public void A_stamp_in_a_name_is_the_clock_on_a_wall_in_france(string name, string time) =>
        Assert.Equal(DateTimeOffset.Parse(time, CultureInfo.InvariantCulture), FeedStamp.OfName(name));

    [Theory]
    [InlineData("Annonces.csv")]
    [InlineData("")]
    [InlineData("RC-1577371.zip")]
    [InlineData("20261399.csv")]
    [InlineData("20260230-1602.csv")]
    [InlineData("a_202603131.csv")]
    [InlineData("19990101-1200.csv")]
    public void What_is_no_date_is_no_stamp(string name) => Assert.Null(FeedStamp.OfName(name));

    [Fact]
    public void Of_several_numbers_the_first_that_is_a_date_counts() =>
        Assert.Equal(new DateTimeOffset(2026, 3, 13, 15, 2, 0, TimeSpan.Zero), FeedStamp.OfName("20269901 20260313-1602 20260401-1200.csv"));

    [Fact]
    public void An_archive_that_says_nothing_has_no_time()
    {
        Assert.Null(FeedStamp.OfEntry(new DateTime(1980, 1, 1)));
        Assert.Equal(new DateTimeOffset(2026, 3, 13, 15, 2, 0, TimeSpan.Zero), FeedStamp.OfEntry(new DateTime(2026, 3, 13, 16, 2, 0)));
    }

    [Fact]
    public void No_name_breaks_it() => Gen.String[Gen.Char["0123456789-_ThmCSV.é/\u0000"], 0, 60].Sample(name => FeedStamp.OfName(name) is null or { Year: >= 1999 and <= 2100 });
}
