using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Passerelle.Hub.Feeds;
using Passerelle.Hub.Housing.Feeds;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Housing;

/// <summary>The listings of one import before the database hears of them: as rows in a file, ready for COPY, and beside it a small table of what tells them apart. However they
/// came, they end here, and no transaction is open while a partner is still sending.</summary>
/// <remarks>
/// Two listings are the same when 128 bits of SHA-256 over their identities are equal, and unchanged when 128 bits of SHA-256 over their content are: nobody has ever found two
/// texts that share these. A million listings take 64 MB of memory. The file holds nothing about persons but what advertisements publish, and loses its name as soon as it is
/// open, so that nothing of it is left however the hub ends.
/// </remarks>
sealed class ListingRows : IDisposable
{
    const int WriteBytes = 256 * 1024;
    const int ReadBytes = 256 * 1024;
    const int SegmentBits = 12;

    readonly List<Entry[]> segments = [];
    readonly HashSet<string> agencies = [];
    readonly CopyBuffer unwritten = new();

    /// <summary>Few listings fit into memory, and never need one.</summary>
    SafeFileHandle? file;

    /// <summary>Open addressing: an entry's number and 1; 0 where there is none. At most half of it is full.</summary>
    int[] slots = new int[1024];
    int entries;
    long written;
    byte[] window = [];
    long windowStart;
    int windowLength;

    /// <summary>What becomes of a listing.</summary>
    public enum Fate : byte { New, Changed, Unchanged, Kept }

    /// <summary>Listings, without those of which only the identity is known.</summary>
    public int Count { get; private set; }

    public int Photos { get; private set; }

    public long Size => written + unwritten.Length;

    /// <summary>Those that are listed, or kept.</summary>
    public IReadOnlyCollection<string> Agencies => agencies;

    /// <param name="position">Its place in what was sent.</param>
    /// <param name="hash">Its content hash, <see cref="ListingRow.HashBytes"/>.</param>
    /// <returns>0, or the position of the listing of the same identity that came before: then it is not added.</returns>
    public int Add(ListingDraft listing, int position, Span<byte> hash)
    {
        var key = KeyOf(listing.AgencyId, listing.TechnicalId);
        ref var slot = ref SlotOf(key);
        if (slot > 0 && EntryAt(slot - 1).Fate != Fate.Kept) return EntryAt(slot - 1).Position;
        var offset = Size;
        unwritten.Take(sizeof(int));
        ListingRow.Write(listing, unwritten, hash);
        BitConverter.TryWriteBytes(unwritten.At((int)(offset - written)), (int)(Size - offset) - sizeof(int));
        Put(ref slot, new Entry(key, BitConverter.ToUInt128(hash), offset, position, Fate.New));
        Count++;
        Photos += listing.Photos.Count;
        agencies.Add(listing.AgencyId);
        if (unwritten.Length >= WriteBytes) Flush();
        return 0;
    }

    /// <summary>Where whoever reads sees to it that no identity comes twice.</summary>
    public void AddDistinct(ListingDraft listing)
    {
        Span<byte> hash = stackalloc byte[ListingRow.HashBytes];
        if (Add(listing, Count + 1, hash) > 0) throw new InvalidOperationException("One listing came twice.");
    }

    /// <summary>A listing that was named and could not be read: it stays as it is.</summary>
    public void Keep(FeedIdentity identity)
    {
        var key = KeyOf(identity.AgencyId, identity.TechnicalId);
        ref var slot = ref SlotOf(key);
        if (slot == 0) Put(ref slot, new Entry(key, default, -1, 0, Fate.Kept));
        agencies.Add(identity.AgencyId);
    }

    /// <summary>What becomes of a listing that the database has.</summary>
    /// <param name="isBack">It had been withdrawn.</param>
    /// <returns>Its number here, and its fate; null where it is not listed.</returns>
    public (int Number, Fate Fate)? Meet(string agency, string technicalId, ReadOnlySpan<byte> hash, bool isBack)
    {
        var slot = SlotOf(KeyOf(agency, technicalId));
        if (slot == 0) return null;
        ref var entry = ref EntryAt(slot - 1);
        if (entry.Fate != Fate.Kept) entry.Fate = !isBack && entry.Hash == BitConverter.ToUInt128(hash) ? Fate.Unchanged : Fate.Changed;
        return (slot - 1, entry.Fate);
    }

    /// <summary>Of those that are listed: the first two of their fields.</summary>
    public IEnumerable<FeedIdentity> Identities()
    {
        for (var number = 0; number < entries; number++)
            if (EntryAt(number).Fate != Fate.Kept) yield return IdentityOf(Read(number));
    }

    /// <summary>The numbers of the listings that the database did not have, in the order in which they came.</summary>
    public IEnumerable<int> New()
    {
        for (var number = 0; number < entries; number++)
            if (EntryAt(number).Fate == Fate.New) yield return number;
    }

    /// <summary>Its fields as COPY takes them, good until the next one is asked for.</summary>
    public ReadOnlySpan<byte> Read(int number)
    {
        var offset = EntryAt(number).Offset;
        var length = BitConverter.ToInt32(Bytes(offset, sizeof(int)));
        return Bytes(offset, sizeof(int) + length)[sizeof(int)..];
    }

    public void Dispose() => file?.Dispose();

    void Flush()
    {
        file ??= OpenFile();
        RandomAccess.Write(file, unwritten.Span, written);
        written += unwritten.Length;
        unwritten.Clear();
    }

    static SafeFileHandle OpenFile()
    {
        var path = Path.Combine(Path.GetTempPath(), "passerelle-rows-" + Path.GetRandomFileName());
        var file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, FileOptions.DeleteOnClose);
        File.Delete(path);
        return file;
    }

    /// <summary>Whoever reads goes on behind what was read last: a piece of the file at a time, and then what never went there.</summary>
    ReadOnlySpan<byte> Bytes(long offset, int length)
    {
        if (offset >= written) return unwritten.Span.Slice((int)(offset - written), length);
        if (offset < windowStart || offset + length > windowStart + windowLength)
        {
            if (window.Length < length) window = new byte[Math.Max(length, ReadBytes)];
            (windowStart, windowLength) = (offset, 0);
            // One read may give less than is there.
            while (windowLength < length)
            {
                var read = RandomAccess.Read(file!, window.AsSpan(windowLength), offset + windowLength);
                if (read == 0) throw new EndOfStreamException("Rows that were written are not there.");
                windowLength += read;
            }
        }

        return window.AsSpan((int)(offset - windowStart), length);
    }

    static FeedIdentity IdentityOf(ReadOnlySpan<byte> fields)
    {
        var agency = BinaryPrimitives.ReadInt32BigEndian(fields);
        var technicalId = BinaryPrimitives.ReadInt32BigEndian(fields[(sizeof(int) + agency)..]);
        return new(Encoding.UTF8.GetString(fields.Slice(sizeof(int), agency)), Encoding.UTF8.GetString(fields.Slice(sizeof(int) + agency + sizeof(int), technicalId)));
    }

    /// <summary>The first one's length before both: (a, bc) and (ab, c) are two listings.</summary>
    static UInt128 KeyOf(string agency, string technicalId)
    {
        var size = sizeof(int) + Encoding.UTF8.GetMaxByteCount(agency.Length) + Encoding.UTF8.GetMaxByteCount(technicalId.Length);
        var identity = size <= 1024 ? stackalloc byte[size] : new byte[size];
        var length = sizeof(int) + Encoding.UTF8.GetBytes(agency, identity[sizeof(int)..]);
        BitConverter.TryWriteBytes(identity, length);
        length += Encoding.UTF8.GetBytes(technicalId, identity[length..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(identity[..length], hash);
        return BitConverter.ToUInt128(hash);
    }

    ref Entry EntryAt(int number) => ref segments[number >> SegmentBits][number & ((1 << SegmentBits) - 1)];

    /// <summary>Where it is, or would be.</summary>
    ref int SlotOf(UInt128 key)
    {
        for (var at = (int)key & (slots.Length - 1); ; at = (at + 1) & (slots.Length - 1))
            if (slots[at] == 0 || EntryAt(slots[at] - 1).Key == key) return ref slots[at];
    }

    void Put(ref int slot, Entry entry)
    {
        if (slot == 0)
        {
            if (entries >> SegmentBits == segments.Count) segments.Add(new Entry[1 << SegmentBits]);
            slot = ++entries;
        }

        EntryAt(slot - 1) = entry;
        if (entries * 2 > slots.Length) Grow();
    }

    void Grow()
    {
        slots = new int[slots.Length * 2];
        for (var number = 0; number < entries; number++) SlotOf(EntryAt(number).Key) = number + 1;
    }

    /// <param name="Offset">Of its length in the file, which its fields follow.</param>
    record struct Entry(UInt128 Key, UInt128 Hash, long Offset, int Position, Fate Fate);
}
