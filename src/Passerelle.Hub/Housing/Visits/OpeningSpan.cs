using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Partners;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>A span of one day of every week in which an agency shows homes, in French local time. Those of one agency do not overlap: see the migration VisitSlots.</summary>
/// <param name="Agency">As the partner's listings name it; empty: of all that have no hours of their own.</param>
/// <param name="Day">1 for Monday.</param>
/// <param name="UntilMinute">Of the day, as FromMinute; 1440 is its end.</param>
public sealed record OpeningSpan(string PartnerId, string Agency, int Day, int FromMinute, int UntilMinute)
{
    const int MinutesOfDay = 24 * 60;

    static readonly DateTimeZone Paris = LocalTimes.Zone("Europe/Paris");

    /// <summary>When an agency shows homes on a day of a household's.</summary>
    /// <param name="spans">All of its partner's. Who has said nothing is asked for any time.</param>
    public static IReadOnlyList<TimeSpanRange> WindowsIn(TimeSpanRange hours, DateOnly date, string agency, IReadOnlyCollection<OpeningSpan> spans)
    {
        var own = spans.Where(s => s.Agency == agency).ToList();
        if (own.Count == 0) own = [.. spans.Where(s => s.Agency.Length == 0)];
        if (own.Count == 0) return [hours];
        var day = LocalDate.FromDateOnly(date);
        return
        [
            .. from span in own
               where span.Day == (int)day.DayOfWeek
               let window = new TimeSpanRange(Later(At(day, span.FromMinute), hours.Start), Earlier(At(day, span.UntilMinute), hours.End))
               where window.Start < window.End
               orderby window.Start
               select window,
        ];
    }

    static DateTimeOffset At(LocalDate day, int minute) =>
        (minute == MinutesOfDay ? day.PlusDays(1).AtMidnight() : day.At(new LocalTime(minute / 60, minute % 60))).ToInstant(Paris).ToDateTimeOffset();

    static DateTimeOffset Later(DateTimeOffset one, DateTimeOffset other) => one > other ? one : other;

    static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    public sealed class Mapping : IEntityTypeConfiguration<OpeningSpan>
    {
        public void Configure(EntityTypeBuilder<OpeningSpan> builder)
        {
            builder.ToTable("opening_spans", table => table.HasCheckConstraint(
                "ck_opening_spans_span", $"day between 1 and 7 and from_minute >= 0 and until_minute > from_minute and until_minute <= {MinutesOfDay}"));
            builder.HasKey(s => new { s.PartnerId, s.Agency, s.Day, s.FromMinute });
            builder.HasOne<Partner>().WithMany().HasForeignKey(s => s.PartnerId);
        }
    }
}
