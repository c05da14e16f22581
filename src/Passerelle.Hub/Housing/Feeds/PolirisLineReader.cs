using System.Text;
using F = Passerelle.Hub.Housing.Feeds.PolirisFields;

namespace Passerelle.Hub.Housing.Feeds;

/// <summary>The second pass: makes a listing, or a rejection, of each record.</summary>
sealed class PolirisLineReader(PolirisRecordReader records, PolirisWidth usual, Encoding encoding)
{
    readonly Dictionary<(string Agency, string TechnicalId), int> firstLines = [];
    readonly List<FieldFinding> fatal = [];
    readonly List<FieldFinding> warnings = [];
    readonly PolirisField technicalId = usual.Holds(F.TechnicalId) ? F.TechnicalId : F.Reference;
    bool identified;
    char[] characters = new char[4096];

    public IEnumerable<FeedLine> ReadAll()
    {
        while (records.Read())
            yield return ReadLine();
    }

    FeedLine ReadLine()
    {
        fatal.Clear();
        warnings.Clear();
        if (records.Columns < F.Fewest)
            return Reject(ColumnsFinding(FeedProblem.TooFewColumns, F.Fewest));
        if (!usual.Admits(records.Columns, records.EndsWithSeparator))
            return Reject(ColumnsFinding(FeedProblem.ColumnCountDiffers, usual.Columns));

        var listing = ReadListing();
        if (fatal.Count == 0 && !firstLines.TryAdd((listing.AgencyId, listing.TechnicalId), records.LineNumber))
            Find(fatal, technicalId, listing.TechnicalId, FeedProblem.DuplicateTechnicalId, firstLines[(listing.AgencyId, listing.TechnicalId)]);
        return fatal.Count > 0
            ? new RejectedLine(fatal[0], [.. fatal.Skip(1), .. warnings], identified ? new ListingIdentity(listing.AgencyId, listing.TechnicalId) : null)
            : new ListingLine(records.LineNumber, listing, warnings.Count == 0 ? [] : [.. warnings]);
    }

    // Of the wrong width: no column can be trusted, the identifiers included.
    static RejectedLine Reject(FieldFinding reason) => new(reason, [], null);

    FieldFinding ColumnsFinding(FeedProblem problem, int expected) =>
        new(records.LineNumber, FeedSentences.ColumnsLabel, FormattableString.Invariant($"{records.Columns}"), problem, expected);

    ListingDraft ReadListing()
    {
        identified = true;
        var transaction = Required<Transaction>(F.Transaction, PolirisVocabulary.TryTransaction, FeedProblem.UnknownTransaction);
        var propertyType = Required<PropertyType>(F.PropertyType, PolirisVocabulary.TryPropertyType, FeedProblem.UnknownPropertyType);
        var isRental = transaction is Transaction.Rental or Transaction.SeasonalRental;
        var country = Text(F.Country);
        var inFrance = country is null || FieldText.Key(country) is "france" or "fr";
        var postcode = Postcode(inFrance);
        var (latitude, longitude) = Coordinates(inFrance, postcode);
        var energyClass = Optional<EnergyClass>(F.EnergyClass, FieldText.TryEnergyClass, FeedProblem.NotAnEnergyClass);
        var energyUse = Optional<decimal>(F.EnergyUse, FieldText.TryMeasure, FeedProblem.NotANumber);
        var ghgClass = Optional<EnergyClass>(F.GhgClass, FieldText.TryEnergyClass, FeedProblem.NotAnEnergyClass);
        var ghgEmission = Optional<decimal>(F.GhgEmission, FieldText.TryMeasure, FeedProblem.NotANumber);
        var diagnosed = Optional<DateOnly>(F.DiagnosisDate, FieldText.TryDate, FeedProblem.NotADate);
        // Without a diagnosis, CRMs still write "A" (for 0 kg) and a version: those are their defaults.
        if (energyClass is null && energyUse is null && ghgEmission is null && diagnosed is null)
            ghgClass = null;

        return new ListingDraft
        {
            AgencyId = Identifier(F.AgencyId),
            TechnicalId = Identifier(technicalId),
            Reference = Text(F.Reference),
            Transaction = transaction,
            PropertyType = propertyType,
            PropertyTypeText = FieldText.Excerpt(Read(F.PropertyType)),
            Postcode = postcode,
            City = Text(F.City),
            Country = country,
            PriceCents = Price(),
            PriceWithoutFeesCents = Amount(F.PriceWithoutFees),
            PriceHidden = YesNo(F.PriceHidden) ?? false,
            RentIncludesCharges = isRental ? YesNo(F.RentIncludesCharges) : null,
            ChargesCents = Amount(F.Charges),
            FeesPercent = isRental ? null : Optional<decimal>(F.Fees, FieldText.TryPercentage, FeedProblem.NotAPercentage),
            FeesCents = isRental ? Amount(F.Fees) : null,
            FeesPayer = Optional<FeesPayer>(F.FeesPayer, FieldText.TryFeesPayer, FeedProblem.NotAFeesPayer),
            DepositCents = Amount(F.Deposit),
            Surface = Optional<decimal>(F.Surface, FieldText.TrySurface, FeedProblem.NotANumber),
            LandSurface = Optional<decimal>(F.LandSurface, FieldText.TrySurface, FeedProblem.NotANumber),
            Rooms = Optional<int>(F.Rooms, FieldText.TryCount, FeedProblem.NotANumber),
            Bedrooms = Optional<int>(F.Bedrooms, FieldText.TryCount, FeedProblem.NotANumber),
            Floor = Floor(propertyType),
            Furnished = YesNo(F.Furnished),
            YearBuilt = Optional<int>(F.YearBuilt, FieldText.TryYear, FeedProblem.NotANumber),
            Title = Text(F.Title),
            Description = Text(F.Description),
            AvailableFrom = Optional<DateOnly>(F.AvailableFrom, FieldText.TryDate, FeedProblem.NotADate),
            EnergyClass = energyClass,
            EnergyUse = energyUse,
            GhgClass = ghgClass,
            GhgEmission = ghgEmission,
            DiagnosisDate = diagnosed,
            DiagnosisVersion = diagnosed is null ? null : Text(F.DiagnosisVersion),
            Latitude = latitude,
            Longitude = longitude,
            Photos = Photos(),
            VirtualTour = WebAddress(F.VirtualTour),
            ContactName = Text(F.ContactName),
            ContactPhone = Text(F.ContactPhone),
            ContactEmail = Email(),
        };
    }

    /// <summary>The field decoded, unquoted and trimmed, in a buffer that the next call reuses.</summary>
    ReadOnlySpan<char> Read(PolirisField field)
    {
        var bytes = records.Field(field);
        if (bytes.IsEmpty)
            return default;
        // Neither encoding makes more characters than it has bytes.
        if (characters.Length < bytes.Length)
            characters = new char[bytes.Length * 2];
        var length = encoding.GetChars(bytes, characters);
        var text = characters.AsSpan(0, length);
        var pair = text.IndexOf("\"\"");
        if (pair >= 0)
            text = text[..Undouble(text, pair)];
        return text.Trim();
    }

    static int Undouble(Span<char> text, int pair)
    {
        var length = pair;
        for (var i = pair; i < text.Length; i++)
        {
            text[length++] = text[i];
            if (text[i] == '"' && i + 1 < text.Length && text[i + 1] == '"')
                i++;
        }

        return length;
    }

    T Required<T>(PolirisField field, FieldText.Parser<T> parse, FeedProblem problem) where T : struct
    {
        var text = Read(field);
        if (text.IsEmpty)
            Find(fatal, field, text, FeedProblem.Missing);
        else if (parse(text, out var value))
            return value;
        else
            Find(fatal, field, text, problem);
        return default;
    }

    T? Optional<T>(PolirisField field, FieldText.Parser<T> parse, FeedProblem problem) where T : struct
    {
        var text = Read(field);
        if (FieldText.IsNotGiven(text))
            return null;
        if (parse(text, out var value))
            return value;
        Find(warnings, field, text, problem);
        return null;
    }

    string Identifier(PolirisField field)
    {
        var text = FieldText.Clean(Read(field));
        // Not IsNotGiven: nothing says that an agency may not number a home 0-0.
        if (text is "" or "0")
            Find(fatal, field, text, FeedProblem.Missing);
        else if (text.Length > field.MaxLength)
            Find(fatal, field, text, FeedProblem.TooLong, field.MaxLength);
        else
            return text;
        identified = false;
        return "";
    }

    string? Text(PolirisField field)
    {
        var text = Read(field);
        if (text.Length > field.MaxLength)
        {
            Find(warnings, field, text, FeedProblem.TooLong, field.MaxLength);
            return null;
        }

        var clean = FieldText.Clean(text);
        return clean.Length == 0 ? null : clean;
    }

    long Price()
    {
        var text = Read(F.Price);
        if (FieldText.IsNotGiven(text))
            Find(fatal, F.Price, text, FeedProblem.Missing);
        else if (!FieldText.TryPrice(text, out var cents))
            Find(fatal, F.Price, text, FeedProblem.NotAPrice);
        else if (cents == 0)
            Find(fatal, F.Price, text, FeedProblem.Missing);
        else
            return cents;
        return 0;
    }

    long? Amount(PolirisField field) => Optional<long>(field, FieldText.TryAmount, FeedProblem.NotAnAmount);

    // "0" is "not given" here too: CRMs write NON when they mean no.
    bool? YesNo(PolirisField field) => Optional<bool>(field, FieldText.TryYesNo, FeedProblem.NotAYesOrNo);

    /// <summary>
    /// The one column where 0 is a value, and for flats only: most that a CRM exports with floor 0 are described as ground
    /// floor, and it leaves the unknown ones blank. A house has 0 here for want of anything to say.
    /// </summary>
    int? Floor(PropertyType propertyType) => propertyType == PropertyType.Apartment && Read(F.Floor) is "0"
        ? 0
        : Optional<int>(F.Floor, FieldText.TryFloor, FeedProblem.NotANumber);

    string? Postcode(bool inFrance)
    {
        var text = Read(F.Postcode);
        if (FieldText.IsNotGiven(text))
            return null;
        var postcode = FieldText.Postcode(text);
        if (postcode is null && !inFrance && text.Length <= 12)
            return FieldText.Excerpt(text);
        if (postcode is null)
            Find(warnings, F.Postcode, text, FeedProblem.NotAPostcode);
        return postcode;
    }

    string? Email()
    {
        var text = Read(F.ContactEmail);
        if (text.IsEmpty || FieldText.IsEmail(text))
            return text.IsEmpty ? null : text.ToString();
        Find(warnings, F.ContactEmail, text, FeedProblem.NotAnEmail);
        return null;
    }

    string? WebAddress(PolirisField field)
    {
        var text = Read(field);
        if (FieldText.IsNotGiven(text))
            return null;
        if (FieldText.IsWebAddress(text))
            return text.ToString();
        Find(warnings, field, text, FeedProblem.NotAWebAddress);
        return null;
    }

    List<string> Photos()
    {
        var photos = new List<string>();
        foreach (var field in F.Photos)
        {
            if (WebAddress(field) is { } photo)
                photos.Add(photo);
        }

        return photos;
    }

    (decimal?, decimal?) Coordinates(bool inFrance, string? postcode)
    {
        if (FieldText.IsNotGiven(Read(F.Latitude)))
        {
            if (!FieldText.IsNotGiven(Read(F.Longitude)))
                Find(warnings, F.Latitude, Read(F.Latitude), FeedProblem.IncompleteCoordinates);
            return default;
        }

        if (Read(F.Longitude).IsEmpty)
        {
            Find(warnings, F.Longitude, default, FeedProblem.IncompleteCoordinates);
            return default;
        }

        // Beside a latitude, longitude 0 is a place: the Greenwich meridian crosses the Calvados at Villers-sur-Mer.
        var mainland = inFrance && postcode?.StartsWith("97", StringComparison.Ordinal) != true && postcode?.StartsWith("98", StringComparison.Ordinal) != true;
        var (south, north, west, east) = mainland ? (41m, 51.5m, -5.5m, 10m) : (-90m, 90m, -180m, 180m);
        if (Coordinate(F.Latitude, south, north) is { } latitude && Coordinate(F.Longitude, west, east) is { } longitude)
            return (latitude, longitude);
        return default;
    }

    decimal? Coordinate(PolirisField field, decimal least, decimal most)
    {
        var text = Read(field);
        if (!FieldText.TryNumber(text, out var degrees))
            Find(warnings, field, text, FeedProblem.NotANumber);
        else if (degrees < least || degrees > most)
            Find(warnings, field, text, FeedProblem.CoordinatesOutOfPlace);
        else
            return degrees;
        return null;
    }

    void Find(List<FieldFinding> findings, PolirisField field, ReadOnlySpan<char> text, FeedProblem problem, int expected = 0) =>
        findings.Add(new FieldFinding(records.LineNumber, field.Label, field.NamesPerson ? "" : FieldText.Excerpt(text), problem, expected));
}
