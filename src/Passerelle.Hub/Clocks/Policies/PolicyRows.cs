using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using NodaTime;
using Passerelle.Hub.Clocks.History;
using Passerelle.Hub.Persistence;

namespace Passerelle.Hub.Clocks.Policies;

/// <summary>One version of a policy as a row. It never changes: other terms are another version.</summary>
/// <remarks>Clocks and their events name it without a foreign key: thousands of clocks a second would all lock the one row that nobody ever removes.</remarks>
public sealed record PolicyRow(string Id, int Version, string Terms, DateTimeOffset CreateTime)
{
    /// <summary>48 hours of elapsed time, for everybody that nothing more specific is said of. A promise is never paused; a partner's window may be.</summary>
    public const string DefaultPromise = "promise";
    public const string DefaultWindow = "partner-window";

    /// <summary>One month (GDPR, article 12(3)) as 28 days, which is never too long; told of two weeks, one week and two days before.</summary>
    public const string LegalTerm = "legal-term";

    public static PolicyRow Of(ClockPolicy policy, DateTimeOffset now) => new(policy.Key.Id, policy.Key.Version, TermsJson.Write(policy.Terms), now);

    public ClockPolicy ToPolicy() => new(new PolicyKey(Id, Version), TermsJson.Read(Terms));

    public sealed class Mapping : IEntityTypeConfiguration<PolicyRow>
    {
        public void Configure(EntityTypeBuilder<PolicyRow> builder)
        {
            builder.ToTable("clock_policies", table => table.HasCheckConstraint("ck_clock_policies_version", "version > 0"));
            builder.HasKey(p => new { p.Id, p.Version });
            builder.Property(p => p.Terms).HasColumnType("jsonb");
            foreach (var property in builder.Metadata.GetProperties()) property.SetAfterSaveBehavior(PropertySaveBehavior.Throw);
            builder.HasData(
                new PolicyRow(DefaultPromise, 1, TermsJson.Write(new PolicyTerms()), Beginning),
                new PolicyRow(DefaultWindow, 1, TermsJson.Write(new PolicyTerms { MayPause = true }), Beginning),
                new PolicyRow(LegalTerm, 1, TermsJson.Write(new PolicyTerms
                {
                    Window = Duration.FromDays(28),
                    Rungs = [PolicyRung.BeforeDeadline(Duration.FromDays(14)), PolicyRung.BeforeDeadline(Duration.FromDays(7)), PolicyRung.BeforeDeadline(Duration.FromDays(2))],
                }), Beginning));
        }
    }

    internal static readonly DateTimeOffset Beginning = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
}

/// <summary>To whom a version of a policy applies, from when to when: [FromTime, UntilTime). What is null is anybody.</summary>
public sealed record PolicyOfferRow(
    string PolicyId, int PolicyVersion, ClockFamily Family, string? Need, string? PartnerKind, string? PartnerId, string? Origin, DateTimeOffset FromTime, DateTimeOffset? UntilTime)
{
    public static PolicyOfferRow Of(PolicyOffer offer) => new(
        offer.Policy.Key.Id, offer.Policy.Key.Version, offer.Scope.Family, offer.Scope.Need, offer.Scope.PartnerKind, offer.Scope.Partner, offer.Scope.Origin, offer.From.ToDateTimeOffset(),
        offer.Until?.ToDateTimeOffset());

    public PolicyOffer ToOffer(Func<PolicyKey, ClockPolicy> policyOf) => new(
        policyOf(new PolicyKey(PolicyId, PolicyVersion)), new PolicyScope(Family, Need, PartnerKind, PartnerId, Origin), Instant.FromDateTimeOffset(FromTime),
        UntilTime is { } until ? Instant.FromDateTimeOffset(until) : null);

    public sealed class Mapping : IEntityTypeConfiguration<PolicyOfferRow>
    {
        public void Configure(EntityTypeBuilder<PolicyOfferRow> builder)
        {
            builder.ToTable("clock_policy_offers", table =>
            {
                table.HasKnownValues<ClockFamily>("family");
                table.HasCheckConstraint("ck_clock_policy_offers_until_time", "until_time > from_time");
                table.HasCheckConstraint("ck_clock_policy_offers_partner", "family = 'partner_window' or (partner_kind is null and partner_id is null)");
            });
            builder.HasKey(o => new { o.PolicyId, o.PolicyVersion });
            builder.Property(o => o.Family).AsText();
            builder.HasOne<PolicyRow>().WithOne().HasForeignKey<PolicyOfferRow>(o => new { o.PolicyId, o.PolicyVersion });
            builder.HasOne<Partners.Partner>().WithMany().HasForeignKey(o => o.PartnerId);
            builder.HasData(
                new PolicyOfferRow(PolicyRow.DefaultPromise, 1, ClockFamily.Promise, null, null, null, null, PolicyRow.Beginning, null),
                new PolicyOfferRow(PolicyRow.DefaultWindow, 1, ClockFamily.PartnerWindow, null, null, null, null, PolicyRow.Beginning, null),
                new PolicyOfferRow(PolicyRow.LegalTerm, 1, ClockFamily.LegalTerm, null, null, null, null, PolicyRow.Beginning, null));
        }
    }
}
