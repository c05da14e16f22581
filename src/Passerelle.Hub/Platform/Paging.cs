using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Platform;

/// <summary>One page of a list: how many, and after which id. Every list of the hub is ordered by id (UUIDv7, hence by creation) or says otherwise.</summary>
/// <param name="Size">1 to 200.</param>
/// <param name="After">The last id of the page before; null on the first.</param>
public sealed record Page(int Size, Guid? After)
{
    const int DefaultSize = 50;
    const int MaxSize = 200;

    byte[] Filter { get; init; } = [];

    /// <param name="filter">The request: a token is bound to everything in it but the page fields.</param>
    public static Page Of(int size, string token, IMessage filter, Violations violations)
    {
        violations.Check(size >= 0, "page_size", "must not be negative");
        var digest = FilterDigest(filter);
        Guid? after = null;
        if (token.Length > 0)
        {
            var bytes = new byte[24];
            if (token.Length != 32 || !Base64Url.TryDecodeFromChars(token, bytes, out var written) || written != 24 || !bytes.AsSpan(16).SequenceEqual(digest))
                throw new PageTokenInvalid();
            after = new Guid(bytes.AsSpan(0, 16), bigEndian: true);
        }

        return new Page(size == 0 ? DefaultSize : Math.Clamp(size, 1, MaxSize), after) { Filter = digest };
    }

    /// <summary>Cuts what was read (one row more than the page) to the page, and gives the token of the next.</summary>
    public (List<T> Items, string NextPageToken) Cut<T>(List<T> read, Func<T, Guid> id)
    {
        if (read.Count <= Size) return (read, "");
        var items = read[..Size];
        Span<byte> bytes = stackalloc byte[24];
        id(items[^1]).TryWriteBytes(bytes, bigEndian: true, out _);
        Filter.CopyTo(bytes[16..]);
        return (items, Base64Url.EncodeToString(bytes));
    }

    static byte[] FilterDigest(IMessage request)
    {
        var text = new StringBuilder(request.Descriptor.FullName);
        foreach (var field in request.Descriptor.Fields.InDeclarationOrder())
            if (field.Name is not ("page_size" or "page_token"))
                text.Append('|').Append(field.Accessor.GetValue(request));
        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()))[..8];
    }
}
