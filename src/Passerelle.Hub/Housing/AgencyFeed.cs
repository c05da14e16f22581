using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Partners;

namespace Passerelle.Hub.Housing;

/// <summary>The newest feed that was applied to an agency: an older one comes too late.</summary>
public sealed class AgencyFeed
{
    AgencyFeed() { }

    public static AgencyFeed Of(string partnerId, string agency, ImportReport report) => new() { PartnerId = partnerId, Agency = agency, MakeTime = report.MakeTime, ReportId = report.Id };

    public string PartnerId { get; private set; } = "";

    public string Agency { get; private set; } = "";

    public DateTimeOffset MakeTime { get; private set; }

    public Guid ReportId { get; private set; }

    public void Follow(ImportReport report) => (MakeTime, ReportId) = (report.MakeTime, report.Id);

    public sealed class Mapping : IEntityTypeConfiguration<AgencyFeed>
    {
        public void Configure(EntityTypeBuilder<AgencyFeed> builder)
        {
            builder.ToTable("agency_feeds");
            builder.HasKey(a => new { a.PartnerId, a.Agency });
            builder.HasOne<Partner>().WithMany().HasForeignKey(a => a.PartnerId);
            builder.HasOne<ImportReport>().WithMany().HasForeignKey(a => a.ReportId);
        }
    }
}
