using System;
using Microsoft.EntityFrameworkCore.Migrations;
using Npgsql.EntityFrameworkCore.PostgreSQL.Metadata;

#nullable disable

#pragma warning disable CA1814 // Prefer jagged arrays over multidimensional

namespace Passerelle.Hub.Persistence.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.EnsureSchema(
                name: "audit");

            migrationBuilder.EnsureSchema(
                name: "vault");

            migrationBuilder.CreateSequence<int>(
                name: "case_numbers");

            migrationBuilder.CreateTable(
                name: "access_entries",
                schema: "audit",
                columns: table => new
                {
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: true),
                    case_id = table.Column<Guid>(type: "uuid", nullable: true),
                    resource = table.Column<string>(type: "text", nullable: false),
                    method = table.Column<string>(type: "text", nullable: false),
                    purpose = table.Column<string>(type: "text", nullable: false),
                    caller_id = table.Column<string>(type: "text", nullable: false),
                    actor = table.Column<string>(type: "text", nullable: true),
                    partner_id = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_access_entries", x => x.sequence);
                    table.CheckConstraint("ck_access_entries_link", "sequence > 0 and octet_length(hash) = 32");
                    table.CheckConstraint("ck_access_entries_partner", "(purpose = 'partner') = (partner_id is not null)");
                    table.CheckConstraint("ck_access_entries_purpose", "purpose in ('case_handling', 'rights_request', 'supervision', 'incident', 'technical_support', 'partner')");
                });

            migrationBuilder.CreateTable(
                name: "alarms",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    rows = table.Column<string[]>(type: "text[]", nullable: false),
                    count = table.Column<long>(type: "bigint", nullable: false),
                    raise_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    clear_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_alarms", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "audits",
                columns: table => new
                {
                    id = table.Column<short>(type: "smallint", nullable: false),
                    audit_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    lease_end_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    whole_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    horizon = table.Column<ulong>(type: "xid8", nullable: false, defaultValueSql: "'0'::xid8"),
                    opened_count = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_audits", x => x.id);
                    table.CheckConstraint("ck_audits_one", "id = 1");
                });

            migrationBuilder.CreateTable(
                name: "cases",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    reference = table.Column<string>(type: "text", nullable: false),
                    needs = table.Column<string[]>(type: "text[]", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cases", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "certificate_keys",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    secret = table.Column<byte[]>(type: "bytea", nullable: false),
                    public_key = table.Column<byte[]>(type: "bytea", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    master_id = table.Column<string>(type: "text", nullable: true, computedColumnSql: "encode(substr(secret, 2, 8), 'hex')", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_certificate_keys", x => x.id);
                    table.CheckConstraint("ck_certificate_keys_public_key", "octet_length(public_key) = 32");
                });

            migrationBuilder.CreateTable(
                name: "chains",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false),
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_chains", x => x.name);
                    table.CheckConstraint("ck_chains_head", "sequence >= 0 and octet_length(hash) = 32");
                });

            migrationBuilder.CreateTable(
                name: "clock_policies",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    terms = table.Column<string>(type: "jsonb", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_clock_policies", x => new { x.id, x.version });
                    table.CheckConstraint("ck_clock_policies_version", "version > 0");
                });

            migrationBuilder.CreateTable(
                name: "clocks",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    family = table.Column<string>(type: "text", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    promise_id = table.Column<Guid>(type: "uuid", nullable: true),
                    need = table.Column<string>(type: "text", nullable: true),
                    advisor = table.Column<string>(type: "text", nullable: true),
                    state = table.Column<string>(type: "text", nullable: false),
                    start_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    next_fire_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    generation = table.Column<int>(type: "integer", nullable: false),
                    answer_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    overdue_notice_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    unreadable_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    lapse_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    policy_id = table.Column<string>(type: "text", nullable: false),
                    policy_version = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_clocks", x => x.id);
                    table.CheckConstraint("ck_clocks_sound", "clock_is_sound(family, state, due_time, next_fire_time, generation, answer_time, overdue_notice_time)");
                });

            migrationBuilder.CreateTable(
                name: "destroyed",
                schema: "vault",
                columns: table => new
                {
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_destroyed", x => x.person_id);
                });

            migrationBuilder.CreateTable(
                name: "disclosures",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    category = table.Column<string>(type: "text", nullable: false),
                    data = table.Column<string>(type: "text", nullable: false),
                    purpose = table.Column<string>(type: "text", nullable: false),
                    ground = table.Column<string>(type: "text", nullable: false),
                    consent_id = table.Column<Guid>(type: "uuid", nullable: true),
                    exchange_id = table.Column<Guid>(type: "uuid", nullable: false),
                    channel = table.Column<string>(type: "text", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_disclosures", x => x.id);
                    table.CheckConstraint("ck_disclosures_channel", "channel in ('push', 'pull', 'download')");
                    table.CheckConstraint("ck_disclosures_consent_id", "(ground = 'consent') = (consent_id is not null)");
                    table.CheckConstraint("ck_disclosures_ground", "ground in ('consent', 'public_task', 'legal_obligation', 'contract', 'legitimate_interest')");
                    table.CheckConstraint("ck_disclosures_purpose", "purpose in ('employment_referral', 'school_enrolment', 'recall', 'housing_visit')");
                });

            migrationBuilder.CreateTable(
                name: "events",
                columns: table => new
                {
                    sequence = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    type = table.Column<string>(type: "text", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    detail = table.Column<string>(type: "text", nullable: false),
                    transaction_id = table.Column<ulong>(type: "xid8", nullable: false, defaultValueSql: "pg_current_xact_id()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_events", x => x.sequence);
                });

            migrationBuilder.CreateTable(
                name: "homes",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    transaction = table.Column<string>(type: "text", nullable: false),
                    postcode = table.Column<string>(type: "text", nullable: true),
                    listing_count = table.Column<int>(type: "integer", nullable: false),
                    merged_into_id = table.Column<Guid>(type: "uuid", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_homes", x => x.id);
                    table.CheckConstraint("ck_homes_merged_into_id", "merged_into_id is null or (listing_count = 0 and merged_into_id <> id)");
                    table.CheckConstraint("ck_homes_transaction", "transaction in ('sale', 'rental', 'seasonal_rental', 'life_annuity', 'investment', 'business_sale', 'lease_transfer', 'catalogue_house')");
                    table.ForeignKey(
                        name: "fk_homes_homes_merged_into_id",
                        column: x => x.merged_into_id,
                        principalTable: "homes",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "listing_followers",
                columns: table => new
                {
                    name = table.Column<string>(type: "text", nullable: false),
                    changed_transaction = table.Column<ulong>(type: "xid8", nullable: false, defaultValueSql: "'0'::xid8"),
                    changed_sequence = table.Column<long>(type: "bigint", nullable: false, defaultValue: 0L),
                    due_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false, defaultValueSql: "hub_now()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_listing_followers", x => x.name);
                });

            migrationBuilder.CreateTable(
                name: "notifications",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    sequence = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    recipient = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    clock_count = table.Column<int>(type: "integer", nullable: false),
                    title = table.Column<string>(type: "text", nullable: false),
                    summary = table.Column<string>(type: "text", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    acknowledge_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    transaction_id = table.Column<ulong>(type: "xid8", nullable: false, defaultValueSql: "pg_current_xact_id()")
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_notifications", x => x.id);
                    table.CheckConstraint("ck_notifications_acknowledge_time", "(state = 'acknowledged') = (acknowledge_time is not null)");
                    table.CheckConstraint("ck_notifications_state", "state in ('waiting', 'acknowledged')");
                });

            migrationBuilder.CreateTable(
                name: "partners",
                columns: table => new
                {
                    id = table.Column<string>(type: "text", nullable: false),
                    display_name = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    delivery = table.Column<string>(type: "text", nullable: false),
                    push_address = table.Column<string>(type: "text", nullable: true),
                    push_authority = table.Column<string>(type: "text", nullable: true),
                    feed_interval = table.Column<TimeSpan>(type: "interval", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_partners", x => x.id);
                    table.CheckConstraint("ck_partners_delivery", "delivery in ('push', 'pull')");
                    table.CheckConstraint("ck_partners_feed_interval", "feed_interval > interval '0'");
                    table.CheckConstraint("ck_partners_id", "id ~ '^[a-z0-9-]{3,40}$'");
                    table.CheckConstraint("ck_partners_kind", "kind in ('employment', 'housing', 'schooling', 'discovery', 'leisure')");
                    table.CheckConstraint("ck_partners_push_address", "(delivery = 'push') = (push_address is not null)");
                });

            migrationBuilder.CreateTable(
                name: "person_keys",
                schema: "vault",
                columns: table => new
                {
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    wrapped = table.Column<byte[]>(type: "bytea", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    master_id = table.Column<string>(type: "text", nullable: true, computedColumnSql: "encode(substr(wrapped, 2, 8), 'hex')", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_person_keys", x => x.person_id);
                });

            migrationBuilder.CreateTable(
                name: "person_restrictions",
                columns: table => new
                {
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    scope = table.Column<string>(type: "text", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_person_restrictions", x => new { x.person_id, x.scope });
                    table.CheckConstraint("ck_person_restrictions_reason", "reason in ('restricted', 'objection_pending', 'objection_upheld')");
                    table.CheckConstraint("ck_person_restrictions_scope", "case when reason = 'restricted' then scope = 'everything' else scope in ('employment_referral', 'school_enrolment', 'recall', 'housing_visit') end");
                });

            migrationBuilder.CreateTable(
                name: "places",
                columns: table => new
                {
                    code = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    postcodes = table.Column<string[]>(type: "text[]", nullable: false),
                    epci_code = table.Column<string>(type: "text", nullable: true),
                    epci_name = table.Column<string>(type: "text", nullable: true),
                    population = table.Column<int>(type: "integer", nullable: true),
                    latitude = table.Column<double>(type: "double precision", nullable: true),
                    longitude = table.Column<double>(type: "double precision", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_places", x => x.code);
                    table.CheckConstraint("ck_places_code", "code ~ '^[0-9][0-9AB][0-9]{3}$' and name <> ''");
                    table.CheckConstraint("ck_places_epci", "(epci_code is null) = (epci_name is null)");
                    table.CheckConstraint("ck_places_population", "population >= 0");
                    table.CheckConstraint("ck_places_position", "(latitude is null) = (longitude is null)");
                });

            migrationBuilder.CreateTable(
                name: "purposes",
                columns: table => new
                {
                    purpose = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    description = table.Column<string>(type: "text", nullable: false),
                    ground = table.Column<string>(type: "text", nullable: false),
                    categories = table.Column<string[]>(type: "text[]", nullable: false),
                    recipients = table.Column<string[]>(type: "text[]", nullable: false),
                    agreement_required = table.Column<bool>(type: "boolean", nullable: false),
                    guardians = table.Column<string>(type: "text", nullable: false),
                    start_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_purposes", x => new { x.purpose, x.version });
                    table.CheckConstraint("ck_purposes_agreement_required", "agreement_required or ground = 'legal_obligation'");
                    table.CheckConstraint("ck_purposes_categories", "categories <@ array['identity', 'contact', 'career', 'statement', 'schooling', 'document']");
                    table.CheckConstraint("ck_purposes_ground", "ground in ('consent', 'public_task', 'legal_obligation', 'contract', 'legitimate_interest')");
                    table.CheckConstraint("ck_purposes_guardians", "guardians in ('one', 'all')");
                    table.CheckConstraint("ck_purposes_purpose", "purpose in ('employment_referral', 'school_enrolment', 'recall', 'housing_visit')");
                    table.CheckConstraint("ck_purposes_recipients", "cardinality(recipients) > 0 and recipients <@ array['employment', 'housing', 'schooling', 'discovery', 'leisure']");
                    table.CheckConstraint("ck_purposes_version", "version > 0");
                });

            migrationBuilder.CreateTable(
                name: "request_ids",
                columns: table => new
                {
                    caller_id = table.Column<string>(type: "text", nullable: false),
                    request_id = table.Column<Guid>(type: "uuid", nullable: false),
                    method = table.Column<string>(type: "text", nullable: false),
                    digest = table.Column<byte[]>(type: "bytea", nullable: false),
                    response = table.Column<byte[]>(type: "bytea", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_request_ids", x => new { x.caller_id, x.request_id });
                });

            migrationBuilder.CreateTable(
                name: "retention_notices",
                columns: table => new
                {
                    subject = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_retention_notices", x => new { x.subject, x.kind });
                    table.CheckConstraint("ck_retention_notices_kind", "kind in ('draft', 'cv', 'cv_unconsented', 'declined_introduction', 'school_file', 'case', 'call_log')");
                });

            migrationBuilder.CreateTable(
                name: "retention_rules",
                columns: table => new
                {
                    kind = table.Column<string>(type: "text", nullable: false),
                    version = table.Column<int>(type: "integer", nullable: false),
                    months = table.Column<int>(type: "integer", nullable: false),
                    days = table.Column<int>(type: "integer", nullable: false),
                    notice_days = table.Column<int>(type: "integer", nullable: false),
                    start_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_retention_rules", x => new { x.kind, x.version });
                    table.CheckConstraint("ck_retention_rules_kind", "kind in ('draft', 'cv', 'cv_unconsented', 'declined_introduction', 'school_file', 'case', 'call_log')");
                    table.CheckConstraint("ck_retention_rules_terms", "version > 0 and months >= 0 and days >= 0 and notice_days >= 0");
                });

            migrationBuilder.CreateTable(
                name: "search_matches",
                columns: table => new
                {
                    search_id = table.Column<Guid>(type: "uuid", nullable: false),
                    listing_id = table.Column<Guid>(type: "uuid", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    score = table.Column<int>(type: "integer", nullable: false),
                    criteria = table.Column<string>(type: "text", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    gone_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    changed_transaction = table.Column<ulong>(type: "xid8", nullable: false, defaultValueSql: "pg_current_xact_id()"),
                    changed_sequence = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn),
                    create_transaction = table.Column<ulong>(type: "xid8", nullable: false, defaultValueSql: "pg_current_xact_id()"),
                    create_sequence = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_search_matches", x => new { x.search_id, x.listing_id });
                    table.CheckConstraint("ck_search_matches_gone_time", "(state = 'gone') = (gone_time is not null)");
                    table.CheckConstraint("ck_search_matches_kind", "kind in ('match', 'near_miss')");
                    table.CheckConstraint("ck_search_matches_score", "score between 0 and 100");
                    table.CheckConstraint("ck_search_matches_state", "state in ('current', 'gone')");
                });

            migrationBuilder.CreateTable(
                name: "secrets",
                schema: "vault",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    wrapped = table.Column<byte[]>(type: "bytea", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    master_id = table.Column<string>(type: "text", nullable: true, computedColumnSql: "encode(substr(wrapped, 2, 8), 'hex')", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_secrets", x => x.id);
                });

            migrationBuilder.CreateTable(
                name: "persons",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false),
                    role = table.Column<string>(type: "text", nullable: false),
                    profile = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_persons", x => x.id);
                    table.CheckConstraint("ck_persons_role", "role in ('adult', 'child')");
                    table.ForeignKey(
                        name: "fk_persons_cases_case_id",
                        column: x => x.case_id,
                        principalTable: "cases",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "searches",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    transaction = table.Column<string>(type: "text", nullable: false),
                    places = table.Column<string[]>(type: "text[]", nullable: false),
                    area_place = table.Column<string>(type: "text", nullable: true),
                    area_latitude = table.Column<double>(type: "double precision", nullable: true),
                    area_longitude = table.Column<double>(type: "double precision", nullable: true),
                    area_metres = table.Column<double>(type: "double precision", nullable: true),
                    area_travel = table.Column<TimeSpan>(type: "interval", nullable: true),
                    budget_cents = table.Column<long>(type: "bigint", nullable: true),
                    min_rooms = table.Column<int>(type: "integer", nullable: true),
                    min_bedrooms = table.Column<int>(type: "integer", nullable: true),
                    min_surface = table.Column<decimal>(type: "numeric", nullable: true),
                    kinds = table.Column<string[]>(type: "text[]", nullable: false),
                    worst_energy = table.Column<string>(type: "text", nullable: true),
                    musts = table.Column<string[]>(type: "text[]", nullable: false),
                    wishes = table.Column<string[]>(type: "text[]", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    end_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    match_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_searches", x => x.id);
                    table.CheckConstraint("ck_searches_area", "num_nulls(area_latitude, area_longitude, area_metres) in (0, 3) and (area_travel is null or area_metres is not null)");
                    table.CheckConstraint("ck_searches_end_time", "(state = 'ended') = (end_time is not null)");
                    table.CheckConstraint("ck_searches_features", "musts || wishes <@ array['garden', 'parking', 'furnished', 'unfurnished', 'lift', 'terrace', 'cellar', 'ground_floor']");
                    table.CheckConstraint("ck_searches_kinds", "kinds <@ array['house', 'apartment', 'land', 'other']");
                    table.CheckConstraint("ck_searches_state", "state in ('active', 'ended')");
                    table.CheckConstraint("ck_searches_transaction", "transaction in ('sale', 'rental')");
                    table.CheckConstraint("ck_searches_where", "cardinality(places) > 0 or area_metres > 0");
                    table.CheckConstraint("ck_searches_worst_energy", "worst_energy in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'not_subject', 'blank')");
                    table.ForeignKey(
                        name: "fk_searches_cases_case_id",
                        column: x => x.case_id,
                        principalTable: "cases",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "policy_changes",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    from_policy_id = table.Column<string>(type: "text", nullable: false),
                    from_policy_version = table.Column<int>(type: "integer", nullable: false),
                    clock_id = table.Column<Guid>(type: "uuid", nullable: true),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    case_id = table.Column<Guid>(type: "uuid", nullable: true),
                    policy_id = table.Column<string>(type: "text", nullable: false),
                    policy_version = table.Column<int>(type: "integer", nullable: false),
                    is_from_start = table.Column<bool>(type: "boolean", nullable: false),
                    is_simulated = table.Column<bool>(type: "boolean", nullable: false),
                    by = table.Column<string>(type: "text", nullable: false),
                    why = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    end_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    lease_end_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    generation = table.Column<int>(type: "integer", nullable: false),
                    cursor = table.Column<Guid>(type: "uuid", nullable: true),
                    missed_count = table.Column<long>(type: "bigint", nullable: false),
                    selected_count = table.Column<long>(type: "bigint", nullable: false),
                    changed_count = table.Column<long>(type: "bigint", nullable: false),
                    aside_count = table.Column<long>(type: "bigint", nullable: false),
                    moved_count = table.Column<long>(type: "bigint", nullable: false),
                    breached_count = table.Column<long>(type: "bigint", nullable: false),
                    healed_count = table.Column<long>(type: "bigint", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_policy_changes", x => x.id);
                    table.CheckConstraint("ck_policy_changes_counts", "breached_count + healed_count <= moved_count and moved_count <= changed_count and (state <> 'done' or missed_count = 0)");
                    table.CheckConstraint("ck_policy_changes_end_time", "(state = 'running') = (end_time is null) and (state = 'running' or lease_end_time is null)");
                    table.CheckConstraint("ck_policy_changes_policy", "(policy_id, policy_version) <> (from_policy_id, from_policy_version)");
                    table.CheckConstraint("ck_policy_changes_state", "state in ('running', 'done', 'cancelled')");
                    table.ForeignKey(
                        name: "fk_policy_changes_clock_policies_from_policy_id_from_policy_ve",
                        columns: x => new { x.from_policy_id, x.from_policy_version },
                        principalTable: "clock_policies",
                        principalColumns: new[] { "id", "version" },
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_policy_changes_clock_policies_policy_id_policy_version",
                        columns: x => new { x.policy_id, x.policy_version },
                        principalTable: "clock_policies",
                        principalColumns: new[] { "id", "version" },
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "clock_events",
                columns: table => new
                {
                    clock_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    effective_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    record_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    by = table.Column<string>(type: "text", nullable: true),
                    why = table.Column<string>(type: "text", nullable: true),
                    payload = table.Column<string>(type: "jsonb", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_clock_events", x => new { x.clock_id, x.number });
                    table.CheckConstraint("ck_clock_events_sound", "clock_event_is_sound(number, kind, effective_time, record_time, by, why, payload)");
                    table.ForeignKey(
                        name: "fk_clock_events_clocks_clock_id",
                        column: x => x.clock_id,
                        principalTable: "clocks",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "clock_firings",
                columns: table => new
                {
                    clock_id = table.Column<Guid>(type: "uuid", nullable: false),
                    generation = table.Column<int>(type: "integer", nullable: false),
                    rung = table.Column<string>(type: "text", nullable: false),
                    due_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    fire_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_clock_firings", x => new { x.clock_id, x.generation, x.rung });
                    table.ForeignKey(
                        name: "fk_clock_firings_clocks_clock_id",
                        column: x => x.clock_id,
                        principalTable: "clocks",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "notices",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    clock_id = table.Column<Guid>(type: "uuid", nullable: false),
                    recipient = table.Column<string>(type: "text", nullable: false),
                    rungs = table.Column<string>(type: "text", nullable: false),
                    is_urgent = table.Column<bool>(type: "boolean", nullable: false),
                    is_missed = table.Column<bool>(type: "boolean", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    due_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    notification_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_notices", x => x.id);
                    table.CheckConstraint("ck_notices_notification", "(state = 'told') = (notification_id is not null)");
                    table.CheckConstraint("ck_notices_state", "state in ('queued', 'told', 'dropped')");
                    table.ForeignKey(
                        name: "fk_notices_clocks_clock_id",
                        column: x => x.clock_id,
                        principalTable: "clocks",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_notices_notifications_notification_id",
                        column: x => x.notification_id,
                        principalTable: "notifications",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "agreements",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    role = table.Column<string>(type: "text", nullable: false),
                    purposes = table.Column<string[]>(type: "text[]", nullable: false),
                    categories = table.Column<string[]>(type: "text[]", nullable: false),
                    reference = table.Column<string>(type: "text", nullable: false),
                    start_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    end_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    revoke_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_agreements", x => x.id);
                    table.CheckConstraint("ck_agreements_categories", "cardinality(categories) > 0 and categories <@ array['identity', 'contact', 'career', 'statement', 'schooling', 'document']");
                    table.CheckConstraint("ck_agreements_end_time", "end_time > start_time");
                    table.CheckConstraint("ck_agreements_purposes", "cardinality(purposes) > 0 and purposes <@ array['employment_referral', 'school_enrolment', 'recall', 'housing_visit']");
                    table.CheckConstraint("ck_agreements_role", "role in ('controller', 'joint_controller', 'processor')");
                    table.ForeignKey(
                        name: "fk_agreements_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "breaches",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    source = table.Column<string>(type: "text", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    caller_id = table.Column<string>(type: "text", nullable: true),
                    master_key_id = table.Column<string>(type: "text", nullable: true),
                    start_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    end_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    find_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    close_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    outcome = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_breaches", x => x.id);
                    table.CheckConstraint("ck_breaches_outcome", "outcome in ('notified', 'documented')");
                    table.CheckConstraint("ck_breaches_source", "num_nonnulls(partner_id, caller_id, master_key_id) = 1 and case source when 'partner' then partner_id when 'caller' then caller_id else master_key_id end is not null");
                    table.CheckConstraint("ck_breaches_times", "end_time > start_time and (close_time is null) = (outcome is null)");
                    table.ForeignKey(
                        name: "fk_breaches_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "clock_policy_offers",
                columns: table => new
                {
                    policy_id = table.Column<string>(type: "text", nullable: false),
                    policy_version = table.Column<int>(type: "integer", nullable: false),
                    family = table.Column<string>(type: "text", nullable: false),
                    need = table.Column<string>(type: "text", nullable: true),
                    partner_kind = table.Column<string>(type: "text", nullable: true),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    origin = table.Column<string>(type: "text", nullable: true),
                    from_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    until_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_clock_policy_offers", x => new { x.policy_id, x.policy_version });
                    table.CheckConstraint("ck_clock_policy_offers_family", "family in ('promise', 'partner_window', 'legal_term')");
                    table.CheckConstraint("ck_clock_policy_offers_partner", "family = 'partner_window' or (partner_kind is null and partner_id is null)");
                    table.CheckConstraint("ck_clock_policy_offers_until_time", "until_time > from_time");
                    table.ForeignKey(
                        name: "fk_clock_policy_offers_clock_policies_policy_id_policy_version",
                        columns: x => new { x.policy_id, x.policy_version },
                        principalTable: "clock_policies",
                        principalColumns: new[] { "id", "version" },
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_clock_policy_offers_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "consents",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    purpose = table.Column<string>(type: "text", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    recipient_kind = table.Column<string>(type: "text", nullable: true),
                    text_version = table.Column<string>(type: "text", nullable: false),
                    given_by = table.Column<Guid[]>(type: "uuid[]", nullable: false),
                    given_elsewhere = table.Column<bool>(type: "boolean", nullable: false),
                    method = table.Column<string>(type: "text", nullable: false),
                    give_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expire_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    withdraw_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_consents", x => x.id);
                    table.CheckConstraint("ck_consents_given_by", "cardinality(given_by) > 0");
                    table.CheckConstraint("ck_consents_method", "method in ('online', 'written', 'signed_form', 'spoken')");
                    table.CheckConstraint("ck_consents_purpose", "purpose in ('employment_referral', 'school_enrolment', 'recall', 'housing_visit')");
                    table.CheckConstraint("ck_consents_recipient", "(partner_id is null) = (recipient_kind is not null)");
                    table.CheckConstraint("ck_consents_recipient_kind", "recipient_kind in ('employment', 'housing', 'schooling', 'discovery', 'leisure')");
                    table.CheckConstraint("ck_consents_times", "give_time <= create_time and expire_time > create_time");
                    table.ForeignKey(
                        name: "fk_consents_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "credentials",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    owner = table.Column<string>(type: "text", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    scopes = table.Column<string[]>(type: "text[]", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expire_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    revoke_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    networks = table.Column<string[]>(type: "text[]", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_credentials", x => x.id);
                    table.CheckConstraint("ck_credentials_kind", "kind in ('api_key', 'certificate')");
                    table.ForeignKey(
                        name: "fk_credentials_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "exchanges",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    sequence = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityAlwaysColumn),
                    kind = table.Column<string>(type: "text", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    subject = table.Column<string>(type: "text", nullable: false),
                    topic = table.Column<string>(type: "text", nullable: true),
                    never_held = table.Column<bool>(type: "boolean", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    due_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    generation = table.Column<int>(type: "integer", nullable: false),
                    hold_reason = table.Column<string>(type: "text", nullable: true),
                    stop_reason = table.Column<string>(type: "text", nullable: true),
                    failures = table.Column<int>(type: "integer", nullable: false),
                    retry_until = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    delivery_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    answer_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    answer_code = table.Column<string>(type: "text", nullable: true),
                    end_reason = table.Column<string>(type: "text", nullable: true),
                    end_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    superseded_by = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_exchanges", x => x.id);
                    table.CheckConstraint("ck_exchanges_sound", "exchange_is_sound(state, due_time, delivery_time, answer_time, answer_code, end_reason, end_time, superseded_by)");
                    table.ForeignKey(
                        name: "fk_exchanges_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "import_reports",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    file_name = table.Column<string>(type: "text", nullable: false),
                    format = table.Column<string>(type: "text", nullable: false),
                    encoding = table.Column<string>(type: "text", nullable: false),
                    sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    size_bytes = table.Column<long>(type: "bigint", nullable: false),
                    make_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    received_count = table.Column<int>(type: "integer", nullable: false),
                    new_count = table.Column<int>(type: "integer", nullable: false),
                    changed_count = table.Column<int>(type: "integer", nullable: false),
                    unchanged_count = table.Column<int>(type: "integer", nullable: false),
                    rejected_count = table.Column<int>(type: "integer", nullable: false),
                    withdrawn_count = table.Column<int>(type: "integer", nullable: false),
                    withheld_count = table.Column<int>(type: "integer", nullable: false),
                    held_count = table.Column<int>(type: "integer", nullable: false),
                    superseded_count = table.Column<int>(type: "integer", nullable: false),
                    verdict = table.Column<string>(type: "text", nullable: true),
                    decided_count = table.Column<int>(type: "integer", nullable: true),
                    decide_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    decided_by = table.Column<string>(type: "text", nullable: true),
                    decided_why = table.Column<string>(type: "text", nullable: true),
                    problem_count = table.Column<int>(type: "integer", nullable: false),
                    photo_count = table.Column<int>(type: "integer", nullable: false),
                    changed_transaction = table.Column<ulong>(type: "xid8", nullable: false, defaultValueSql: "pg_current_xact_id()"),
                    changed_sequence = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_import_reports", x => x.id);
                    table.CheckConstraint("ck_import_reports_counts", "least(new_count, changed_count, unchanged_count, rejected_count, withdrawn_count, withheld_count, held_count, superseded_count, photo_count) >= 0");
                    table.CheckConstraint("ck_import_reports_decision", "case when state = 'decided' then num_nulls(verdict, decided_count, decide_time, decided_by, decided_why) = 0 else num_nonnulls(verdict, decided_count, decide_time, decided_by, decided_why) = 0 end");
                    table.CheckConstraint("ck_import_reports_held_count", "(state in ('held', 'decided', 'settled')) = (held_count > 0)");
                    table.CheckConstraint("ck_import_reports_make_time", "make_time <= create_time");
                    table.CheckConstraint("ck_import_reports_problem_count", "problem_count >= rejected_count");
                    table.CheckConstraint("ck_import_reports_received_count", "received_count = new_count + changed_count + unchanged_count + rejected_count + superseded_count");
                    table.CheckConstraint("ck_import_reports_sha256", "octet_length(sha256) = 32");
                    table.CheckConstraint("ck_import_reports_state", "state in ('applied', 'held', 'decided', 'settled', 'superseded')");
                    table.CheckConstraint("ck_import_reports_verdict", "verdict in ('apply', 'keep')");
                    table.ForeignKey(
                        name: "fk_import_reports_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "lanes",
                columns: table => new
                {
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    health = table.Column<string>(type: "text", nullable: false),
                    failures = table.Column<int>(type: "integer", nullable: false),
                    failed_probes = table.Column<int>(type: "integer", nullable: false),
                    probe_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    pause_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    pause_reason = table.Column<string>(type: "text", nullable: true),
                    max_in_flight = table.Column<int>(type: "integer", nullable: true),
                    max_per_second = table.Column<int>(type: "integer", nullable: true),
                    tokens = table.Column<double>(type: "double precision", nullable: false),
                    refill_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    serve_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_lanes", x => x.partner_id);
                    table.CheckConstraint("ck_lanes_health", "health in ('up', 'down', 'probing')");
                    table.CheckConstraint("ck_lanes_limits", "max_in_flight >= 1 and max_per_second >= 0");
                    table.CheckConstraint("ck_lanes_pause_reason", "(pause_time is null) = (pause_reason is null)");
                    table.CheckConstraint("ck_lanes_probe_time", "(health = 'up') = (probe_time is null)");
                    table.ForeignKey(
                        name: "fk_lanes_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "listings",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    agency = table.Column<string>(type: "text", nullable: false),
                    technical_id = table.Column<string>(type: "text", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    reference = table.Column<string>(type: "text", nullable: true),
                    transaction = table.Column<string>(type: "text", nullable: false),
                    property_type = table.Column<string>(type: "text", nullable: false),
                    property_type_text = table.Column<string>(type: "text", nullable: false),
                    postcode = table.Column<string>(type: "text", nullable: true),
                    city = table.Column<string>(type: "text", nullable: true),
                    country = table.Column<string>(type: "text", nullable: true),
                    price_cents = table.Column<long>(type: "bigint", nullable: false),
                    price_without_fees_cents = table.Column<long>(type: "bigint", nullable: true),
                    price_hidden = table.Column<bool>(type: "boolean", nullable: false),
                    rent_includes_charges = table.Column<bool>(type: "boolean", nullable: true),
                    charges_cents = table.Column<long>(type: "bigint", nullable: true),
                    fees_percent = table.Column<decimal>(type: "numeric", nullable: true),
                    fees_cents = table.Column<long>(type: "bigint", nullable: true),
                    fees_payer = table.Column<string>(type: "text", nullable: true),
                    deposit_cents = table.Column<long>(type: "bigint", nullable: true),
                    surface = table.Column<decimal>(type: "numeric", nullable: true),
                    land_surface = table.Column<decimal>(type: "numeric", nullable: true),
                    rooms = table.Column<int>(type: "integer", nullable: true),
                    bedrooms = table.Column<int>(type: "integer", nullable: true),
                    floor = table.Column<int>(type: "integer", nullable: true),
                    furnished = table.Column<bool>(type: "boolean", nullable: true),
                    year_built = table.Column<int>(type: "integer", nullable: true),
                    title = table.Column<string>(type: "text", nullable: true),
                    description = table.Column<string>(type: "text", nullable: true),
                    available_from = table.Column<DateOnly>(type: "date", nullable: true),
                    energy_class = table.Column<string>(type: "text", nullable: true),
                    energy_use = table.Column<decimal>(type: "numeric", nullable: true),
                    ghg_class = table.Column<string>(type: "text", nullable: true),
                    ghg_emission = table.Column<decimal>(type: "numeric", nullable: true),
                    diagnosis_date = table.Column<DateOnly>(type: "date", nullable: true),
                    diagnosis_version = table.Column<string>(type: "text", nullable: true),
                    latitude = table.Column<decimal>(type: "numeric", nullable: true),
                    longitude = table.Column<decimal>(type: "numeric", nullable: true),
                    photos = table.Column<string[]>(type: "text[]", nullable: false),
                    virtual_tour = table.Column<string>(type: "text", nullable: true),
                    details = table.Column<string>(type: "jsonb", nullable: false),
                    content_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    changed_transaction = table.Column<ulong>(type: "xid8", nullable: false, defaultValueSql: "pg_current_xact_id()"),
                    changed_sequence = table.Column<long>(type: "bigint", nullable: false)
                        .Annotation("Npgsql:ValueGenerationStrategy", NpgsqlValueGenerationStrategy.IdentityByDefaultColumn)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_listings", x => x.id);
                    table.CheckConstraint("ck_listings_content_hash", "octet_length(content_hash) = 32");
                    table.CheckConstraint("ck_listings_energy_class", "energy_class in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'not_subject', 'blank')");
                    table.CheckConstraint("ck_listings_fees", "fees_percent is null or fees_cents is null");
                    table.CheckConstraint("ck_listings_fees_payer", "fees_payer in ('unknown', 'buyer', 'seller', 'buyer_and_seller')");
                    table.CheckConstraint("ck_listings_ghg_class", "ghg_class in ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'not_subject', 'blank')");
                    table.CheckConstraint("ck_listings_identity", "agency <> '' and technical_id <> ''");
                    table.CheckConstraint("ck_listings_position", "(latitude is null) = (longitude is null)");
                    table.CheckConstraint("ck_listings_price_cents", "price_cents > 0");
                    table.CheckConstraint("ck_listings_property_type", "property_type in ('unspecified', 'apartment', 'house', 'house_with_land', 'house_model', 'castle', 'mansion', 'loft', 'building', 'structure', 'land', 'parking', 'office', 'premises', 'shop', 'business')");
                    table.CheckConstraint("ck_listings_state", "state in ('on_market', 'withdrawn')");
                    table.CheckConstraint("ck_listings_transaction", "transaction in ('sale', 'rental', 'seasonal_rental', 'life_annuity', 'investment', 'business_sale', 'lease_transfer', 'catalogue_house')");
                    table.CheckConstraint("ck_listings_update_time", "update_time >= create_time");
                    table.ForeignKey(
                        name: "fk_listings_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "offers",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    reference = table.Column<string>(type: "text", nullable: false),
                    title = table.Column<string>(type: "text", nullable: false),
                    description = table.Column<string>(type: "text", nullable: false),
                    employer = table.Column<string>(type: "text", nullable: true),
                    rome_code = table.Column<string>(type: "text", nullable: true),
                    contract = table.Column<string>(type: "text", nullable: false),
                    commune_code = table.Column<string>(type: "text", nullable: false),
                    salary_min = table.Column<decimal>(type: "numeric", nullable: true),
                    salary_max = table.Column<decimal>(type: "numeric", nullable: true),
                    weekly_hours = table.Column<double>(type: "double precision", nullable: true),
                    start_date = table.Column<DateOnly>(type: "date", nullable: true),
                    apply_uri = table.Column<string>(type: "text", nullable: true),
                    state = table.Column<string>(type: "text", nullable: false),
                    content_hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    revision = table.Column<Guid>(type: "uuid", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    update_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_offers", x => x.id);
                    table.CheckConstraint("ck_offers_apply_uri", "apply_uri ~* '^https://'");
                    table.CheckConstraint("ck_offers_commune_code", "commune_code ~ '^[0-9][0-9AB][0-9]{3}$'");
                    table.CheckConstraint("ck_offers_content_hash", "octet_length(content_hash) = 32");
                    table.CheckConstraint("ck_offers_contract", "contract in ('permanent', 'fixed_term', 'temporary', 'apprenticeship', 'seasonal', 'other')");
                    table.CheckConstraint("ck_offers_reference", "char_length(reference) between 1 and 100");
                    table.CheckConstraint("ck_offers_rome_code", "rome_code ~ '^[A-N][0-9]{4}$'");
                    table.CheckConstraint("ck_offers_salary", "(salary_min is null) = (salary_max is null) and salary_min >= 0 and salary_max >= salary_min");
                    table.CheckConstraint("ck_offers_state", "state in ('open', 'withdrawn')");
                    table.CheckConstraint("ck_offers_update_time", "update_time >= create_time");
                    table.CheckConstraint("ck_offers_weekly_hours", "weekly_hours > 0 and weekly_hours <= 60");
                    table.ForeignKey(
                        name: "fk_offers_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "opening_spans",
                columns: table => new
                {
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    agency = table.Column<string>(type: "text", nullable: false),
                    day = table.Column<int>(type: "integer", nullable: false),
                    from_minute = table.Column<int>(type: "integer", nullable: false),
                    until_minute = table.Column<int>(type: "integer", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_opening_spans", x => new { x.partner_id, x.agency, x.day, x.from_minute });
                    table.CheckConstraint("ck_opening_spans_span", "day between 1 and 7 and from_minute >= 0 and until_minute > from_minute and until_minute <= 1440");
                    table.ForeignKey(
                        name: "fk_opening_spans_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "signing_keys",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    secret = table.Column<byte[]>(type: "bytea", nullable: false),
                    public_key = table.Column<byte[]>(type: "bytea", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expire_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    master_id = table.Column<string>(type: "text", nullable: true, computedColumnSql: "encode(substr(secret, 2, 8), 'hex')", stored: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_signing_keys", x => x.id);
                    table.CheckConstraint("ck_signing_keys_kind", "kind in ('hmac_sha256', 'ed25519')");
                    table.CheckConstraint("ck_signing_keys_public_key", "(kind = 'ed25519') = (public_key is not null)");
                    table.ForeignKey(
                        name: "fk_signing_keys_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "person_lookups",
                schema: "vault",
                columns: table => new
                {
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    field = table.Column<string>(type: "text", nullable: false),
                    token = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_person_lookups", x => new { x.person_id, x.field });
                    table.CheckConstraint("ck_person_lookups_field", "field in ('email', 'phone')");
                    table.CheckConstraint("ck_person_lookups_token", "octet_length(token) = 16");
                    table.ForeignKey(
                        name: "fk_person_lookups_person_keys_person_id",
                        column: x => x.person_id,
                        principalSchema: "vault",
                        principalTable: "person_keys",
                        principalColumn: "person_id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "former_places",
                columns: table => new
                {
                    code = table.Column<string>(type: "text", nullable: false),
                    name = table.Column<string>(type: "text", nullable: false),
                    place_code = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_former_places", x => new { x.code, x.name });
                    table.CheckConstraint("ck_former_places_code", "code ~ '^[0-9][0-9AB][0-9]{3}$'");
                    table.ForeignKey(
                        name: "fk_former_places_places_place_code",
                        column: x => x.place_code,
                        principalTable: "places",
                        principalColumn: "code",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "place_facts",
                columns: table => new
                {
                    place_code = table.Column<string>(type: "text", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    date = table.Column<DateOnly>(type: "date", nullable: false),
                    value = table.Column<long>(type: "bigint", nullable: false),
                    source = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_place_facts", x => new { x.place_code, x.kind, x.date });
                    table.CheckConstraint("ck_place_facts_kind", "kind in ('fibre_premises')");
                    table.CheckConstraint("ck_place_facts_value", "value >= 0");
                    table.ForeignKey(
                        name: "fk_place_facts_places_place_code",
                        column: x => x.place_code,
                        principalTable: "places",
                        principalColumn: "code",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "cvs",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_cvs", x => x.id);
                    table.ForeignKey(
                        name: "fk_cvs_persons_person_id",
                        column: x => x.person_id,
                        principalTable: "persons",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "documents",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    file_name = table.Column<byte[]>(type: "bytea", nullable: false),
                    media_type = table.Column<string>(type: "text", nullable: false),
                    size = table.Column<int>(type: "integer", nullable: false),
                    sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_documents", x => x.id);
                    table.CheckConstraint("ck_documents_kind", "kind in ('family_record', 'proof_of_address', 'vaccination_record', 'school_leaving_certificate', 'school_report', 'other')");
                    table.CheckConstraint("ck_documents_media_type", "media_type in ('application/pdf', 'image/jpeg', 'image/png')");
                    table.CheckConstraint("ck_documents_size", "size between 1 and 10485760");
                    table.ForeignKey(
                        name: "fk_documents_persons_person_id",
                        column: x => x.person_id,
                        principalTable: "persons",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "requests",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    need = table.Column<string>(type: "text", nullable: false),
                    origin = table.Column<string>(type: "text", nullable: true),
                    state = table.Column<string>(type: "text", nullable: false),
                    merged_into_id = table.Column<Guid>(type: "uuid", nullable: true),
                    text = table.Column<byte[]>(type: "bytea", nullable: false),
                    answer_kind = table.Column<string>(type: "text", nullable: true),
                    answer_text = table.Column<byte[]>(type: "bytea", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_requests", x => x.id);
                    table.CheckConstraint("ck_requests_answer", "(state = 'answered') = (answer_kind is not null) and (answer_kind is null) = (answer_text is null)");
                    table.CheckConstraint("ck_requests_answer_kind", "answer_kind in ('message_delivered', 'call_logged', 'appointment_confirmed')");
                    table.CheckConstraint("ck_requests_merged_into_id", "(state = 'merged') = (merged_into_id is not null) and merged_into_id <> id");
                    table.CheckConstraint("ck_requests_need", "need in ('employment', 'housing', 'schooling', 'discovery', 'leisure')");
                    table.CheckConstraint("ck_requests_origin", "origin in ('website', 'phone', 'email', 'office', 'partner')");
                    table.CheckConstraint("ck_requests_state", "state in ('open', 'answered', 'merged')");
                    table.ForeignKey(
                        name: "fk_requests_cases_case_id",
                        column: x => x.case_id,
                        principalTable: "cases",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_requests_persons_person_id",
                        column: x => x.person_id,
                        principalTable: "persons",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_requests_requests_merged_into_id",
                        column: x => x.merged_into_id,
                        principalTable: "requests",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "rights_requests",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    asked_right = table.Column<string>(type: "text", nullable: false),
                    purpose = table.Column<string>(type: "text", nullable: true),
                    state = table.Column<string>(type: "text", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    close_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    decline_reason = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_rights_requests", x => x.id);
                    table.CheckConstraint("ck_rights_requests_asked_right", "asked_right in ('access', 'rectification', 'erasure', 'restriction', 'portability', 'objection', 'withdrawal')");
                    table.CheckConstraint("ck_rights_requests_close", "(state = 'open') = (close_time is null) and (state = 'declined') = (decline_reason is not null)");
                    table.CheckConstraint("ck_rights_requests_decline_reason", "decline_reason in ('identity_doubtful', 'excessive', 'not_given', 'taken_back')");
                    table.CheckConstraint("ck_rights_requests_purpose", "(asked_right = 'objection') = (purpose is not null)");
                    table.CheckConstraint("ck_rights_requests_state", "state in ('open', 'done', 'declined')");
                    table.ForeignKey(
                        name: "fk_rights_requests_cases_case_id",
                        column: x => x.case_id,
                        principalTable: "cases",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_rights_requests_persons_person_id",
                        column: x => x.person_id,
                        principalTable: "persons",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "visit_days",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    date = table.Column<DateOnly>(type: "date", nullable: false),
                    start_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    end_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    @base = table.Column<byte[]>(name: "base", type: "bytea", nullable: false),
                    minimum_visits = table.Column<int>(type: "integer", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    revision = table.Column<int>(type: "integer", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    revise_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    confirm_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    release_reason = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit_days", x => x.id);
                    table.CheckConstraint("ck_visit_days_confirmed", "(state = 'confirmed') = (confirm_time is not null)");
                    table.CheckConstraint("ck_visit_days_counts", "minimum_visits > 0 and revision > 0 and revise_time >= create_time");
                    table.CheckConstraint("ck_visit_days_hours", "end_time > start_time and date = (start_time at time zone 'Europe/Paris')::date");
                    table.CheckConstraint("ck_visit_days_released", "(state = 'released') = (release_reason is not null)");
                    table.CheckConstraint("ck_visit_days_state", "state in ('asking', 'held', 'confirmed', 'released')");
                    table.ForeignKey(
                        name: "fk_visit_days_cases_case_id",
                        column: x => x.case_id,
                        principalTable: "cases",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_visit_days_persons_person_id",
                        column: x => x.person_id,
                        principalTable: "persons",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "policy_change_moves",
                columns: table => new
                {
                    change_id = table.Column<Guid>(type: "uuid", nullable: false),
                    clock_id = table.Column<Guid>(type: "uuid", nullable: false),
                    due_time_before = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    due_time_after = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    effect = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_policy_change_moves", x => new { x.change_id, x.clock_id });
                    table.CheckConstraint("ck_policy_change_moves_effect", "effect in ('moved', 'breached', 'healed')");
                    table.ForeignKey(
                        name: "fk_policy_change_moves_clocks_clock_id",
                        column: x => x.clock_id,
                        principalTable: "clocks",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_policy_change_moves_policy_changes_change_id",
                        column: x => x.change_id,
                        principalTable: "policy_changes",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "consent_entries",
                columns: table => new
                {
                    sequence = table.Column<long>(type: "bigint", nullable: false),
                    hash = table.Column<byte[]>(type: "bytea", nullable: false),
                    consent_id = table.Column<Guid>(type: "uuid", nullable: false),
                    kind = table.Column<string>(type: "text", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    purpose = table.Column<string>(type: "text", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: true),
                    recipient_kind = table.Column<string>(type: "text", nullable: true),
                    text_version = table.Column<string>(type: "text", nullable: false),
                    by = table.Column<string[]>(type: "text[]", nullable: false),
                    given_elsewhere = table.Column<bool>(type: "boolean", nullable: false),
                    method = table.Column<string>(type: "text", nullable: true),
                    effective_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    expire_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    recorder = table.Column<string>(type: "text", nullable: false),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_consent_entries", x => x.sequence);
                    table.CheckConstraint("ck_consent_entries_kind", "kind in ('given', 'withdrawn')");
                    table.CheckConstraint("ck_consent_entries_link", "sequence > 0 and octet_length(hash) = 32");
                    table.CheckConstraint("ck_consent_entries_method", "kind = 'withdrawn' or method is not null");
                    table.CheckConstraint("ck_consent_entries_purpose", "purpose in ('employment_referral', 'school_enrolment', 'recall', 'housing_visit')");
                    table.CheckConstraint("ck_consent_entries_recipient_kind", "recipient_kind in ('employment', 'housing', 'schooling', 'discovery', 'leisure')");
                    table.ForeignKey(
                        name: "fk_consent_entries_consents_consent_id",
                        column: x => x.consent_id,
                        principalTable: "consents",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "recalls",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    consent_id = table.Column<Guid>(type: "uuid", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    close_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_recalls", x => x.id);
                    table.CheckConstraint("ck_recalls_consent_id", "(reason = 'withdrawn') = (consent_id is not null)");
                    table.CheckConstraint("ck_recalls_reason", "reason in ('withdrawn', 'rectified', 'erased')");
                    table.ForeignKey(
                        name: "fk_recalls_cases_case_id",
                        column: x => x.case_id,
                        principalTable: "cases",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_recalls_consents_consent_id",
                        column: x => x.consent_id,
                        principalTable: "consents",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_recalls_persons_person_id",
                        column: x => x.person_id,
                        principalTable: "persons",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "attempts",
                columns: table => new
                {
                    exchange_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    transport = table.Column<string>(type: "text", nullable: false),
                    outcome = table.Column<string>(type: "text", nullable: false),
                    start_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    end_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    size = table.Column<int>(type: "integer", nullable: false),
                    sha256 = table.Column<byte[]>(type: "bytea", nullable: false),
                    error = table.Column<string>(type: "text", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_attempts", x => new { x.exchange_id, x.number });
                    table.CheckConstraint("ck_attempts_end_time", "(outcome = 'unknown') = (end_time is null)");
                    table.CheckConstraint("ck_attempts_outcome", "outcome in ('unknown', 'accepted', 'not_yet', 'refused')");
                    table.CheckConstraint("ck_attempts_transport", "transport in ('push', 'pull')");
                    table.ForeignKey(
                        name: "fk_attempts_exchanges_exchange_id",
                        column: x => x.exchange_id,
                        principalTable: "exchanges",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "enrolments",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    exchange_id = table.Column<Guid>(type: "uuid", nullable: false),
                    round = table.Column<int>(type: "integer", nullable: false),
                    level = table.Column<string>(type: "text", nullable: false),
                    start_date = table.Column<DateOnly>(type: "date", nullable: false),
                    previous_school = table.Column<byte[]>(type: "bytea", nullable: true),
                    state = table.Column<string>(type: "text", nullable: false),
                    missing_kinds = table.Column<string[]>(type: "text[]", nullable: false),
                    refusal_reason = table.Column<string>(type: "text", nullable: true),
                    answer_message = table.Column<byte[]>(type: "bytea", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    answer_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_enrolments", x => x.id);
                    table.CheckConstraint("ck_enrolments_answer", "(state = 'submitted') = (answer_time is null) and (answer_time is not null or answer_message is null)");
                    table.CheckConstraint("ck_enrolments_level", "level in ('ps', 'ms', 'gs', 'cp', 'ce1', 'ce2', 'cm1', 'cm2', 'sixieme', 'cinquieme', 'quatrieme', 'troisieme', 'seconde', 'premiere', 'terminale')");
                    table.CheckConstraint("ck_enrolments_missing_kinds", "(state = 'incomplete') = (cardinality(missing_kinds) > 0) and missing_kinds <@ array['family_record', 'proof_of_address', 'vaccination_record', 'school_leaving_certificate', 'school_report', 'other']");
                    table.CheckConstraint("ck_enrolments_refusal", "(state = 'refused') = (refusal_reason is not null)");
                    table.CheckConstraint("ck_enrolments_refusal_reason", "refusal_reason in ('no_place', 'out_of_sector', 'already_enrolled', 'other')");
                    table.CheckConstraint("ck_enrolments_round", "round >= 1");
                    table.CheckConstraint("ck_enrolments_state", "state in ('submitted', 'incomplete', 'accepted', 'refused')");
                    table.ForeignKey(
                        name: "fk_enrolments_cases_case_id",
                        column: x => x.case_id,
                        principalTable: "cases",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_enrolments_exchanges_exchange_id",
                        column: x => x.exchange_id,
                        principalTable: "exchanges",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_enrolments_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_enrolments_persons_person_id",
                        column: x => x.person_id,
                        principalTable: "persons",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "gate_decisions",
                columns: table => new
                {
                    exchange_id = table.Column<Guid>(type: "uuid", nullable: false),
                    number = table.Column<int>(type: "integer", nullable: false),
                    verdict = table.Column<string>(type: "text", nullable: false),
                    reason = table.Column<string>(type: "text", nullable: true),
                    purpose = table.Column<string>(type: "text", nullable: true),
                    purpose_version = table.Column<int>(type: "integer", nullable: true),
                    ground = table.Column<string>(type: "text", nullable: true),
                    consent_id = table.Column<Guid>(type: "uuid", nullable: true),
                    agreement_id = table.Column<Guid>(type: "uuid", nullable: true),
                    categories = table.Column<string>(type: "text", nullable: true),
                    time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_gate_decisions", x => new { x.exchange_id, x.number });
                    table.CheckConstraint("ck_gate_decisions_sound", "case verdict\n    when 'allowed' then reason is null and purpose is not null and purpose_version is not null and ground is not null and categories is not null and (ground = 'consent') = (consent_id is not null)\n    when 'refused' then reason is not null when 'lapsed' then reason is not null when 'held' then reason is not null\n    else false\nend");
                    table.ForeignKey(
                        name: "fk_gate_decisions_exchanges_exchange_id",
                        column: x => x.exchange_id,
                        principalTable: "exchanges",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "referrals",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    person_id = table.Column<Guid>(type: "uuid", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    exchange_id = table.Column<Guid>(type: "uuid", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    introduction = table.Column<byte[]>(type: "bytea", nullable: false),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    answer_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    decline_reason = table.Column<string>(type: "text", nullable: true),
                    answer_message = table.Column<byte[]>(type: "bytea", nullable: true),
                    partner_chosen = table.Column<bool>(type: "boolean", nullable: false),
                    follow_up = table.Column<string>(type: "text", nullable: true),
                    successor_id = table.Column<Guid>(type: "uuid", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_referrals", x => x.id);
                    table.CheckConstraint("ck_referrals_sound", "referral_is_sound(state, answer_time, answer_message, decline_reason, follow_up, successor_id)");
                    table.ForeignKey(
                        name: "fk_referrals_exchanges_exchange_id",
                        column: x => x.exchange_id,
                        principalTable: "exchanges",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_referrals_persons_person_id",
                        column: x => x.person_id,
                        principalTable: "persons",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_referrals_referrals_successor_id",
                        column: x => x.successor_id,
                        principalTable: "referrals",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "agency_feeds",
                columns: table => new
                {
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    agency = table.Column<string>(type: "text", nullable: false),
                    make_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    report_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_agency_feeds", x => new { x.partner_id, x.agency });
                    table.ForeignKey(
                        name: "fk_agency_feeds_import_reports_report_id",
                        column: x => x.report_id,
                        principalTable: "import_reports",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_agency_feeds_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "import_problems",
                columns: table => new
                {
                    report_id = table.Column<Guid>(type: "uuid", nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false),
                    line = table.Column<int>(type: "integer", nullable: false),
                    rejected = table.Column<bool>(type: "boolean", nullable: false),
                    field = table.Column<string>(type: "text", nullable: false),
                    value = table.Column<string>(type: "text", nullable: false),
                    sentence = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_import_problems", x => new { x.report_id, x.position });
                    table.CheckConstraint("ck_import_problems_position", "position between 0 and 999");
                    table.CheckConstraint("ck_import_problems_value", "char_length(value) <= 80");
                    table.ForeignKey(
                        name: "fk_import_problems_import_reports_report_id",
                        column: x => x.report_id,
                        principalTable: "import_reports",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "held_listings",
                columns: table => new
                {
                    report_id = table.Column<Guid>(type: "uuid", nullable: false),
                    listing_id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    changed_sequence = table.Column<long>(type: "bigint", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_held_listings", x => new { x.report_id, x.listing_id });
                    table.CheckConstraint("ck_held_listings_state", "state in ('held', 'withdrawn', 'kept', 'settled')");
                    table.ForeignKey(
                        name: "fk_held_listings_import_reports_report_id",
                        column: x => x.report_id,
                        principalTable: "import_reports",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_held_listings_listings_listing_id",
                        column: x => x.listing_id,
                        principalTable: "listings",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_held_listings_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "home_decisions",
                columns: table => new
                {
                    first_id = table.Column<Guid>(type: "uuid", nullable: false),
                    second_id = table.Column<Guid>(type: "uuid", nullable: false),
                    are_same = table.Column<bool>(type: "boolean", nullable: false),
                    why = table.Column<string>(type: "text", nullable: false),
                    by = table.Column<string>(type: "text", nullable: false),
                    decide_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_home_decisions", x => new { x.first_id, x.second_id });
                    table.CheckConstraint("ck_home_decisions_pair", "first_id < second_id");
                    table.ForeignKey(
                        name: "fk_home_decisions_listings_first_id",
                        column: x => x.first_id,
                        principalTable: "listings",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_home_decisions_listings_second_id",
                        column: x => x.second_id,
                        principalTable: "listings",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "home_listings",
                columns: table => new
                {
                    listing_id = table.Column<Guid>(type: "uuid", nullable: false),
                    home_id = table.Column<Guid>(type: "uuid", nullable: true),
                    transaction = table.Column<string>(type: "text", nullable: false),
                    postcode = table.Column<string>(type: "text", nullable: true),
                    size = table.Column<decimal>(type: "numeric", nullable: true),
                    price_cents = table.Column<long>(type: "bigint", nullable: false),
                    join_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    leave_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_home_listings", x => x.listing_id);
                    table.CheckConstraint("ck_home_listings_transaction", "transaction in ('sale', 'rental', 'seasonal_rental', 'life_annuity', 'investment', 'business_sale', 'lease_transfer', 'catalogue_house')");
                    table.ForeignKey(
                        name: "fk_home_listings_homes_home_id",
                        column: x => x.home_id,
                        principalTable: "homes",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_home_listings_listings_listing_id",
                        column: x => x.listing_id,
                        principalTable: "listings",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "document_contents",
                columns: table => new
                {
                    document_id = table.Column<Guid>(type: "uuid", nullable: false),
                    content = table.Column<byte[]>(type: "bytea", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_document_contents", x => x.document_id);
                    table.ForeignKey(
                        name: "fk_document_contents_documents_document_id",
                        column: x => x.document_id,
                        principalTable: "documents",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "visit_requests",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    day_id = table.Column<Guid>(type: "uuid", nullable: false),
                    case_id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    listing_id = table.Column<Guid>(type: "uuid", nullable: false),
                    latitude = table.Column<double>(type: "double precision", nullable: false),
                    longitude = table.Column<double>(type: "double precision", nullable: false),
                    length = table.Column<TimeSpan>(type: "interval", nullable: false),
                    state = table.Column<string>(type: "text", nullable: false),
                    exchange_id = table.Column<Guid>(type: "uuid", nullable: true),
                    release_exchange_id = table.Column<Guid>(type: "uuid", nullable: true),
                    round = table.Column<int>(type: "integer", nullable: false),
                    asked_starts = table.Column<DateTimeOffset[]>(type: "timestamp with time zone[]", nullable: false),
                    offered_starts = table.Column<DateTimeOffset[]>(type: "timestamp with time zone[]", nullable: false),
                    offered_ends = table.Column<DateTimeOffset[]>(type: "timestamp with time zone[]", nullable: false),
                    slot_start = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    slot_end = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    is_told = table.Column<bool>(type: "boolean", nullable: false),
                    refusal_reason = table.Column<string>(type: "text", nullable: true),
                    release_reason = table.Column<string>(type: "text", nullable: true),
                    create_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    answer_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    answer_message = table.Column<byte[]>(type: "bytea", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_visit_requests", x => x.id);
                    table.CheckConstraint("ck_visit_requests_held", "case when state in ('accepted', 'confirmed') then slot_start is not null when state = 'released' then true else slot_start is null end");
                    table.CheckConstraint("ck_visit_requests_length", "length between interval '5 minutes' and interval '4 hours'");
                    table.CheckConstraint("ck_visit_requests_offered", "(state = 'proposed') = (cardinality(offered_starts) > 0) and cardinality(offered_starts) = cardinality(offered_ends)");
                    table.CheckConstraint("ck_visit_requests_point", "latitude between -90 and 90 and longitude between -180 and 180");
                    table.CheckConstraint("ck_visit_requests_refusal_reason", "refusal_reason in ('sold', 'let', 'off_market', 'no_time', 'other')");
                    table.CheckConstraint("ck_visit_requests_refused", "(state = 'refused') = (refusal_reason is not null)");
                    table.CheckConstraint("ck_visit_requests_released", "(state = 'released') = (release_reason is not null) and (release_exchange_id is null or state in ('released', 'lapsed'))");
                    table.CheckConstraint("ck_visit_requests_round", "round >= 0 and (round = 0) = (exchange_id is null) and (round = 0) = (cardinality(asked_starts) = 0) and (round > 0 or state = 'released')");
                    table.CheckConstraint("ck_visit_requests_slot", "(slot_start is null) = (slot_end is null) and coalesce(slot_end = slot_start + length, true)");
                    table.CheckConstraint("ck_visit_requests_state", "state in ('asked', 'accepted', 'proposed', 'refused', 'lapsed', 'confirmed', 'released')");
                    table.CheckConstraint("ck_visit_requests_told", "case state when 'confirmed' then is_told when 'accepted' then true else not is_told end");
                    table.ForeignKey(
                        name: "fk_visit_requests_exchanges_exchange_id",
                        column: x => x.exchange_id,
                        principalTable: "exchanges",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_visit_requests_exchanges_release_exchange_id",
                        column: x => x.release_exchange_id,
                        principalTable: "exchanges",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_visit_requests_listings_listing_id",
                        column: x => x.listing_id,
                        principalTable: "listings",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_visit_requests_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_visit_requests_visit_days_day_id",
                        column: x => x.day_id,
                        principalTable: "visit_days",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "recall_notices",
                columns: table => new
                {
                    id = table.Column<Guid>(type: "uuid", nullable: false),
                    recall_id = table.Column<Guid>(type: "uuid", nullable: false),
                    partner_id = table.Column<string>(type: "text", nullable: false),
                    exchange_id = table.Column<Guid>(type: "uuid", nullable: false),
                    due_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: false),
                    answer_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true),
                    outcome = table.Column<string>(type: "text", nullable: true),
                    escalate_time = table.Column<DateTimeOffset>(type: "timestamp with time zone", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_recall_notices", x => x.id);
                    table.CheckConstraint("ck_recall_notices_answer", "(answer_time is null) = (outcome is null)");
                    table.CheckConstraint("ck_recall_notices_outcome", "outcome in ('done', 'not_held', 'kept_by_law', 'kept_for_claims')");
                    table.ForeignKey(
                        name: "fk_recall_notices_exchanges_exchange_id",
                        column: x => x.exchange_id,
                        principalTable: "exchanges",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_recall_notices_partners_partner_id",
                        column: x => x.partner_id,
                        principalTable: "partners",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_recall_notices_recalls_recall_id",
                        column: x => x.recall_id,
                        principalTable: "recalls",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "enrolment_documents",
                columns: table => new
                {
                    enrolment_id = table.Column<Guid>(type: "uuid", nullable: false),
                    position = table.Column<int>(type: "integer", nullable: false),
                    document_id = table.Column<Guid>(type: "uuid", nullable: false),
                    exchange_id = table.Column<Guid>(type: "uuid", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_enrolment_documents", x => new { x.enrolment_id, x.position });
                    table.CheckConstraint("ck_enrolment_documents_position", "position between 1 and 20");
                    table.ForeignKey(
                        name: "fk_enrolment_documents_documents_document_id",
                        column: x => x.document_id,
                        principalTable: "documents",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_enrolment_documents_enrolments_enrolment_id",
                        column: x => x.enrolment_id,
                        principalTable: "enrolments",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_enrolment_documents_exchanges_exchange_id",
                        column: x => x.exchange_id,
                        principalTable: "exchanges",
                        principalColumn: "id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.CreateTable(
                name: "home_links",
                columns: table => new
                {
                    first_id = table.Column<Guid>(type: "uuid", nullable: false),
                    second_id = table.Column<Guid>(type: "uuid", nullable: false),
                    score = table.Column<double>(type: "double precision", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("pk_home_links", x => new { x.first_id, x.second_id });
                    table.CheckConstraint("ck_home_links_pair", "first_id < second_id");
                    table.CheckConstraint("ck_home_links_score", "score > 0 and score <= 1");
                    table.ForeignKey(
                        name: "fk_home_links_home_listings_first_id",
                        column: x => x.first_id,
                        principalTable: "home_listings",
                        principalColumn: "listing_id",
                        onDelete: ReferentialAction.Restrict);
                    table.ForeignKey(
                        name: "fk_home_links_home_listings_second_id",
                        column: x => x.second_id,
                        principalTable: "home_listings",
                        principalColumn: "listing_id",
                        onDelete: ReferentialAction.Restrict);
                });

            migrationBuilder.InsertData(
                table: "clock_policies",
                columns: new[] { "id", "version", "create_time", "terms" },
                values: new object[,]
                {
                    { "legal-term", 1, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)), "{\"window\":\"672:00:00\",\"rungs\":[{\"anchor\":\"before_deadline\",\"span\":\"336:00:00\"},{\"anchor\":\"before_deadline\",\"span\":\"168:00:00\"},{\"anchor\":\"before_deadline\",\"span\":\"48:00:00\"}],\"answers\":[\"message_delivered\",\"call_logged\",\"appointment_confirmed\",\"partner_answered\"],\"may_pause\":false,\"may_outlast_promise\":false,\"reoffer\":{\"order\":\"by_load\"}}" },
                    { "partner-window", 1, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)), "{\"window\":\"48:00:00\",\"rungs\":[{\"anchor\":\"after_start\",\"span\":\"24:00:00\"},{\"anchor\":\"after_start\",\"span\":\"36:00:00\"},{\"anchor\":\"after_start\",\"span\":\"44:00:00\"}],\"answers\":[\"message_delivered\",\"call_logged\",\"appointment_confirmed\",\"partner_answered\"],\"may_pause\":true,\"may_outlast_promise\":false,\"reoffer\":{\"order\":\"by_load\"}}" },
                    { "promise", 1, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)), "{\"window\":\"48:00:00\",\"rungs\":[{\"anchor\":\"after_start\",\"span\":\"24:00:00\"},{\"anchor\":\"after_start\",\"span\":\"36:00:00\"},{\"anchor\":\"after_start\",\"span\":\"44:00:00\"}],\"answers\":[\"message_delivered\",\"call_logged\",\"appointment_confirmed\",\"partner_answered\"],\"may_pause\":false,\"may_outlast_promise\":false,\"reoffer\":{\"order\":\"by_load\"}}" }
                });

            migrationBuilder.InsertData(
                table: "purposes",
                columns: new[] { "purpose", "version", "agreement_required", "categories", "description", "ground", "guardians", "recipients", "start_time" },
                values: new object[,]
                {
                    { "employment_referral", 1, true, new[] { "identity", "contact", "career", "statement" }, "Présenter votre CV à des employeurs et à des agences d'emploi du Calvados.", "consent", "one", new[] { "employment" }, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)) },
                    { "housing_visit", 1, true, new[] { "identity", "contact" }, "Demander à des agences immobilières quand vous pouvez visiter leurs biens, et leur dire qui vient.", "consent", "one", new[] { "housing" }, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)) },
                    { "recall", 1, false, new string[0], "Dire à ceux qui ont reçu vos données qu'elles sont retirées, corrigées ou effacées.", "legal_obligation", "one", new[] { "employment", "housing", "schooling", "discovery", "leisure" }, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)) },
                    { "school_enrolment", 1, true, new[] { "identity", "contact", "schooling", "document" }, "Inscrire votre enfant dans une école ou un établissement.", "public_task", "one", new[] { "schooling" }, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)) }
                });

            migrationBuilder.InsertData(
                table: "retention_rules",
                columns: new[] { "kind", "version", "days", "months", "notice_days", "start_time" },
                values: new object[,]
                {
                    { "call_log", 1, 0, 12, 30, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)) },
                    { "case", 1, 0, 24, 30, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)) },
                    { "cv", 1, 0, 24, 30, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)) },
                    { "cv_unconsented", 1, 0, 3, 30, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)) },
                    { "declined_introduction", 1, 0, 0, 0, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)) },
                    { "draft", 1, 30, 0, 0, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)) },
                    { "school_file", 1, 0, 0, 30, new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)) }
                });

            migrationBuilder.InsertData(
                table: "clock_policy_offers",
                columns: new[] { "policy_id", "policy_version", "family", "from_time", "need", "origin", "partner_id", "partner_kind", "until_time" },
                values: new object[,]
                {
                    { "legal-term", 1, "legal_term", new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)), null, null, null, null, null },
                    { "partner-window", 1, "partner_window", new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)), null, null, null, null, null },
                    { "promise", 1, "promise", new DateTimeOffset(new DateTime(2000, 1, 1, 0, 0, 0, 0, DateTimeKind.Unspecified), new TimeSpan(0, 0, 0, 0, 0)), null, null, null, null, null }
                });

            migrationBuilder.CreateIndex(
                name: "ix_access_entries_caller_id_sequence",
                schema: "audit",
                table: "access_entries",
                columns: new[] { "caller_id", "sequence" });

            migrationBuilder.CreateIndex(
                name: "ix_access_entries_person_id_sequence",
                schema: "audit",
                table: "access_entries",
                columns: new[] { "person_id", "sequence" });

            migrationBuilder.CreateIndex(
                name: "ix_access_entries_time",
                schema: "audit",
                table: "access_entries",
                column: "time");

            migrationBuilder.CreateIndex(
                name: "ix_agency_feeds_report_id",
                table: "agency_feeds",
                column: "report_id");

            migrationBuilder.CreateIndex(
                name: "ix_agreements_partner_id_id",
                table: "agreements",
                columns: new[] { "partner_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_alarms_name",
                table: "alarms",
                column: "name",
                unique: true,
                filter: "clear_time is null");

            migrationBuilder.CreateIndex(
                name: "ix_breaches_due_time",
                table: "breaches",
                column: "due_time",
                filter: "close_time is null");

            migrationBuilder.CreateIndex(
                name: "ix_breaches_partner_id",
                table: "breaches",
                column: "partner_id");

            migrationBuilder.CreateIndex(
                name: "ix_cases_reference",
                table: "cases",
                column: "reference",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_clock_policy_offers_partner_id",
                table: "clock_policy_offers",
                column: "partner_id");

            migrationBuilder.CreateIndex(
                name: "ix_clocks_case_id",
                table: "clocks",
                column: "case_id");

            migrationBuilder.CreateIndex(
                name: "ix_clocks_due_time",
                table: "clocks",
                column: "due_time",
                filter: "family = 'promise' and state = 'running'");

            migrationBuilder.CreateIndex(
                name: "ix_clocks_lapse_time",
                table: "clocks",
                column: "lapse_time",
                filter: "lapse_time is not null");

            migrationBuilder.CreateIndex(
                name: "ix_clocks_next_fire_time",
                table: "clocks",
                column: "next_fire_time",
                filter: "next_fire_time is not null")
                .Annotation("Npgsql:IndexInclude", new[] { "id" });

            migrationBuilder.CreateIndex(
                name: "ix_clocks_partner_id_id",
                table: "clocks",
                columns: new[] { "partner_id", "id" },
                filter: "partner_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_clocks_policy_id_policy_version_id",
                table: "clocks",
                columns: new[] { "policy_id", "policy_version", "id" },
                filter: "state in ('running', 'paused', 'overdue')");

            migrationBuilder.CreateIndex(
                name: "ix_clocks_promise_id",
                table: "clocks",
                column: "promise_id",
                filter: "promise_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_clocks_state_id",
                table: "clocks",
                columns: new[] { "state", "id" },
                filter: "state in ('paused', 'overdue', 'missed', 'voided')");

            migrationBuilder.CreateIndex(
                name: "ix_clocks_subject",
                table: "clocks",
                column: "subject",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_clocks_unreadable_time",
                table: "clocks",
                column: "unreadable_time",
                filter: "unreadable_time is not null");

            migrationBuilder.CreateIndex(
                name: "ix_consent_entries_consent_id_kind",
                table: "consent_entries",
                columns: new[] { "consent_id", "kind" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_consents_partner_id",
                table: "consents",
                column: "partner_id");

            migrationBuilder.CreateIndex(
                name: "ix_consents_person_id_purpose",
                table: "consents",
                columns: new[] { "person_id", "purpose" });

            migrationBuilder.CreateIndex(
                name: "ix_credentials_kind_hash",
                table: "credentials",
                columns: new[] { "kind", "hash" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_credentials_partner_id",
                table: "credentials",
                column: "partner_id");

            migrationBuilder.CreateIndex(
                name: "ix_cvs_person_id",
                table: "cvs",
                column: "person_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_disclosures_partner_id_id",
                table: "disclosures",
                columns: new[] { "partner_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_disclosures_person_id_id",
                table: "disclosures",
                columns: new[] { "person_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_documents_person_id",
                table: "documents",
                column: "person_id");

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_documents_document_id",
                table: "enrolment_documents",
                column: "document_id");

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_documents_enrolment_id_document_id",
                table: "enrolment_documents",
                columns: new[] { "enrolment_id", "document_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_enrolment_documents_exchange_id",
                table: "enrolment_documents",
                column: "exchange_id");

            migrationBuilder.CreateIndex(
                name: "ix_enrolments_case_id_id",
                table: "enrolments",
                columns: new[] { "case_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_enrolments_exchange_id",
                table: "enrolments",
                column: "exchange_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_enrolments_partner_id_id",
                table: "enrolments",
                columns: new[] { "partner_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_enrolments_person_id",
                table: "enrolments",
                column: "person_id");

            migrationBuilder.CreateIndex(
                name: "ix_events_case_id_transaction_id_sequence",
                table: "events",
                columns: new[] { "case_id", "transaction_id", "sequence" });

            migrationBuilder.CreateIndex(
                name: "ix_events_of_clocks",
                table: "events",
                columns: new[] { "transaction_id", "sequence" },
                filter: "(type like 'clock.%' or type in ('request.filed', 'request.answered', 'request.merged', 'exchange.delivered', 'exchange.answered', 'exchange.withdrawn', 'exchange.expired'))");

            migrationBuilder.CreateIndex(
                name: "ix_events_partner_id_transaction_id_sequence",
                table: "events",
                columns: new[] { "partner_id", "transaction_id", "sequence" },
                filter: "subject like 'exchanges/%'");

            migrationBuilder.CreateIndex(
                name: "ix_events_transaction_id_sequence",
                table: "events",
                columns: new[] { "transaction_id", "sequence" },
                filter: "subject like 'exchanges/%'");

            migrationBuilder.CreateIndex(
                name: "ix_exchanges_case_id",
                table: "exchanges",
                column: "case_id");

            migrationBuilder.CreateIndex(
                name: "ix_exchanges_end_time_id",
                table: "exchanges",
                columns: new[] { "end_time", "id" },
                filter: "state = 'undeliverable'");

            migrationBuilder.CreateIndex(
                name: "ix_exchanges_partner_id",
                table: "exchanges",
                column: "partner_id",
                filter: "hold_reason is not null");

            migrationBuilder.CreateIndex(
                name: "ix_exchanges_partner_id_case_id_sequence",
                table: "exchanges",
                columns: new[] { "partner_id", "case_id", "sequence" },
                filter: "state in ('queued', 'sending')");

            migrationBuilder.CreateIndex(
                name: "ix_exchanges_partner_id_due_time",
                table: "exchanges",
                columns: new[] { "partner_id", "due_time" },
                filter: "state = 'sending'");

            migrationBuilder.CreateIndex(
                name: "ix_exchanges_partner_id_due_time_sequence",
                table: "exchanges",
                columns: new[] { "partner_id", "due_time", "sequence" },
                filter: "state in ('queued', 'sending')");

            migrationBuilder.CreateIndex(
                name: "ix_exchanges_partner_id_end_time_id",
                table: "exchanges",
                columns: new[] { "partner_id", "end_time", "id" },
                filter: "state = 'undeliverable'");

            migrationBuilder.CreateIndex(
                name: "ix_exchanges_partner_id_id",
                table: "exchanges",
                columns: new[] { "partner_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_exchanges_partner_id_topic",
                table: "exchanges",
                columns: new[] { "partner_id", "topic" },
                filter: "state = 'queued' and topic is not null");

            migrationBuilder.CreateIndex(
                name: "ix_former_places_place_code",
                table: "former_places",
                column: "place_code");

            migrationBuilder.CreateIndex(
                name: "ix_held_listings_listing_id",
                table: "held_listings",
                column: "listing_id",
                unique: true,
                filter: "state = 'held'");

            migrationBuilder.CreateIndex(
                name: "ix_held_listings_partner_id",
                table: "held_listings",
                column: "partner_id",
                filter: "state = 'held'");

            migrationBuilder.CreateIndex(
                name: "ix_home_decisions_second_id",
                table: "home_decisions",
                column: "second_id");

            migrationBuilder.CreateIndex(
                name: "ix_home_links_second_id",
                table: "home_links",
                column: "second_id");

            migrationBuilder.CreateIndex(
                name: "ix_home_listings_home_id",
                table: "home_listings",
                column: "home_id");

            migrationBuilder.CreateIndex(
                name: "ix_home_listings_postcode_transaction_size_listing_id",
                table: "home_listings",
                columns: new[] { "postcode", "transaction", "size", "listing_id" },
                filter: "leave_time is null");

            migrationBuilder.CreateIndex(
                name: "ix_homes_merged_into_id",
                table: "homes",
                column: "merged_into_id",
                filter: "merged_into_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_homes_postcode_id",
                table: "homes",
                columns: new[] { "postcode", "id" },
                filter: "listing_count > 0");

            migrationBuilder.CreateIndex(
                name: "ix_import_reports_changed_transaction_changed_sequence",
                table: "import_reports",
                columns: new[] { "changed_transaction", "changed_sequence" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_import_reports_id",
                table: "import_reports",
                column: "id",
                filter: "state = 'held'");

            migrationBuilder.CreateIndex(
                name: "ix_import_reports_partner_id_id",
                table: "import_reports",
                columns: new[] { "partner_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_listings_changed_transaction_changed_sequence",
                table: "listings",
                columns: new[] { "changed_transaction", "changed_sequence" });

            migrationBuilder.CreateIndex(
                name: "ix_listings_partner_id_agency_technical_id",
                table: "listings",
                columns: new[] { "partner_id", "agency", "technical_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_listings_partner_id_id",
                table: "listings",
                columns: new[] { "partner_id", "id" },
                filter: "state = 'on_market'");

            migrationBuilder.CreateIndex(
                name: "ix_listings_postcode_id",
                table: "listings",
                columns: new[] { "postcode", "id" },
                filter: "state = 'on_market'");

            migrationBuilder.CreateIndex(
                name: "ix_notices_clock_id",
                table: "notices",
                column: "clock_id");

            migrationBuilder.CreateIndex(
                name: "ix_notices_due_time_recipient",
                table: "notices",
                columns: new[] { "due_time", "recipient" },
                filter: "state = 'queued'");

            migrationBuilder.CreateIndex(
                name: "ix_notices_notification_id",
                table: "notices",
                column: "notification_id",
                filter: "notification_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_notifications_recipient_create_time",
                table: "notifications",
                columns: new[] { "recipient", "create_time" });

            migrationBuilder.CreateIndex(
                name: "ix_notifications_transaction_id_sequence",
                table: "notifications",
                columns: new[] { "transaction_id", "sequence" },
                filter: "state = 'waiting'");

            migrationBuilder.CreateIndex(
                name: "ix_offers_commune_code_revision",
                table: "offers",
                columns: new[] { "commune_code", "revision" },
                filter: "state = 'open'");

            migrationBuilder.CreateIndex(
                name: "ix_offers_partner_id_reference",
                table: "offers",
                columns: new[] { "partner_id", "reference" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_offers_partner_id_revision",
                table: "offers",
                columns: new[] { "partner_id", "revision" },
                filter: "state = 'open'");

            migrationBuilder.CreateIndex(
                name: "ix_offers_revision",
                table: "offers",
                column: "revision",
                filter: "state = 'open'");

            migrationBuilder.CreateIndex(
                name: "ix_person_lookups_field_token",
                schema: "vault",
                table: "person_lookups",
                columns: new[] { "field", "token" });

            migrationBuilder.CreateIndex(
                name: "ix_persons_case_id_position",
                table: "persons",
                columns: new[] { "case_id", "position" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_policy_change_moves_clock_id",
                table: "policy_change_moves",
                column: "clock_id");

            migrationBuilder.CreateIndex(
                name: "ix_policy_changes_create_time",
                table: "policy_changes",
                column: "create_time",
                filter: "state = 'running'");

            migrationBuilder.CreateIndex(
                name: "ix_policy_changes_from_policy_id_from_policy_version",
                table: "policy_changes",
                columns: new[] { "from_policy_id", "from_policy_version" });

            migrationBuilder.CreateIndex(
                name: "ix_policy_changes_policy_id_policy_version",
                table: "policy_changes",
                columns: new[] { "policy_id", "policy_version" });

            migrationBuilder.CreateIndex(
                name: "ix_recall_notices_due_time",
                table: "recall_notices",
                column: "due_time",
                filter: "answer_time is null and escalate_time is null");

            migrationBuilder.CreateIndex(
                name: "ix_recall_notices_exchange_id",
                table: "recall_notices",
                column: "exchange_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_recall_notices_id",
                table: "recall_notices",
                column: "id",
                filter: "answer_time is null and escalate_time is not null");

            migrationBuilder.CreateIndex(
                name: "ix_recall_notices_partner_id",
                table: "recall_notices",
                column: "partner_id");

            migrationBuilder.CreateIndex(
                name: "ix_recall_notices_recall_id_partner_id",
                table: "recall_notices",
                columns: new[] { "recall_id", "partner_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_recalls_case_id",
                table: "recalls",
                column: "case_id");

            migrationBuilder.CreateIndex(
                name: "ix_recalls_consent_id",
                table: "recalls",
                column: "consent_id");

            migrationBuilder.CreateIndex(
                name: "ix_recalls_id",
                table: "recalls",
                column: "id",
                filter: "close_time is null");

            migrationBuilder.CreateIndex(
                name: "ix_recalls_person_id_id",
                table: "recalls",
                columns: new[] { "person_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_referrals_case_id_id",
                table: "referrals",
                columns: new[] { "case_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_referrals_exchange_id",
                table: "referrals",
                column: "exchange_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_referrals_partner_id_id",
                table: "referrals",
                columns: new[] { "partner_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_referrals_person_id",
                table: "referrals",
                column: "person_id");

            migrationBuilder.CreateIndex(
                name: "ix_referrals_successor_id",
                table: "referrals",
                column: "successor_id",
                unique: true,
                filter: "successor_id is not null");

            migrationBuilder.CreateIndex(
                name: "ix_request_ids_create_time",
                table: "request_ids",
                column: "create_time");

            migrationBuilder.CreateIndex(
                name: "ix_requests_case_id",
                table: "requests",
                column: "case_id");

            migrationBuilder.CreateIndex(
                name: "ix_requests_merged_into_id",
                table: "requests",
                column: "merged_into_id");

            migrationBuilder.CreateIndex(
                name: "ix_requests_person_id",
                table: "requests",
                column: "person_id");

            migrationBuilder.CreateIndex(
                name: "ix_rights_requests_case_id",
                table: "rights_requests",
                column: "case_id");

            migrationBuilder.CreateIndex(
                name: "ix_rights_requests_id",
                table: "rights_requests",
                column: "id",
                filter: "state = 'open'");

            migrationBuilder.CreateIndex(
                name: "ix_rights_requests_person_id_id",
                table: "rights_requests",
                columns: new[] { "person_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_search_matches_changed_transaction_changed_sequence",
                table: "search_matches",
                columns: new[] { "changed_transaction", "changed_sequence" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_search_matches_create_transaction_create_sequence",
                table: "search_matches",
                columns: new[] { "create_transaction", "create_sequence" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_search_matches_listing_id",
                table: "search_matches",
                column: "listing_id");

            migrationBuilder.CreateIndex(
                name: "ix_searches_case_id_id",
                table: "searches",
                columns: new[] { "case_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_searches_update_time",
                table: "searches",
                column: "update_time",
                filter: "state = 'active' and match_time is null");

            migrationBuilder.CreateIndex(
                name: "ix_signing_keys_partner_id",
                table: "signing_keys",
                column: "partner_id");

            migrationBuilder.CreateIndex(
                name: "ix_visit_days_case_id_date",
                table: "visit_days",
                columns: new[] { "case_id", "date" },
                unique: true,
                filter: "state <> 'released'");

            migrationBuilder.CreateIndex(
                name: "ix_visit_days_case_id_id",
                table: "visit_days",
                columns: new[] { "case_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_visit_days_end_time",
                table: "visit_days",
                column: "end_time",
                filter: "state <> 'released'");

            migrationBuilder.CreateIndex(
                name: "ix_visit_days_person_id",
                table: "visit_days",
                column: "person_id");

            migrationBuilder.CreateIndex(
                name: "ix_visit_days_state_id",
                table: "visit_days",
                columns: new[] { "state", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_visit_requests_case_id_id",
                table: "visit_requests",
                columns: new[] { "case_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_visit_requests_day_id_listing_id",
                table: "visit_requests",
                columns: new[] { "day_id", "listing_id" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_visit_requests_exchange_id",
                table: "visit_requests",
                column: "exchange_id",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "ix_visit_requests_listing_id",
                table: "visit_requests",
                column: "listing_id");

            migrationBuilder.CreateIndex(
                name: "ix_visit_requests_partner_id_id",
                table: "visit_requests",
                columns: new[] { "partner_id", "id" });

            migrationBuilder.CreateIndex(
                name: "ix_visit_requests_release_exchange_id",
                table: "visit_requests",
                column: "release_exchange_id",
                unique: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "access_entries",
                schema: "audit");

            migrationBuilder.DropTable(
                name: "agency_feeds");

            migrationBuilder.DropTable(
                name: "agreements");

            migrationBuilder.DropTable(
                name: "alarms");

            migrationBuilder.DropTable(
                name: "attempts");

            migrationBuilder.DropTable(
                name: "audits");

            migrationBuilder.DropTable(
                name: "breaches");

            migrationBuilder.DropTable(
                name: "certificate_keys");

            migrationBuilder.DropTable(
                name: "chains");

            migrationBuilder.DropTable(
                name: "clock_events");

            migrationBuilder.DropTable(
                name: "clock_firings");

            migrationBuilder.DropTable(
                name: "clock_policy_offers");

            migrationBuilder.DropTable(
                name: "consent_entries");

            migrationBuilder.DropTable(
                name: "credentials");

            migrationBuilder.DropTable(
                name: "cvs");

            migrationBuilder.DropTable(
                name: "destroyed",
                schema: "vault");

            migrationBuilder.DropTable(
                name: "disclosures");

            migrationBuilder.DropTable(
                name: "document_contents");

            migrationBuilder.DropTable(
                name: "enrolment_documents");

            migrationBuilder.DropTable(
                name: "events");

            migrationBuilder.DropTable(
                name: "former_places");

            migrationBuilder.DropTable(
                name: "gate_decisions");

            migrationBuilder.DropTable(
                name: "held_listings");

            migrationBuilder.DropTable(
                name: "home_decisions");

            migrationBuilder.DropTable(
                name: "home_links");

            migrationBuilder.DropTable(
                name: "import_problems");

            migrationBuilder.DropTable(
                name: "lanes");

            migrationBuilder.DropTable(
                name: "listing_followers");

            migrationBuilder.DropTable(
                name: "notices");

            migrationBuilder.DropTable(
                name: "offers");

            migrationBuilder.DropTable(
                name: "opening_spans");

            migrationBuilder.DropTable(
                name: "person_lookups",
                schema: "vault");

            migrationBuilder.DropTable(
                name: "person_restrictions");

            migrationBuilder.DropTable(
                name: "place_facts");

            migrationBuilder.DropTable(
                name: "policy_change_moves");

            migrationBuilder.DropTable(
                name: "purposes");

            migrationBuilder.DropTable(
                name: "recall_notices");

            migrationBuilder.DropTable(
                name: "referrals");

            migrationBuilder.DropTable(
                name: "request_ids");

            migrationBuilder.DropTable(
                name: "requests");

            migrationBuilder.DropTable(
                name: "retention_notices");

            migrationBuilder.DropTable(
                name: "retention_rules");

            migrationBuilder.DropTable(
                name: "rights_requests");

            migrationBuilder.DropTable(
                name: "search_matches");

            migrationBuilder.DropTable(
                name: "searches");

            migrationBuilder.DropTable(
                name: "secrets",
                schema: "vault");

            migrationBuilder.DropTable(
                name: "signing_keys");

            migrationBuilder.DropTable(
                name: "visit_requests");

            migrationBuilder.DropTable(
                name: "documents");

            migrationBuilder.DropTable(
                name: "enrolments");

            migrationBuilder.DropTable(
                name: "home_listings");

            migrationBuilder.DropTable(
                name: "import_reports");

            migrationBuilder.DropTable(
                name: "notifications");

            migrationBuilder.DropTable(
                name: "person_keys",
                schema: "vault");

            migrationBuilder.DropTable(
                name: "places");

            migrationBuilder.DropTable(
                name: "clocks");

            migrationBuilder.DropTable(
                name: "policy_changes");

            migrationBuilder.DropTable(
                name: "recalls");

            migrationBuilder.DropTable(
                name: "visit_days");

            migrationBuilder.DropTable(
                name: "exchanges");

            migrationBuilder.DropTable(
                name: "homes");

            migrationBuilder.DropTable(
                name: "listings");

            migrationBuilder.DropTable(
                name: "clock_policies");

            migrationBuilder.DropTable(
                name: "consents");

            migrationBuilder.DropTable(
                name: "persons");

            migrationBuilder.DropTable(
                name: "partners");

            migrationBuilder.DropTable(
                name: "cases");

            migrationBuilder.DropSequence(
                name: "case_numbers");
        }
    }
}
