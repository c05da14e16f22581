using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>The day on paper: one page of HTML that needs nothing from elsewhere, made to be printed on A4 and read in the car.</summary>
public static class VisitSheetPage
{
    public const string MediaType = "text/html; charset=utf-8";

    const string Style =
        "@page{size:A4;margin:15mm}"
        + "body{font-family:system-ui,sans-serif;font-size:11pt;line-height:1.4;max-width:46rem;margin:0 auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
        + "h1{font-size:17pt;margin:1rem 0 .3rem}h2{font-size:13pt;margin:0}ol{list-style:none;margin:0;padding:0}"
        + "li{break-inside:avoid}.visit{border:1px solid #767676;border-radius:4px;padding:.5rem .8rem}.way{margin:.3rem .8rem}"
        + "dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem .8rem;margin:.3rem 0 0}dt{font-weight:bold}dd{margin:0;white-space:pre-line;overflow-wrap:anywhere}"
        + ".notes dd{min-height:3.2em}footer{font-size:9pt;margin-top:1rem}"
        + "@media print{body{max-width:none;padding:0}a{color:inherit;text-decoration:none}}";

    static readonly HtmlEncoder Html = HtmlEncoder.Create(UnicodeRanges.All);
    static readonly string Policy = $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri 'none'; form-action 'none'";

    public static string Render(VisitSheet sheet)
    {
        var visits = sheet.Visits.Where(v => v.State != SheetVisitState.Released).ToList();
        return $"""
            <!DOCTYPE html>
            <html lang="fr">
            <head>
            <meta charset="utf-8" />
            <meta http-equiv="Content-Security-Policy" content="{Policy}" />
            <meta name="viewport" content="width=device-width, initial-scale=1" />
            <meta name="referrer" content="no-referrer" />
            <title>{Encoded("DayTitle", VisitText.Date(sheet.Date))}</title>
            <style>{Style}</style>
            </head>
            <body>
            <main>
            <h1>{Encoded("DayTitle", VisitText.Date(sheet.Date))}</h1>
            {(visits is [] ? $"<p>{Encoded("NoVisits")}</p>" : Day(sheet, visits))}
            {Released([.. sheet.Visits.Except(visits)])}</main>
            <footer>
            <p>{Encoded($"Source_{sheet.TravelSource}")}</p>
            <p>{Encoded("Made", sheet.Revision + 1, VisitText.Date(DateOnly.FromDateTime(VisitText.Local(sheet.MadeTime))), VisitText.Time(sheet.MadeTime))}</p>
            </footer>
            </body>
            </html>

            """;
    }

    static string Day(VisitSheet sheet, List<SheetVisit> visits)
    {
        var travel = visits.Aggregate(sheet.TravelBack, (sum, visit) => sum + visit.TravelBefore);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<p>{Encoded(visits.Count == 1 ? "SummaryOfOne" : "SummaryOfMany", visits.Count, VisitText.Span(travel))}</p>\n<ol>\n");
        page.Append(CultureInfo.InvariantCulture, $"<li class=\"way\">{Encoded("Leave", VisitText.Time(sheet.Leave), sheet.Base)}</li>\n");
        var before = sheet.Leave;
        foreach (var visit in visits)
        {
            page.Append(CultureInfo.InvariantCulture, $"<li class=\"way\">{Encoded("Way", VisitText.Span(visit.TravelBefore))}{Wait(visit.Start - visit.TravelBefore - before)}</li>\n");
            Append(page, visit);
            before = visit.End;
        }

        page.Append(CultureInfo.InvariantCulture, $"<li class=\"way\">{Encoded("Way", VisitText.Span(sheet.TravelBack))}</li>\n");
        page.Append(CultureInfo.InvariantCulture, $"<li class=\"way\">{Encoded("Return", VisitText.Time(sheet.Return), sheet.Base)}</li>\n</ol>");
        return page.ToString();
    }

    static void Append(StringBuilder page, SheetVisit visit)
    {
        page.Append(CultureInfo.InvariantCulture, $"<li class=\"visit\">\n<h2>{Encoded($"Visit_{visit.State}", VisitText.Time(visit.Start), VisitText.Time(visit.End), visit.Title)}</h2>\n<dl>\n");
        Line("Address", Html.Encode(visit.Address));
        Line("Agency", Html.Encode(visit.Agency));
        if (visit.Phone is { } phone) Line("Phone", Phone(phone));
        if (!string.IsNullOrWhiteSpace(visit.Note)) Line("Note", Html.Encode(visit.Note));
        page.Append(CultureInfo.InvariantCulture, $"</dl>\n<dl class=\"notes\">\n");
        // Room to write in.
        Line("YourNotes", "");
        page.Append("</dl>\n</li>\n");

        void Line(string term, string html) => page.Append(CultureInfo.InvariantCulture, $"<dt>{Encoded(term)}</dt>\n<dd>{html}</dd>\n");
    }

    /// <summary>Up to a minute is rounding.</summary>
    static string Wait(TimeSpan wait) => wait < TimeSpan.FromMinutes(1) ? "" : " " + Encoded("Wait", VisitText.Span(wait));

    static string Released(List<SheetVisit> visits)
    {
        if (visits is []) return "";
        var lines = visits.Select(visit => $"<li>{Encoded("Released", VisitText.Time(visit.Start), visit.Title, visit.Agency)}</li>\n");
        return $"<h2>{Encoded("ReleasedHeading")}</h2>\n<ul>\n{string.Concat(lines)}</ul>\n";
    }

    /// <summary>To be called with one touch where it is a number.</summary>
    static string Phone(string phone)
    {
        var digits = string.Concat(phone.Where(c => char.IsAsciiDigit(c) || c == '+'));
        var isNumber = digits.Length is >= 4 and <= 20 && phone.All(c => char.IsAsciiDigit(c) || c is '+' or ' ' or '\u00A0' or '\u202F' or '.' or '-' or '(' or ')');
        return isNumber ? $"<a href=\"tel:{Html.Encode(digits)}\">{Html.Encode(phone)}</a>" : Html.Encode(phone);
    }

    static string Encoded(string key, params ReadOnlySpan<object?> values) => Html.Encode(VisitText.Text(key, values));
}
