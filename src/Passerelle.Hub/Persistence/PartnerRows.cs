namespace Passerelle.Hub.Persistence;

/// <summary>Which rows are a partner's: what PostgreSQL itself shows to the role that partners' calls read with, whatever a query forgets to ask. What is not named here is not there for it at all.</summary>
/// <remarks>
/// The hub's own login owns the tables and is not restricted: jobs and internal applications pay nothing for this. The rules of one table count in the next: an attempt is seen by whoever sees its exchange.
/// Rows, not states: that a partner learns of an exchange by its first attempt only is the services' business. A change here needs a migration that applies it anew.
/// </remarks>
public static class PartnerRows
{
    /// <summary>Cannot log in; the hub's login is a member of it.</summary>
    public const string Role = "passerelle_partner";

    /// <summary>The setting that says who looks. Not set, or empty: nobody, who sees nothing.</summary>
    public const string Setting = "passerelle.partner";

    const string Own = $"partner_id = current_setting('{Setting}', true)";

    /// <summary>Table, and when a row of it is of the partner that looks.</summary>
    public static readonly IReadOnlyList<(string Table, string Rule)> Visible =
    [
        ("partners", $"id = current_setting('{Setting}', true)"),
        ("lanes", Own),
        ("exchanges", Own),
        ("attempts", "exists (select from exchanges e where e.id = attempts.exchange_id)"),
        // A promise has no partner.
        ("clocks", Own),
        ("clock_events", "exists (select from clocks c where c.id = clock_events.clock_id)"),
        // What happens to a household has no partner.
        ("events", Own),
        ("offers", Own),
        ("referrals", Own),
        ("listings", Own),
        ("import_reports", Own),
        ("held_listings", Own),
        ("import_problems", "exists (select from import_reports r where r.id = import_problems.report_id)"),
        ("enrolments", Own),
        ("enrolment_documents", "exists (select from exchanges e where e.id = enrolment_documents.exchange_id)"),
        ("documents", "exists (select from enrolment_documents d where d.document_id = documents.id)"),
        // With it the hub opens the answer that a school gave. Wrapped: of no use to whoever lacks the master key.
        ("vault.person_keys", "exists (select from enrolments n where n.person_id = person_keys.person_id)"),
        ("person_restrictions", "exists (select from enrolments n where n.person_id = person_restrictions.person_id)"),
        ("agreements", Own),
        ("recall_notices", Own),
        ("visit_requests", Own),
        ("opening_spans", Own),
    ];

    /// <summary>Makes the role where it is not there (it is the whole server's, other databases may have it), and lets whoever migrates become it.</summary>
    public const string CreateRole =
        $"""
        do $do$
        begin
            if not exists (select from pg_roles where rolname = '{Role}') then
                begin
                    create role {Role} nologin nosuperuser nobypassrls nocreatedb nocreaterole;
                exception
                    -- Another database of this server is being migrated at this moment.
                    when duplicate_object or unique_violation then null;
                    when insufficient_privilege then
                        raise exception 'The role {Role} is missing, and % may not create it.', current_user
                            using hint = format('As an administrator: create role {Role} nologin; grant {Role} to %I;', current_user);
                end;
            end if;
            begin
                perform set_config('role', '{Role}', true);
                perform set_config('role', 'none', true);
            exception when insufficient_privilege then
                execute format('grant {Role} to %I', current_user);
            end;
            execute format('grant usage on schema %I, vault to {Role}', current_schema());
        end $do$
        """;

    static string Policy(string table) => $"{table[(table.IndexOf('.', StringComparison.Ordinal) + 1)..]}_of_partner";

    public static string ShowSql(string table, string rule) =>
        $"""
        alter table {table} enable row level security;
        create policy {Policy(table)} on {table} for select to {Role} using ({rule});
        grant select on {table} to {Role}
        """;

    public static string HideSql(string table) =>
        $"""
        revoke select on {table} from {Role};
        drop policy {Policy(table)} on {table};
        alter table {table} disable row level security
        """;
}
