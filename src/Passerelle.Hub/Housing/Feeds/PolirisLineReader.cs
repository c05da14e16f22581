using System.Text;
using Passerelle.Hub.Feeds;
using F = Passerelle.Hub.Housing.Feeds.ListingField;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>The second pass: what became of each line. A line of the wrong width is rejected unread.</summary>
sealed class PolirisLineReader(PolirisRecordReader records, PolirisWidth usual, Encoding encoding)
{
    readonly ListingReader listings = new(new PolirisRecord(records, encoding))
    {
        TechnicalId = usual.Holds(PolirisTable.ColumnOf(F.TechnicalId)!) ? F.TechnicalId : F.Reference,
    };

    public IEnumerable<FeedLine> ReadAll()
    {
        while (records.Read())
        {
            yield return records.Columns < PolirisTable.Fewest ? Reject(FeedProblem.TooFewColumns, PolirisTable.Fewest)
                : !usual.Admits(records.Columns, records.EndsWithSeparator) ? Reject(FeedProblem.ColumnCountDiffers, usual.Columns)
                : listings.Read();
        }
    }

    // Of the wrong width: no column can be trusted, the identifiers included.
    RejectedLine Reject(FeedProblem problem, int expected) =>
        new(FieldFinding.Of(records.LineNumber, FeedSentences.ColumnsLabel, FormattableString.Invariant($"{records.Columns}"), problem, expected), [], null);
}
