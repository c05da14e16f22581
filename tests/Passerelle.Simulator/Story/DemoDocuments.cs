using System.Globalization;
using System.Text;

namespace Passerelle.Simulator.Story;

/// <summary>One-page PDF files made by hand, so that the demonstration carries nobody's papers.</summary>
static class DemoDocuments
{
    /// <param name="title">ASCII without parentheses.</param>
    /// <param name="weight">Bytes of an unused stream to add, as a scan would weigh.</param>
    public static byte[] Pdf(string title, int weight = 0)
    {
        var page = $"BT /F1 18 Tf 60 760 Td ({title}) Tj 0 -30 Td (DOCUMENT FICTIF - EXEMPLE) Tj ET";
        string[] objects =
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            Stream(page),
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            Stream(new string(' ', weight)),
        ];

        // The table at the end gives the place of every object in bytes; everything here is ASCII, so characters are bytes.
        var pdf = new StringBuilder("%PDF-1.4\n");
        var places = new List<int>();
        foreach (var (index, body) in objects.Index())
        {
            places.Add(pdf.Length);
            pdf.Append(CultureInfo.InvariantCulture, $"{index + 1} 0 obj\n{body}\nendobj\n");
        }
        var table = pdf.Length;
        pdf.Append(CultureInfo.InvariantCulture, $"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        foreach (var place in places) pdf.Append(CultureInfo.InvariantCulture, $"{place:D10} 00000 n \n");
        pdf.Append(CultureInfo.InvariantCulture, $"trailer\n<< /Size {objects.Length + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
        return Encoding.ASCII.GetBytes(pdf.ToString());
    }

    static string Stream(string content) => $"<< /Length {content.Length} >>\nstream\n{content}\nendstream";
}
