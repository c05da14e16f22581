using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>
/// The canonical bytes of a listing: each field as text behind its length (-1 for "not given"), in a fixed order. Adding a
/// field, or changing the order, changes every hash, and one import will then report every listing as changed.
/// </summary>
static class ListingHash
{
    public static byte[] Of(ListingDraft d)
    {
        var bytes = new ArrayBufferWriter<byte>(8 * 1024);
        Add(bytes, d.AgencyId);
        Add(bytes, d.TechnicalId);
        Add(bytes, d.Reference);
        Add(bytes, d.Transaction.ToString());
        Add(bytes, d.PropertyType.ToString());
        Add(bytes, d.PropertyTypeText);
        Add(bytes, d.Postcode);
        Add(bytes, d.City);
        Add(bytes, d.Country);
        Add(bytes, d.PriceCents);
        Add(bytes, d.PriceWithoutFeesCents);
        Add(bytes, d.PriceHidden);
        Add(bytes, d.RentIncludesCharges);
        Add(bytes, d.ChargesCents);
        Add(bytes, d.FeesPercent);
        Add(bytes, d.FeesCents);
        Add(bytes, d.FeesPayer?.ToString());
        Add(bytes, d.DepositCents);
        Add(bytes, d.Surface);
        Add(bytes, d.LandSurface);
        Add(bytes, d.Rooms);
        Add(bytes, d.Bedrooms);
        Add(bytes, d.Floor);
        Add(bytes, d.Furnished);
        Add(bytes, d.YearBuilt);
        Add(bytes, d.Title);
        Add(bytes, d.Description);
        Add(bytes, d.AvailableFrom);
        Add(bytes, d.EnergyClass?.ToString());
        Add(bytes, d.EnergyUse);
        Add(bytes, d.GhgClass?.ToString());
        Add(bytes, d.GhgEmission);
        Add(bytes, d.DiagnosisDate);
        Add(bytes, d.DiagnosisVersion);
        Add(bytes, d.Latitude);
        Add(bytes, d.Longitude);
        Add(bytes, d.Photos.Count);
        foreach (var photo in d.Photos)
            Add(bytes, photo);
        Add(bytes, d.VirtualTour);
        return SHA256.HashData(bytes.WrittenSpan);
    }

    static void Add(ArrayBufferWriter<byte> bytes, string? text)
    {
        var length = text is null ? 0 : Encoding.UTF8.GetMaxByteCount(text.Length);
        var span = bytes.GetSpan(4 + length);
        var written = text is null ? 0 : Encoding.UTF8.GetBytes(text, span[4..]);
        BinaryPrimitives.WriteInt32LittleEndian(span, text is null ? -1 : written);
        bytes.Advance(4 + written);
    }

    static void Add(ArrayBufferWriter<byte> bytes, bool? value) => Add(bytes, value switch { null => null, true => "1", false => "0" });

    static void Add(ArrayBufferWriter<byte> bytes, long? value) => Add(bytes, value?.ToString(CultureInfo.InvariantCulture));

    static void Add(ArrayBufferWriter<byte> bytes, DateOnly? value) => Add(bytes, value?.ToString("O", CultureInfo.InvariantCulture));

    // "G29" drops the trailing zeros that a decimal remembers: 47.69 and 47.690 are one surface.
    static void Add(ArrayBufferWriter<byte> bytes, decimal? value) => Add(bytes, value?.ToString("G29", CultureInfo.InvariantCulture));
}
