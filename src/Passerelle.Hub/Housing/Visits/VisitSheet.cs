using Passerelle.Hub.Places;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>How sure a visit is. What is released stays on the sheet, so that calendars which hold it strike it out.</summary>
public enum SheetVisitState { Tentative = 1, Confirmed, Released }

/// <summary>A household's day of visits as it is handed out: to a calendar by <see cref="VisitCalendar"/>, on paper by <see cref="VisitSheetPage"/>.</summary>
/// <param name="DayId">The same for every revision; calendars know the day and its visits by ids.</param>
/// <param name="Revision">0 for the first, higher for each later one.</param>
/// <param name="MadeTime">When this revision was made.</param>
/// <param name="Date">In France.</param>
/// <param name="Base">Where the household leaves from and comes back to, in words.</param>
/// <param name="TravelBack">From the last visit to the base.</param>
/// <param name="Visits">In the order of the day.</param>
public sealed record VisitSheet(
    Guid DayId,
    int Revision,
    DateTimeOffset MadeTime,
    DateOnly Date,
    string Base,
    DateTimeOffset Leave,
    DateTimeOffset Return,
    TimeSpan TravelBack,
    TravelSource TravelSource,
    IReadOnlyList<SheetVisit> Visits);

/// <summary>One visit on the sheet.</summary>
/// <param name="Id">The same in every revision in which this home is seen.</param>
/// <param name="TravelBefore">From the base or the previous visit.</param>
/// <param name="Title">What is seen: "Maison 5 pièces, 110 m²".</param>
/// <param name="Address">In words, or as much of it as the agency tells.</param>
/// <param name="Position">Where it is, if known well enough to drive there.</param>
/// <param name="Note">Free text, for the household: where to meet, what to bring.</param>
public sealed record SheetVisit(
    Guid Id,
    SheetVisitState State,
    DateTimeOffset Start,
    DateTimeOffset End,
    TimeSpan TravelBefore,
    string Title,
    string Address,
    GeoPoint? Position,
    string Agency,
    string? Phone,
    string? Note);
