using System.Security.Cryptography;
using System.Text;
using Google.Protobuf;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform.Errors;

namespace Passerelle.Hub.Privacy;

/// <summary>The master key that wraps every person's key.</summary>
public sealed class VaultOptions
{
    /// <summary>32 bytes in base64. Wins over the file.</summary>
    public string? MasterKey { get; set; }

    /// <summary>A file that holds the same. Created on first start on the embedded database only; elsewhere a missing key is an error.</summary>
    public string? MasterKeyFile { get; set; }
}

/// <summary>A person's own key, wrapped by the master key. Destroying the row makes everything sealed with it unreadable, backups included.</summary>
public sealed class PersonKey
{
    public Guid PersonId { get; init; }

    /// <summary>The case that the person belongs to.</summary>
    public Guid CaseId { get; init; }

    public byte[] Wrapped { get; init; } = [];

    public DateTimeOffset CreateTime { get; init; }

    public sealed class Mapping : IEntityTypeConfiguration<PersonKey>
    {
        public void Configure(EntityTypeBuilder<PersonKey> builder)
        {
            builder.ToTable("person_keys");
            builder.HasKey(k => k.PersonId);
            builder.Property(k => k.PersonId).ValueGeneratedNever();
        }
    }
}

/// <summary>Seals what is personal with the key of the person it is about, and opens it again.</summary>
public sealed class Vault(HubDb db, MasterKey master)
{
    static readonly Func<HubDb, Guid, CancellationToken, Task<PersonKey?>> FindKey =
        EF.CompileAsyncQuery((HubDb db, Guid personId, CancellationToken _) => db.PersonKeys.AsNoTracking().SingleOrDefault(k => k.PersonId == personId));

    readonly Dictionary<Guid, PersonCipher> opened = [];

    /// <summary>Makes the key of a new person; it is saved with the person.</summary>
    public PersonCipher Create(Guid personId, Guid caseId, DateTimeOffset now)
    {
        var key = RandomNumberGenerator.GetBytes(32);
        db.PersonKeys.Add(new PersonKey { PersonId = personId, CaseId = caseId, Wrapped = Sealed.Seal(master.Bytes, key, $"person_keys/{personId:D}"), CreateTime = now });
        return opened[personId] = new PersonCipher(key);
    }

    /// <summary>Reads the keys of several persons at once, for OpenAsync to find.</summary>
    public async Task LoadAsync(IEnumerable<Guid> personIds, CancellationToken ct)
    {
        var wanted = personIds.Except(opened.Keys).ToList();
        foreach (var row in await db.PersonKeys.AsNoTracking().Where(k => wanted.Contains(k.PersonId)).ToListAsync(ct)) Open(row);
    }

    /// <summary>Of a person whose key was loaded; null when there is none any more: the person was erased.</summary>
    public PersonCipher? Find(Guid personId) => opened.GetValueOrDefault(personId);

    public async Task<PersonCipher> OpenAsync(Guid personId, CancellationToken ct)
    {
        if (opened.TryGetValue(personId, out var known)) return known;
        var row = await FindKey(db, personId, ct) ?? throw new ResourceNotFound($"persons/{personId:D}");
        return Open(row);
    }

    PersonCipher Open(PersonKey row) => opened[row.PersonId] = new PersonCipher(Sealed.Open(master.Bytes, row.Wrapped, $"person_keys/{row.PersonId:D}"));
}

/// <summary>Seals and opens with one person's key. The place (table, column and row) is bound in: a sealed value moved elsewhere does not open.</summary>
public sealed class PersonCipher(byte[] key)
{
    public byte[] Seal(ReadOnlySpan<byte> plain, string column, Guid rowId) => Sealed.Seal(key, plain, $"{column}/{rowId:D}");

    public byte[] Open(byte[] sealedBytes, string column, Guid rowId) => Sealed.Open(key, sealedBytes, $"{column}/{rowId:D}");

    public byte[] SealText(string plain, string column, Guid rowId) => Seal(Encoding.UTF8.GetBytes(plain), column, rowId);

    public string OpenText(byte[] sealedBytes, string column, Guid rowId) => Encoding.UTF8.GetString(Open(sealedBytes, column, rowId));

    public byte[] SealMessage(IMessage plain, string column, Guid rowId) => Seal(plain.ToByteArray(), column, rowId);

    public T OpenMessage<T>(byte[] sealedBytes, string column, Guid rowId) where T : IMessage<T>, new() =>
        new MessageParser<T>(() => new T()).ParseFrom(Open(sealedBytes, column, rowId));
}

/// <summary>AES-256-GCM: one byte of version, 12 of nonce, 16 of tag, then the text.</summary>
static class Sealed
{
    const byte Version = 1;
    const int NonceSize = 12;
    const int TagSize = 16;

    public static byte[] Seal(byte[] key, ReadOnlySpan<byte> plain, string place)
    {
        var result = new byte[1 + NonceSize + TagSize + plain.Length];
        result[0] = Version;
        var nonce = result.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(key, TagSize);
        aes.Encrypt(nonce, plain, result.AsSpan(1 + NonceSize + TagSize), result.AsSpan(1 + NonceSize, TagSize), Encoding.UTF8.GetBytes(place));
        return result;
    }

    public static byte[] Open(byte[] key, ReadOnlySpan<byte> sealedBytes, string place)
    {
        if (sealedBytes.Length < 1 + NonceSize + TagSize || sealedBytes[0] != Version) throw new CryptographicException($"Not a sealed value: {place}.");
        var plain = new byte[sealedBytes.Length - 1 - NonceSize - TagSize];
        using var aes = new AesGcm(key, TagSize);
        aes.Decrypt(sealedBytes.Slice(1, NonceSize), sealedBytes[(1 + NonceSize + TagSize)..], sealedBytes.Slice(1 + NonceSize, TagSize), plain, Encoding.UTF8.GetBytes(place));
        return plain;
    }
}

/// <summary>The master key, read once.</summary>
public sealed class MasterKey(IOptions<VaultOptions> options)
{
    public byte[] Bytes { get; } = Read(options.Value);

    static byte[] Read(VaultOptions options)
    {
        var text = options.MasterKey ?? (options.MasterKeyFile is { } file && File.Exists(file) ? File.ReadAllText(file) : null);
        if (text is null) throw new InvalidOperationException("No master key: set Vault:MasterKey or Vault:MasterKeyFile (32 bytes in base64).");
        byte[] key;
        try { key = Convert.FromBase64String(text.Trim()); }
        catch (FormatException) { key = []; }
        return key.Length == 32 ? key : throw new InvalidOperationException("The master key must be 32 bytes in base64.");
    }

    /// <summary>For development: makes the file when it is not there, readable by its owner only.</summary>
    public static void EnsureFile(string file)
    {
        if (File.Exists(file)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        var stream = new FileStream(file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        using var writer = new StreamWriter(stream);
        writer.WriteLine(Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
    }
}
