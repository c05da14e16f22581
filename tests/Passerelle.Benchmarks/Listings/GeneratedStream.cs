using System.Buffers.Binary;
using Google.Protobuf;
using Passerelle.Contracts.Housing.V1;

namespace Passerelle.Benchmarks.Listings;

/// <summary>The messages of a SyncListings stream in a file, each behind its length: flats and houses for sale in the Calvados, of about 1 KB each, the same for the same seed.</summary>
static class GeneratedStream
{
    public const string Agency = "agence-1";

    const int Batch = 500;
    const int DescriptionWords = 75;
    const int Photos = 4;

    static readonly string[] words =
        ("maison lumineuse proche du port avec jardin clos de murs et garage double cuisine équipée séjour traversant trois chambres salle d'eau plain-pied au calme sans " +
         "vis-à-vis commerces école gare à pied cheminée terrasse exposée sud combles aménageables chauffage gaz fenêtres récentes cave vendue libre beaux volumes").Split(' ');

    static readonly (string Postcode, string City)[] places =
    [
        ("14000", "Caen"), ("14100", "Lisieux"), ("14400", "Bayeux"), ("14360", "Trouville-sur-Mer"), ("14600", "Honfleur"), ("14200", "Hérouville-Saint-Clair"),
        ("14120", "Mondeville"), ("14500", "Vire Normandie"), ("14700", "Falaise"), ("14150", "Ouistreham"), ("14470", "Courseulles-sur-Mer"), ("14390", "Cabourg"),
    ];

    /// <param name="changed">Which of them have another price than in the file that has no changes.</param>
    public static void Write(string path, int listings, int seed, Func<int, bool> changed)
    {
        using var file = new BufferedStream(File.Create(path), 1 << 20);
        var random = new Random(seed);
        Span<byte> length = stackalloc byte[sizeof(int)];
        for (var first = 0; first < listings; first += Batch)
        {
            var message = new SyncListingsRequest { Batch = new() };
            for (var i = first; i < Math.Min(first + Batch, listings); i++) message.Batch.Listings.Add(Describe(i, random, changed(i)));
            BinaryPrimitives.WriteInt32LittleEndian(length, message.CalculateSize());
            file.Write(length);
            message.WriteTo(file);
        }
    }

    /// <summary>One message after the other, as bytes.</summary>
    public static async IAsyncEnumerable<byte[]> ReadAsync(string path)
    {
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20, FileOptions.SequentialScan);
        var length = new byte[sizeof(int)];
        while (await file.ReadAtLeastAsync(length, length.Length, throwOnEndOfStream: false) == length.Length)
        {
            var message = new byte[BinaryPrimitives.ReadInt32LittleEndian(length)];
            await file.ReadExactlyAsync(message);
            yield return message;
        }
    }

    static Listing Describe(int i, Random random, bool isChanged)
    {
        var (postcode, city) = places[random.Next(places.Length)];
        var isHouse = random.Next(2) == 0;
        var rooms = random.Next(1, 8);
        var listing = new Listing
        {
            Agency = Agency,
            TechnicalId = $"{1_000_000 + i}",
            Reference = $"REF-{1_000_000 + i}",
            Transaction = Listing.Types.Transaction.Sale,
            PropertyType = isHouse ? "Maison" : "Appartement",
            Postcode = postcode,
            City = city,
            Price = new() { CurrencyCode = "EUR", Units = random.Next(60, 900) * 1000 + (isChanged ? 500 : 0) },
            SurfaceM2 = rooms * 22 + random.Next(150) / 10.0,
            LandM2 = isHouse ? random.Next(80, 2500) : 0,
            Rooms = rooms,
            Bedrooms = rooms / 2,
            Title = $"{(isHouse ? "Maison" : "Appartement")} {rooms} pièces à {city}",
            Description = string.Join(' ', Enumerable.Range(0, DescriptionWords).Select(_ => words[random.Next(words.Length)])),
            EnergyLabel = "ABCDEFG"[random.Next(7)].ToString(),
            EmissionLabel = "ABCDEFG"[random.Next(7)].ToString(),
            AvailabilityDate = new() { Year = 2027, Month = random.Next(1, 13), Day = random.Next(1, 29) },
            Details = new()
            {
                Layout = new() { YearBuilt = random.Next(1880, 2025), BathroomCount = 1, ToiletCount = random.Next(1, 3) },
                Heating = new() { Energy = (Heating.Types.Energy)random.Next(1, 6), Sharing = Heating.Types.Sharing.Individual },
                Outside = new() { Garden = isHouse ? YesNo.Yes : YesNo.No, ParkingCount = random.Next(0, 3) },
                Diagnosis = new() { EnergyUse = random.Next(50, 450), Emission = random.Next(2, 90), DiagnosisDate = new() { Year = 2025, Month = random.Next(1, 13), Day = 1 }, Version = "DPE_v07-2021" },
                Position = new() { Latitude = 49 + random.Next(1000, 4000) / 10_000.0, Longitude = -random.Next(1000, 9000) / 10_000.0 },
            },
        };
        for (var photo = 0; photo < Photos; photo++) listing.PhotoUris.Add($"https://photos.example/agence-1/{1_000_000 + i}/{photo}-{random.Next():x8}.jpg");
        return listing;
    }
}
