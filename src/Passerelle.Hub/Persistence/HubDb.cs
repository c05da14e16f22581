using Microsoft.EntityFrameworkCore;
using Passerelle.Hub.Cases;
using Passerelle.Hub.Clocks;
using Passerelle.Hub.Clocks.Notifications;
using Passerelle.Hub.Clocks.Policies;
using Passerelle.Hub.Employment;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Housing;
using Passerelle.Hub.Housing.Homes;
using Passerelle.Hub.Housing.Searches;
using Passerelle.Hub.Housing.Visits;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Places;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Platform.Alarms;
using Passerelle.Hub.Platform.Chains;
using Passerelle.Hub.Privacy;
using Passerelle.Hub.Privacy.Accesses;
using Passerelle.Hub.Rights;
using Passerelle.Hub.Rights.Breaches;
using Passerelle.Hub.Rights.Retention;
using Passerelle.Hub.Schooling;

namespace Passerelle.Hub.Persistence;

/// <summary>The one context: what is written together commits together. Each entity is mapped beside its class.</summary>
public sealed class HubDb : DbContext
{
    public HubDb(DbContextOptions<HubDb> options) : base(options) =>
        // A save that fails fails its transaction: nobody goes on in the middle of one, and a savepoint around each save would be two more exchanges with the database.
        Database.AutoSavepointsEnabled = false;

    /// <summary>The partner whose rows are all that is seen through it; null: the hub's own context, which sees everything. See PartnerSource.</summary>
    public string? SeenBy { get; init; }

    public DbSet<Partner> Partners => Set<Partner>();

    public DbSet<Lane> Lanes => Set<Lane>();

    public DbSet<Credential> Credentials => Set<Credential>();

    public DbSet<SigningKey> SigningKeys => Set<SigningKey>();

    public DbSet<Case> Cases => Set<Case>();

    public DbSet<Person> Persons => Set<Person>();

    public DbSet<Request> Requests => Set<Request>();

    public DbSet<PurposeTerms> Purposes => Set<PurposeTerms>();

    public DbSet<Agreement> Agreements => Set<Agreement>();

    public DbSet<Consent> Consents => Set<Consent>();

    public DbSet<ConsentEntry> ConsentEntries => Set<ConsentEntry>();

    public DbSet<PersonRestriction> PersonRestrictions => Set<PersonRestriction>();

    public DbSet<RightsRequest> RightsRequests => Set<RightsRequest>();

    public DbSet<RetentionRule> RetentionRules => Set<RetentionRule>();

    public DbSet<RetentionNotice> RetentionNotices => Set<RetentionNotice>();

    public DbSet<Breach> Breaches => Set<Breach>();

    public DbSet<Recall> Recalls => Set<Recall>();

    public DbSet<RecallNotice> RecallNotices => Set<RecallNotice>();

    public DbSet<CertificateKey> CertificateKeys => Set<CertificateKey>();

    public DbSet<Disclosure> Disclosures => Set<Disclosure>();

    public DbSet<AccessEntry> AccessEntries => Set<AccessEntry>();

    public DbSet<PersonKey> PersonKeys => Set<PersonKey>();

    public DbSet<PersonLookup> PersonLookups => Set<PersonLookup>();

    public DbSet<DestroyedKey> DestroyedKeys => Set<DestroyedKey>();

    public DbSet<Clock> Clocks => Set<Clock>();

    public DbSet<ClockEvent> ClockEvents => Set<ClockEvent>();

    public DbSet<ClockFiring> ClockFirings => Set<ClockFiring>();

    public DbSet<Notice> Notices => Set<Notice>();

    public DbSet<Notification> Notifications => Set<Notification>();

    public DbSet<PolicyRow> ClockPolicies => Set<PolicyRow>();

    public DbSet<PolicyOfferRow> ClockPolicyOffers => Set<PolicyOfferRow>();

    public DbSet<PolicyChange> PolicyChanges => Set<PolicyChange>();

    public DbSet<PolicyChangeMove> PolicyChangeMoves => Set<PolicyChangeMove>();

    public DbSet<Exchange> Exchanges => Set<Exchange>();

    public DbSet<Attempt> Attempts => Set<Attempt>();

    public DbSet<GateDecision> GateDecisions => Set<GateDecision>();

    public DbSet<Audit> Audits => Set<Audit>();

    public DbSet<Alarm> Alarms => Set<Alarm>();

    public DbSet<ChainHead> Chains => Set<ChainHead>();

    public DbSet<HubEvent> Events => Set<HubEvent>();

    public DbSet<Cv> Cvs => Set<Cv>();

    public DbSet<Referral> Referrals => Set<Referral>();

    public DbSet<Offer> Offers => Set<Offer>();

    public DbSet<Document> Documents => Set<Document>();

    public DbSet<DocumentContent> DocumentContents => Set<DocumentContent>();

    public DbSet<Enrolment> Enrolments => Set<Enrolment>();

    public DbSet<EnrolmentDocument> EnrolmentDocuments => Set<EnrolmentDocument>();

    public DbSet<Listing> Listings => Set<Listing>();

    public DbSet<Place> Places => Set<Place>();

    public DbSet<FormerPlace> FormerPlaces => Set<FormerPlace>();

    public DbSet<PlaceFact> PlaceFacts => Set<PlaceFact>();

    public DbSet<Search> Searches => Set<Search>();

    public DbSet<SearchMatch> SearchMatches => Set<SearchMatch>();

    public DbSet<ListingFollower> ListingFollowers => Set<ListingFollower>();

    public DbSet<Home> Homes => Set<Home>();

    public DbSet<HomeListing> HomeListings => Set<HomeListing>();

    public DbSet<HomeLink> HomeLinks => Set<HomeLink>();

    public DbSet<HomeDecision> HomeDecisions => Set<HomeDecision>();

    public DbSet<VisitDay> VisitDays => Set<VisitDay>();

    public DbSet<VisitRequest> VisitRequests => Set<VisitRequest>();

    public DbSet<OpeningSpan> OpeningSpans => Set<OpeningSpan>();

    public DbSet<ImportReport> ImportReports => Set<ImportReport>();

    public DbSet<ImportProblem> ImportProblems => Set<ImportProblem>();

    public DbSet<HeldListing> HeldListings => Set<HeldListing>();

    public DbSet<AgencyFeed> AgencyFeeds => Set<AgencyFeed>();

    /// <summary>Consents of a person that allow a purpose towards a partner at a time; see the function live_consents.</summary>
    public IQueryable<Consent> LiveConsents(Guid personId, string purpose, string partnerId, DateTimeOffset time) => FromExpression(() => LiveConsents(personId, purpose, partnerId, time));

    /// <summary>Partners who could take a person's CV besides those who have it; see the function referral_takers.</summary>
    public IQueryable<Partner> ReferralTakers(Guid personId, DateTimeOffset time) => FromExpression(() => ReferralTakers(personId, time));

    /// <summary>The database's time, the only one that decides: see the function hub_now in the first migration.</summary>
    public async Task<DateTimeOffset> NowAsync(CancellationToken ct)
    {
        // Asked in every transaction: straight to the driver.
        await Database.OpenConnectionAsync(ct);
        try
        {
            await using var command = (Npgsql.NpgsqlCommand)Database.GetDbConnection().CreateCommand();
            command.CommandText = "select hub_now()";
            await using var reader = await command.ExecuteReaderAsync(CancellationToken.None);
            await reader.ReadAsync(ct);
            return reader.GetFieldValue<DateTimeOffset>(0);
        }
        finally
        {
            await Database.CloseConnectionAsync();
        }
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(HubDb).Assembly);
        modelBuilder.HasSequence<int>("case_numbers");
        modelBuilder.HasDbFunction(typeof(HubDb).GetMethod(nameof(LiveConsents))!).HasName("live_consents");
        modelBuilder.HasDbFunction(typeof(HubDb).GetMethod(nameof(ReferralTakers))!).HasName("referral_takers");
        // Nothing disappears because something else did: erasure is a deed of its own.
        foreach (var key in modelBuilder.Model.GetEntityTypes().SelectMany(e => e.GetForeignKeys())) key.DeleteBehavior = DeleteBehavior.Restrict;
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<string>().HaveColumnType("text");
        configurationBuilder.Properties<string[]>().HaveColumnType("text[]");
    }
}
