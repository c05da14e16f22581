using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Passerelle.Hub.Persistence;

/// <summary>A creating call that was made once, and its response: see Platform/RequestLedger.</summary>
public sealed class RequestIdRow
{
    RequestIdRow() { }

    /// <summary>One that this transaction has just inserted.</summary>
    public static RequestIdRow Claimed(string callerId, Guid requestId) => new() { CallerId = callerId, RequestId = requestId };

    public void Keep(byte[] response) => Response = response;

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
