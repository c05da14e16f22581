using System.Globalization;
using NodaTime;
using NodaTime.Text;
using Passerelle.Hub.Clocks.Calendars;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Clocks.Calendars;

public sealed class FrenchHolidaysTests
{
    [Fact]
    public void The_published_list_and_the_computed_one_are_the_same_both_ways()
    {
        var published = File.ReadLines(Fixtures.PathOf("calendar/jours_feries_metropole.csv")).Skip(1)
            .Select(line => line.Split(',')).Select(fields => (Date: LocalDatePattern.Iso.Parse(fields[0]).Value, Name: fields[3])).ToHashSet();
        var computed = published.Select(h => h.Date.Year).Distinct()
            .SelectMany(FrenchHolidays.In).Select(h => (h.Date, Name: CalendarSentences.NameOf(h.Holiday))).ToHashSet();

        Assert.Equal(286, published.Count);
        Assert.Empty(published.Except(computed));
        Assert.Empty(computed.Except(published));
    }

    [Theory]
    [InlineData("1818-03-22")]
    [InlineData("1943-04-25")]
    [InlineData("1954-04-18")]
    [InlineData("1981-04-19")]
    [InlineData("2000-04-23")]
    [InlineData("2008-03-23")]
    [InlineData("2027-03-28")]
    [InlineData("2038-04-25")]
    [InlineData("2285-03-22")]
    public void Easter_is_found_in_years_that_are_hard(string date)
    {
        var easter = LocalDatePattern.Iso.Parse(date).Value;
        Assert.Equal(easter, FrenchHolidays.EasterSunday(easter.Year));
    }

    [Fact]
    public void The_answer_for_one_day_is_that_of_the_list_for_its_year()
    {
        for (var year = 1983; year <= 2400; year++)
        {
            var listed = FrenchHolidays.In(year).ToLookup(h => h.Date, h => h.Holiday);
            for (var date = new LocalDate(year, 1, 1); date.Year == year; date = date.PlusDays(1))
            {
                if (FrenchHolidays.On(date) is { } holiday) Assert.Contains(holiday, listed[date]);
                else Assert.Empty(listed[date]);
            }
        }
    }

    [Fact]
    public void Ascension_on_the_first_of_May_gives_one_date_two_names() =>
        Assert.Equal(
            ["1er mai", "Ascension"],
            FrenchHolidays.In(2008).Where(h => h.Date == new LocalDate(2008, 5, 1)).Select(h => CalendarSentences.NameOf(h.Holiday)).Order(StringComparer.Create(CultureInfo.InvariantCulture, false)));
}
