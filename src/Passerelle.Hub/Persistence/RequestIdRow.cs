using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Passerelle.Hub.Persistence;

/// <summary>The table of the request ledger, which speaks SQL to it: see Platform/RequestLedger.</summary>
public sealed class RequestIdRow
{
    public string CallerId { get; private set; } = "";

    public Guid RequestId { get; private set; }

    public string Method { get; private set; } = "";

    public byte[] Digest { get; private set; } = [];

    public byte[]? Response { get; private set; }

    public DateTimeOffset CreateTime { get; private set; }

    public sealed class Mapping : IEntityTypeConfiguration<RequestIdRow>
    {
        public void Configure(EntityTypeBuilder<RequestIdRow> builder)
        {
            builder.ToTable("request_ids");
            builder.HasKey(r => new { r.CallerId, r.RequestId });
            builder.HasIndex(r => r.CreateTime);
        }
    }
}
