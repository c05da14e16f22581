using Google.Protobuf.WellKnownTypes;
using Passerelle.Hub.Platform;
using Wire = Passerelle.Contracts.Housing.V1;

namespace Passerelle.Hub.Housing.Visits;

/// <summary>Days of visits as the contract has them.</summary>
public static class VisitWire
{
    public static Wire.VisitDay ToWire(VisitDay day)
    {
        var wire = new Wire.VisitDay
        {
            Name = day.Name,
            Case = Names.Of(Names.Cases, day.CaseId),
            Contact = Names.Of(Names.Persons, day.PersonId),
            State = (Wire.VisitDay.Types.State)day.State,
            Date = day.Date.ToWire(),
            StartTime = day.StartTime.ToWire(),
            EndTime = day.EndTime.ToWire(),
            MinimumVisits = day.MinimumVisits,
            Revision = day.Revision,
            CreateTime = day.CreateTime.ToWire(),
            ConfirmTime = day.ConfirmTime.ToWire(),
            ReleaseReason = day.ReleaseReason ?? "",
        };
        wire.Visits.AddRange(day.Visits.OrderBy(v => v.SlotStart ?? DateTimeOffset.MaxValue).ThenBy(v => v.Id).Select(v => ToWire(v)));
        return wire;
    }

    /// <param name="toPartner">What else the household does that day, and why it does not come, is not an agency's to know.</param>
    public static Wire.VisitRequest ToWire(VisitRequest visit, bool toPartner = false)
    {
        var wire = new Wire.VisitRequest
        {
            Name = visit.Name,
            Day = toPartner ? "" : Names.Of(Names.VisitDays, visit.DayId),
            Case = Names.Of(Names.Cases, visit.CaseId),
            Partner = Names.OfPartner(visit.PartnerId),
            Listing = Names.Of(Names.Listings, visit.ListingId),
            Exchange = visit.ExchangeId is { } exchange ? Names.Of(Names.Exchanges, exchange) : "",
            ReleaseExchange = visit.ReleaseExchangeId is { } release ? Names.Of(Names.Exchanges, release) : "",
            State = (Wire.VisitRequest.Types.State)visit.State,
            Length = visit.Length.ToDuration(),
            Slot = visit.Slot is { } slot ? ToWire(slot) : null,
            RefusalReason = (Wire.VisitRefusalReason)(visit.RefusalReason ?? 0),
            ReleaseReason = toPartner ? "" : visit.ReleaseReason ?? "",
            CreateTime = visit.CreateTime.ToWire(),
            AnswerTime = visit.AnswerTime.ToWire(),
            Round = visit.Round,
        };
        wire.AskedSlots.AddRange(visit.Asked.Select(ToWire));
        return wire;
    }

    public static Wire.TimeSlot ToWire(TimeSpanRange slot) => new() { StartTime = slot.Start.ToWire(), EndTime = slot.End.ToWire() };
}
