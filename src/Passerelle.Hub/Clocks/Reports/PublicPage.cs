using System.Globalization;
using System.Resources;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Clocks.Reports;

/// <summary>The public figures as a page and as JSON, for everybody: no credentials, no cookies, no scripts, nothing from elsewhere. Its French is in PublicPage.resx.</summary>
public static class PublicPage
{
    public const string Path = "/delais";
    public const string JsonPath = "/delais.json";

    const string Style =
        "body{font-family:system-ui,sans-serif;line-height:1.5;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
        + "table{border-collapse:collapse;width:100%}caption{text-align:left;font-weight:bold;padding:.5rem 0}"
        + "th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #767676}";

    static readonly CultureInfo French = CultureInfo.GetCultureInfo("fr-FR");
    static readonly ResourceManager Texts = new(typeof(PublicPage));
    static readonly TimeZoneInfo Paris = TimeZoneInfo.FindSystemTimeZoneById("Europe/Paris");
    static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);
    static readonly string Policy = $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    public static void Map(IEndpointRouteBuilder app)
    {
        app.MapGet(Path, (PublicFigures figures, HttpContext context) => AnswerAsync(figures, context, report => Results.Text(Render(report), "text/html; charset=utf-8", Encoding.UTF8)));
        app.MapGet(JsonPath, (PublicFigures figures, HttpContext context) => AnswerAsync(figures, context, report => Results.Json(ToJson(report))));
    }

    static async Task<IResult> AnswerAsync(PublicFigures figures, HttpContext context, Func<PublicReport, IResult> show)
    {
        var headers = context.Response.Headers;
        (headers.ContentSecurityPolicy, headers.XContentTypeOptions) = (Policy, "nosniff");
        headers["Referrer-Policy"] = "no-referrer";
        try
        {
            var report = await figures.ReadAsync(context.RequestAborted);
            headers.CacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={(int)PublicFigures.FreshFor.TotalSeconds}");
            return show(report);
        }
        catch (Exception e) when (ErrorInterceptor.IsStorageOutage(e))
        {
            (headers.CacheControl, headers.RetryAfter) = ("no-store", "60");
            return Results.Text(Text("Unavailable"), "text/plain; charset=utf-8", Encoding.UTF8, StatusCodes.Status503ServiceUnavailable);
        }
    }

    static object ToJson(PublicReport report) => new
    {
        AsKnownTime = report.AsKnown,
        FewestRequests = PublicFigures.Fewest,
        Months = report.Months.Select(m => new
        {
            Month = m.Month.ToString("yyyy-MM", CultureInfo.InvariantCulture),
            Published = m.Shown is not null,
            m.Shown?.RequestsAtLeast,
            m.Shown?.AttainmentPercent,
            m.Shown?.MedianHours,
            m.Shown?.Percentile90Hours,
        }),
    };

    public static string Render(PublicReport report)
    {
        var rows = new StringBuilder();
        foreach (var month in report.Months)
        {
            rows.Append(CultureInfo.InvariantCulture, $"<tr><th scope=\"row\">{Html.Encode(month.Month.ToString("MMMM yyyy", French))}</th>");
            if (month.Shown is { } shown)
            {
                rows.Append(CultureInfo.InvariantCulture, $"<td>{Html.Encode(Text("AtLeast", shown.RequestsAtLeast))}</td><td>{Html.Encode(Text("Percent", shown.AttainmentPercent))}</td>");
                rows.Append(CultureInfo.InvariantCulture, $"<td>{Html.Encode(Span(shown.MedianHours))}</td><td>{Html.Encode(Span(shown.Percentile90Hours))}</td></tr>\n");
            }
            else rows.Append(CultureInfo.InvariantCulture, $"<td colspan=\"4\">{Html.Encode(Text("NotShown", PublicFigures.Fewest))}</td></tr>\n");
        }

        var asKnown = TimeZoneInfo.ConvertTime(report.AsKnown, Paris);
        return $"""
            <!DOCTYPE html>
            <html lang="fr">
            <head>
            <meta charset="utf-8" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <title>{Encoded("Title")}</title>
            <style>{Style}</style>
            </head>
            <body>
            <main>
            <h1>{Encoded("Heading")}</h1>
            <p>{Encoded("Promise")}</p>
            <table>
            <caption>{Encoded("Caption")}</caption>
            <thead><tr><th scope="col">{Encoded("Month")}</th><th scope="col">{Encoded("Requests")}</th><th scope="col">{Encoded("Attainment")}</th><th scope="col">{Encoded("Median")}</th><th scope="col">{Encoded("Percentile90")}</th></tr></thead>
            <tbody>
            {rows}</tbody>
            </table>
            <h2>{Encoded("HowHeading")}</h2>
            <p>{Encoded("HowCounted")}</p>
            <p>{Encoded("HowTimes")}</p>
            <p>{Encoded("HowHidden", PublicFigures.Fewest)}</p>
            <p>{Encoded("AsKnown", Date(asKnown), asKnown.ToString("H 'h' mm", French))} <a href="{JsonPath}">{Encoded("Json")}</a></p>
            </main>
            </body>
            </html>

            """;
    }

    static string Date(DateTimeOffset time) => time.ToString(time.Day == 1 ? "dddd 1'er' MMMM yyyy" : "dddd d MMMM yyyy", French);

    static string Span(int? hours) => hours switch
    {
        null => Text("NotKnown"),
        <= 1 => Text("OneHour"),
        <= 72 => Text("Hours", hours),
        _ => Text("Days", (hours + 23) / 24),
    };

    static string Encoded(string key, params ReadOnlySpan<object?> values) => Html.Encode(Text(key, values));

    static string Text(string key, params ReadOnlySpan<object?> values) => string.Format(French, Texts.GetString(key, French) ?? throw new MissingManifestResourceException(key), values);
}
