using System.Security.Cryptography;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>
/// What the hub keeps of a draft: the one list of columns, their order and their values. Its bytes are both what COPY takes and what the content hash is made of. Adding a column,
/// or changing the order, changes every hash, and one import will then report every listing as changed.
/// </summary>
static class ListingRow
{
    public const int HashBytes = SHA256.HashSizeInBytes;

    static readonly (string Column, Action<CopyBuffer, ListingDraft> Write)[] Fields =
    [
        ("agency", (row, d) => row.Text(d.AgencyId)),
        ("technical_id", (row, d) => row.Text(d.TechnicalId)),
        ("reference", (row, d) => row.Text(d.Reference)),
        ("transaction", (row, d) => row.Text(EnumText<Transaction>.Of(d.Transaction))),
        ("property_type", (row, d) => row.Text(EnumText<PropertyType>.Of(d.PropertyType))),
        ("property_type_text", (row, d) => row.Text(d.PropertyTypeText)),
        ("postcode", (row, d) => row.Text(d.Postcode)),
        ("city", (row, d) => row.Text(d.City)),
        ("country", (row, d) => row.Text(d.Country)),
        ("price_cents", (row, d) => row.Number(d.PriceCents)),
        ("price_without_fees_cents", (row, d) => row.Number(d.PriceWithoutFeesCents)),
        ("price_hidden", (row, d) => row.Bool(d.PriceHidden)),
        ("rent_includes_charges", (row, d) => row.Bool(d.RentIncludesCharges)),
        ("charges_cents", (row, d) => row.Number(d.ChargesCents)),
        ("fees_percent", (row, d) => row.Number(d.FeesPercent)),
        ("fees_cents", (row, d) => row.Number(d.FeesCents)),
        ("fees_payer", (row, d) => row.Text(d.FeesPayer is { } payer ? EnumText<FeesPayer>.Of(payer) : null)),
        ("deposit_cents", (row, d) => row.Number(d.DepositCents)),
        ("surface", (row, d) => row.Number(d.Surface)),
        ("land_surface", (row, d) => row.Number(d.LandSurface)),
        ("rooms", (row, d) => row.Number(d.Rooms)),
        ("bedrooms", (row, d) => row.Number(d.Bedrooms)),
        ("floor", (row, d) => row.Number(d.Floor)),
        ("furnished", (row, d) => row.Bool(d.Furnished)),
        ("year_built", (row, d) => row.Number(d.YearBuilt)),
        ("title", (row, d) => row.Text(d.Title)),
        ("description", (row, d) => row.Text(d.Description)),
        ("available_from", (row, d) => row.Date(d.AvailableFrom)),
        ("energy_class", (row, d) => row.Text(d.EnergyClass is { } energy ? EnumText<EnergyClass>.Of(energy) : null)),
        ("energy_use", (row, d) => row.Number(d.EnergyUse)),
        ("ghg_class", (row, d) => row.Text(d.GhgClass is { } ghg ? EnumText<EnergyClass>.Of(ghg) : null)),
        ("ghg_emission", (row, d) => row.Number(d.GhgEmission)),
        ("diagnosis_date", (row, d) => row.Date(d.DiagnosisDate)),
        ("diagnosis_version", (row, d) => row.Text(d.DiagnosisVersion)),
        ("latitude", (row, d) => row.Number(d.Latitude)),
        ("longitude", (row, d) => row.Number(d.Longitude)),
        ("photos", (row, d) => row.Texts(d.Photos)),
        ("virtual_tour", (row, d) => row.Text(d.VirtualTour)),
        ("details", (row, d) => row.Json(d.Details.ToJson())),
    ];

    /// <summary>In the order of <see cref="Write"/>: the fields, and the hash over them.</summary>
    public static IReadOnlyList<string> Columns { get; } = [.. Fields.Select(f => f.Column), "content_hash"];

    /// <param name="row">Gets the row's fields behind what it has.</param>
    /// <param name="hash">SHA-256 over them: <see cref="HashBytes"/>.</param>
    public static void Write(ListingDraft draft, CopyBuffer row, Span<byte> hash)
    {
        var start = row.Length;
        foreach (var (_, write) in Fields) write(row, draft);
        SHA256.HashData(row.Span[start..], hash);
        row.Bytes(hash);
    }
}
