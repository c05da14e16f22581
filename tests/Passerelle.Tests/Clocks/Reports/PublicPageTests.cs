using System.Net;
using System.Text.Json;
using System.Xml.Linq;
using NodaTime;
using Passerelle.Hub.Clocks.Reports;
using Passerelle.Tests.Clocks.Calendars;
using Passerelle.Tests.Clocks.History;
using Passerelle.Tests.Support;
using HttpStatusCode = System.Net.HttpStatusCode;

namespace Passerelle.Tests.Clocks.Reports;

/// <summary>What everybody may see.</summary>
public sealed class PublicPageTests(Postgres postgres)
{
    static readonly double Now = (When.Paris("2027-03-15 18:05") - ClockStory.Beginning).TotalHours;
    static readonly double February = (When.Paris("2027-02-10 10:00") - ClockStory.Beginning).TotalHours;
    static readonly double January = (When.Paris("2027-01-10 10:00") - ClockStory.Beginning).TotalHours;

    [Fact]
    public async Task The_page_shows_whole_months_without_small_numbers_to_whoever_asks()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.WriteAsync(ClockStory.At(Now),
        [
            // 27 in time, one too late: 96.4 %. In January too few; in March the month is not over.
            .. Enumerable.Range(1, 27).Select(n => ReportRows.Answered(n, February)), ReportRows.Answered(50, February),
            .. Enumerable.Range(1, 9).Select(n => ReportRows.Answered(n, January)),
            .. Enumerable.Range(1, 20).Select(n => ReportRows.Waiting(Now, n)),
        ]);
        using var everybody = Everybody(hub);

        using var page = await everybody.GetAsync(new Uri(PublicPage.Path, UriKind.Relative), TestContext.Current.CancellationToken);
        var html = await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "text/html; charset=utf-8", "public, max-age=600"), (page.StatusCode, page.Content.Headers.ContentType!.ToString(), page.Headers.CacheControl!.ToString()));
        Assert.StartsWith("default-src 'none'; style-src 'sha256-", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.False(page.Headers.Contains("Set-Cookie"));
        var rows = Rows(html);
        Assert.Equal(12, rows.Count);
        Assert.Equal("février 2027|20 ou plus|96 %|14 heures au plus|26 heures au plus", rows[0]);
        Assert.Equal("janvier 2027|Non publié : moins de 10 demandes", rows[1]);
        Assert.Equal("mars 2026|Non publié : moins de 10 demandes", rows[11]);
        Assert.Contains("Chiffres du lundi 15 mars 2027 à 18 h 05 (heure de Paris).", html, StringComparison.Ordinal);

        using var json = JsonDocument.Parse(await everybody.GetStringAsync(new Uri(PublicPage.JsonPath, UriKind.Relative), TestContext.Current.CancellationToken));
        var months = json.RootElement.GetProperty("months").EnumerateArray().ToList();
        Assert.Equal("""{"month":"2027-02","published":true,"requestsAtLeast":20,"attainmentPercent":96,"medianHours":14,"percentile90Hours":26}""", months[0].GetRawText());
        Assert.Equal("""{"month":"2027-01","published":false,"requestsAtLeast":null,"attainmentPercent":null,"medianHours":null,"percentile90Hours":null}""", months[1].GetRawText());
        await hub.ForgetClocksAsync();
    }

    [Fact]
    public async Task It_is_counted_once_in_a_while_however_many_ask_and_kept_while_the_storage_is_away()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = _ => true;
        await hub.WriteAsync(ClockStory.At(Now), Enumerable.Range(1, 10).Select(n => ReportRows.Answered(n, February)));
        using var everybody = Everybody(hub);
        var first = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => PageAsync()));
        await hub.ForgetClocksAsync();

        Assert.Single(first.Append(await PageAsync()).Distinct());

        Task<string> PageAsync() => everybody.GetStringAsync(new Uri(PublicPage.Path, UriKind.Relative), TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(9, 0, 0, null)]
    [InlineData(10, 0, 0, 100)]
    [InlineData(999, 1, 0, 99)]
    [InlineData(0, 0, 10, 0)]
    public void Few_are_not_shown_and_shares_are_rounded_down(long met, long missed, long overdue, int? percent)
    {
        var figures = new ClockFigures(null, null, null, new DateOnly(2027, 2, 1), met, missed, overdue, Open: 50, Voided: 50, new AnswerTimes(Duration.FromMinutes(61), null, null, null));
        var shown = PublicFigures.Shown(figures);
        Assert.Equal(percent, shown?.AttainmentPercent);
        if (shown is not null) Assert.Equal(((met + missed + overdue) / 10 * 10, 2, (int?)null), (shown.RequestsAtLeast, shown.MedianHours!.Value, shown.Percentile90Hours));
        Assert.Null(PublicFigures.Shown(null));
    }

    [Fact]
    public void The_page_can_be_read_by_everybody()
    {
        var shown = new ShownFigures(120, 100, 1, 73);
        var html = PublicPage.Render(new PublicReport(new DateTimeOffset(2027, 2, 28, 23, 30, 0, TimeSpan.Zero), [new(new DateOnly(2027, 2, 1), shown), new(new DateOnly(2027, 1, 1), shown with { MedianHours = null })]));
        var page = Xml(html);

        Assert.Equal("fr", (string?)page.Attribute("lang"));
        Assert.Single(page.Descendants("h1"));
        Assert.Single(page.Descendants("main"));
        Assert.NotEmpty(page.Descendants("title").Single().Value);
        Assert.NotEmpty(page.Descendants("caption").Single().Value);
        Assert.All(page.Descendants("thead").Descendants("th"), th => Assert.Equal("col", (string?)th.Attribute("scope")));
        Assert.All(page.Descendants("tbody").Descendants("th"), th => Assert.Equal("row", (string?)th.Attribute("scope")));
        Assert.Equal(["février 2027|120 ou plus|100 %|une heure au plus|4 jours au plus", "janvier 2027|120 ou plus|100 %|pas encore connu|4 jours au plus"], Rows(html));
        // The first of a month is the only one that French counts so.
        Assert.Contains("lundi 1er mars 2027 à 0 h 30", html, StringComparison.Ordinal);
    }

    static HttpClient Everybody(HubHost hub)
    {
        var client = hub.Http("crm");
        client.DefaultRequestHeaders.Authorization = null;
        return client;
    }

    static XElement Xml(string html) => XDocument.Parse(html).Root!;

    static List<string> Rows(string html) => [.. Xml(html).Descendants("tbody").Single().Elements("tr").Select(tr => string.Join('|', tr.Elements().Select(cell => WebUtility.HtmlDecode(cell.Value))))];
}
