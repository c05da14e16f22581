using System.Text.Json;
using System.Text.Json.Serialization;
using NodaTime;
using NodaTime.Text;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Clocks.Policies;

/// <summary>A policy's terms as people read them in the database: amounts of time as hours:minutes:seconds, words in snake case. Defaults are written out: what they will be one day changes no policy of today.</summary>
public static class TermsJson
{
    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
    };

    public static string Write(PolicyTerms terms) => JsonSerializer.Serialize(
        new Terms(
            Text(terms.Window), [.. terms.Rungs.Select(Rung.Of)], [.. terms.Answers.Order().Select(EnumText<AnswerKind>.Of)], terms.MayPause, terms.MayOutlastPromise,
            new Offering(EnumText<ReofferOrder>.Of(terms.Reoffer.Order), terms.Reoffer.Partners is [] ? null : [.. terms.Reoffer.Partners]),
            terms.Calendar is WorkingTime working ? Calendar.Of(working.Definition) : null),
        Json);

    /// <exception cref="JsonException">It is not what <see cref="Write"/> writes.</exception>
    /// <exception cref="CalendarRefused">Its calendar cannot be.</exception>
    public static PolicyTerms Read(string json)
    {
        var read = JsonSerializer.Deserialize<Terms>(json, Json)!;
        return new PolicyTerms
        {
            Window = Span(read.Window),
            Calendar = read.WorkingHours is { } hours ? new WorkingTime(hours.ToHours()) : ElapsedTime.Instance,
            Rungs = [.. read.Rungs.Select(r => r.ToRung())],
            Answers = read.Answers.Select(EnumText<AnswerKind>.Parse).ToHashSet(),
            MayPause = read.MayPause,
            MayOutlastPromise = read.MayOutlastPromise,
            Reoffer = new Reoffer(EnumText<ReofferOrder>.Parse(read.Reoffer.Order), read.Reoffer.Partners ?? []),
        };
    }

    static string Text(Duration span) => DurationPattern.JsonRoundtrip.Format(span);

    static Duration Span(string text) => DurationPattern.JsonRoundtrip.Parse(text).Value;

    /// <param name="WorkingHours">Null: elapsed time.</param>
    sealed record Terms(string Window, Rung[] Rungs, string[] Answers, bool MayPause, bool MayOutlastPromise, Offering Reoffer, Calendar? WorkingHours = null);

    sealed record Offering(string Order, string[]? Partners = null);

    /// <param name="To">Null: everyone whom it concerns.</param>
    sealed record Rung(string Anchor, string? Span = null, int? Percent = null, bool? BreaksQuietHours = null, string? To = null)
    {
        public static Rung Of(PolicyRung rung) => new(
            EnumText<RungAnchor>.Of(rung.Anchor), rung.Anchor == RungAnchor.Percent ? null : Text(rung.Span), rung.Anchor == RungAnchor.Percent ? rung.Share : null, rung.BreaksQuietHours ? true : null,
            rung.To == RungRecipient.Everyone ? null : EnumText<RungRecipient>.Of(rung.To));

        public PolicyRung ToRung() => At() with { To = To is null ? RungRecipient.Everyone : EnumText<RungRecipient>.Parse(To) };

        PolicyRung At() => EnumText<RungAnchor>.Parse(Anchor) switch
        {
            RungAnchor.AfterStart => PolicyRung.AfterStart(TermsJson.Span(Span!), BreaksQuietHours is true),
            RungAnchor.BeforeDeadline => PolicyRung.BeforeDeadline(TermsJson.Span(Span!), BreaksQuietHours is true),
            RungAnchor.AfterDeadline => PolicyRung.AfterDeadline(TermsJson.Span(Span!), BreaksQuietHours is true),
            RungAnchor.Percent => PolicyRung.AtPercent(Percent!.Value, BreaksQuietHours is true),
        };
    }

    sealed record Calendar(string Zone, Dictionary<string, string[]> Week, string Holidays, Special[] Exceptions, string Repeated)
    {
        public static Calendar Of(WorkingHours hours) => new(
            hours.Zone, hours.Week.OrderBy(day => day.Key).ToDictionary(day => EnumText<IsoDayOfWeek>.Of(day.Key), day => Times(day.Value)), EnumText<HolidayRegion>.Of(hours.Holidays),
            [.. hours.Exceptions.Select(e => new Special(LocalDatePattern.Iso.Format(e.Date), e.Reason, Times(e.Hours)))], EnumText<RepeatedTime>.Of(hours.Repeated));

        public WorkingHours ToHours() => new()
        {
            Zone = Zone,
            Week = Week.ToDictionary(day => EnumText<IsoDayOfWeek>.Parse(day.Key), day => (IReadOnlyList<Hours>)[.. day.Value.Select(ToInterval)]),
            Holidays = EnumText<HolidayRegion>.Parse(Holidays),
            Exceptions = [.. Exceptions.Select(e => new SpecialDay(LocalDatePattern.Iso.Parse(e.Date).Value, e.Reason, [.. e.Hours.Select(ToInterval)]))],
            Repeated = EnumText<RepeatedTime>.Parse(Repeated),
        };

        static string[] Times(IReadOnlyList<Hours> hours) => [.. hours.Select(h => $"{LocalTimePattern.ExtendedIso.Format(h.From)}-{LocalTimePattern.ExtendedIso.Format(h.To)}")];

        static Hours ToInterval(string text)
        {
            var dash = text.IndexOf('-', StringComparison.Ordinal);
            return new Hours(LocalTimePattern.ExtendedIso.Parse(text[..dash]).Value, LocalTimePattern.ExtendedIso.Parse(text[(dash + 1)..]).Value);
        }
    }

    sealed record Special(string Date, string Reason, string[] Hours);
}
