using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Persistence;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;
using Wire = Passerelle.Contracts.Schooling.V1;

namespace Passerelle.Hub.Schooling;

public enum DocumentKind { FamilyRecord = 1, ProofOfAddress, VaccinationRecord, SchoolLeavingCertificate, SchoolReport, Other }

/// <summary>A supporting document about a person, without its content. The file's name, and what its content could be recognised by, are sealed with the person's key.</summary>
public sealed class Document
{
    public const int MaxSize = 10 * 1024 * 1024;
    const string FileNameColumn = "documents.file_name";
    const string Sha256Column = "documents.sha256";

    Document() { }

    /// <param name="header">Checked: its size and SHA-256 are those of the bytes.</param>
    public static Document Keep(Guid personId, Wire.Document header, PersonCipher cipher, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7(now);
        return new Document
        {
            Id = id,
            PersonId = personId,
            Kind = (DocumentKind)header.Kind,
            FileName = cipher.SealText(header.FileName, FileNameColumn, id),
            MediaType = header.MediaType,
            Size = (int)header.SizeBytes,
            Sha256 = cipher.Seal(header.Sha256.Span, Sha256Column, id),
            CreateTime = now,
        };
    }

    public Guid Id { get; private set; }

    public Guid PersonId { get; private set; }

    public DocumentKind Kind { get; private set; }

    public byte[] FileName { get; private set; } = [];

    public string MediaType { get; private set; } = "";

    public int Size { get; private set; }

    /// <summary>Of the bytes as they were received, before they were sealed.</summary>
    public byte[] Sha256 { get; private set; } = [];

    public DateTimeOffset CreateTime { get; private set; }

    public string Name => Names.Of(Names.Documents, Id);

    public Wire.Document ToWire(PersonCipher cipher) => new()
    {
        Name = Name,
        Person = Names.Of(Names.Persons, PersonId),
        Kind = (Wire.Document.Types.Kind)Kind,
        FileName = cipher.OpenText(FileName, FileNameColumn, Id),
        MediaType = MediaType,
        SizeBytes = Size,
        Sha256 = Google.Protobuf.ByteString.CopyFrom(cipher.Open(Sha256, Sha256Column, Id)),
        CreateTime = CreateTime.ToWire(),
    };

    public sealed class Mapping : IEntityTypeConfiguration<Document>
    {
        public void Configure(EntityTypeBuilder<Document> builder)
        {
            builder.ToTable("documents", table =>
            {
                table.HasKnownValues<DocumentKind>("kind");
                table.HasCheckConstraint("ck_documents_media_type", $"media_type in ({string.Join(", ", MediaTypes.All.Select(t => $"'{t}'"))})");
                table.HasCheckConstraint("ck_documents_size", $"size between 1 and {MaxSize}");
            });
            builder.Property(d => d.Id).ValueGeneratedNever();
            builder.Property(d => d.Kind).AsText();
            builder.Ignore(d => d.Name);
            builder.HasOne<Person>().WithMany().HasForeignKey(d => d.PersonId);
        }
    }
}

/// <summary>The bytes of a document, sealed with the person's key. In a table of its own: who reads headers does not read megabytes.</summary>
public sealed class DocumentContent
{
    const string ContentColumn = "document_contents.content";

    DocumentContent() { }

    public static DocumentContent Of(Document document, ReadOnlySpan<byte> bytes, PersonCipher cipher) =>
        new() { DocumentId = document.Id, Content = cipher.Seal(bytes, ContentColumn, document.Id) };

    public Guid DocumentId { get; private set; }

    public byte[] Content { get; private set; } = [];

    /// <summary>All of it at once: not a byte may leave before the seal of the whole is checked.</summary>
    public byte[] Open(PersonCipher cipher) => cipher.Open(Content, ContentColumn, DocumentId);

    public sealed class Mapping : IEntityTypeConfiguration<DocumentContent>
    {
        public void Configure(EntityTypeBuilder<DocumentContent> builder)
        {
            builder.ToTable("document_contents");
            builder.HasKey(c => c.DocumentId);
            builder.Property(c => c.DocumentId).ValueGeneratedNever();
            builder.HasOne<Document>().WithOne().HasForeignKey<DocumentContent>(c => c.DocumentId);
        }
    }
}

/// <summary>The kinds of file that a document may be, each with how its bytes begin.</summary>
public static class MediaTypes
{
    static readonly Dictionary<string, byte[]> Signatures = new()
    {
        ["application/pdf"] = "%PDF-"u8.ToArray(),
        ["image/jpeg"] = [0xFF, 0xD8, 0xFF],
        ["image/png"] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A],
    };

    public static IEnumerable<string> All => Signatures.Keys;

    public static bool Fits(string mediaType, ReadOnlySpan<byte> content) => content.StartsWith(Signatures[mediaType]);
}
