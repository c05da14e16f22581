using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Privacy;

/// <summary>What persons' data is shared for. A purpose is a deed of the hub's, so it is code; what the law says of it is data: PurposeTerms.</summary>
public enum Purpose { EmploymentReferral = 1, SchoolEnrolment, Recall, HousingVisit }

/// <summary>Why data may be shared (GDPR, article 6).</summary>
public enum Ground { Consent = 1, PublicTask, LegalObligation, Contract, LegitimateInterest }

/// <summary>What kind of data; fields of what travels are marked with it in the contract.</summary>
public enum DataCategory { Identity = 1, Contact, Career, Statement, Schooling, Document }

/// <summary>Who must give a consent that is about a child.</summary>
public enum GuardianRule
{
    /// <summary>A usual act: each holder of parental authority is taken to act with the other's agreement (code civil, article 372-2).</summary>
    One = 1,

    /// <summary>Every holder of parental authority.</summary>
    All,
}

/// <summary>One version of what the law says of a purpose. It never changes: other terms are another version, so that what was decided stays explained by what was in force.</summary>
/// <param name="Description">As persons are told, in French.</param>
/// <param name="Categories">What may be shared.</param>
/// <param name="Recipients">Kinds of partners.</param>
/// <param name="AgreementRequired">Only what the law obliges the hub to say needs none.</param>
public sealed record PurposeTerms(
    Purpose Purpose, int Version, string Description, Ground Ground, string[] Categories, string[] Recipients, bool AgreementRequired, GuardianRule Guardians, DateTimeOffset StartTime)
{
    public bool MayGoTo(PartnerKind kind) => Recipients.Contains(EnumText<PartnerKind>.Of(kind));

    public sealed class Mapping : IEntityTypeConfiguration<PurposeTerms>
    {
        static readonly DateTimeOffset Beginning = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public void Configure(EntityTypeBuilder<PurposeTerms> builder)
        {
            builder.ToTable("purposes", table =>
            {
                table.HasKnownValues<Purpose>("purpose");
                table.HasKnownValues<Ground>("ground");
                table.HasKnownValues<GuardianRule>("guardians");
                table.HasCheckConstraint("ck_purposes_version", "version > 0");
                table.HasCheckConstraint("ck_purposes_categories", $"categories <@ array[{EnumText<DataCategory>.SqlList}]");
                table.HasCheckConstraint("ck_purposes_recipients", $"cardinality(recipients) > 0 and recipients <@ array[{EnumText<PartnerKind>.SqlList}]");
                table.HasCheckConstraint("ck_purposes_agreement_required", "agreement_required or ground = 'legal_obligation'");
            });
            builder.HasKey(p => new { p.Purpose, p.Version });
            builder.Property(p => p.Purpose).AsText();
            builder.Property(p => p.Ground).AsText();
            builder.Property(p => p.Guardians).AsText();
            foreach (var property in builder.Metadata.GetProperties()) property.SetAfterSaveBehavior(PropertySaveBehavior.Throw);
            builder.HasData(
                Of(Purpose.EmploymentReferral, "Présenter votre CV à des employeurs et à des agences d'emploi du Calvados.", Ground.Consent,
                    [DataCategory.Identity, DataCategory.Contact, DataCategory.Career, DataCategory.Statement], [PartnerKind.Employment]),
                Of(Purpose.SchoolEnrolment, "Inscrire votre enfant dans une école ou un établissement.", Ground.PublicTask,
                    [DataCategory.Identity, DataCategory.Contact, DataCategory.Schooling, DataCategory.Document], [PartnerKind.Schooling]),
                Of(Purpose.Recall, "Dire à ceux qui ont reçu vos données qu'elles sont retirées, corrigées ou effacées.", Ground.LegalObligation, [], Enum.GetValues<PartnerKind>(), agreementRequired: false),
                Of(Purpose.HousingVisit, "Demander à des agences immobilières quand vous pouvez visiter leurs biens, et leur dire qui vient.", Ground.Consent,
                    [DataCategory.Identity, DataCategory.Contact], [PartnerKind.Housing]));
        }

        static PurposeTerms Of(Purpose purpose, string description, Ground ground, DataCategory[] categories, PartnerKind[] recipients, bool agreementRequired = true) => new(
            purpose, 1, description, ground, [.. categories.Select(EnumText<DataCategory>.Of)], [.. recipients.Select(EnumText<PartnerKind>.Of)], agreementRequired, GuardianRule.One, Beginning);
    }
}
