using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Passerelle.Hub.Persistence;

/// <summary>A creating call that was made, and its response: see Platform/RequestLedger.</summary>
/// <param name="Digest">Of what makes two requests equal, under a key of the hub's.</param>
public sealed record RequestIdRow(string CallerId, Guid RequestId, string Method, byte[] Digest, byte[] Response, DateTimeOffset CreateTime)
{
    public sealed class Mapping : IEntityTypeConfiguration<RequestIdRow>
    {
        public void Configure(EntityTypeBuilder<RequestIdRow> builder)
        {
            builder.ToTable("request_ids");
            builder.HasKey(r => new { r.CallerId, r.RequestId }).HasName(PrimaryKey);
            builder.HasIndex(r => r.CreateTime);
        }
    }

    public const string PrimaryKey = "pk_request_ids";
}
