using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Passerelle.Hub.Persistence.Migrations;

/// <summary>What partners' calls read with: a role that sees the rows of one partner, and nothing else. See PartnerRows.</summary>
[DbContext(typeof(HubDb))]
[Migration("20260902000000_PartnerRole")]
public sealed class PartnerRole : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(PartnerRows.CreateRole);
        foreach (var (table, rule) in PartnerRows.Visible) migrationBuilder.Sql(PartnerRows.ShowSql(table, rule));
        // Every node hears of it when a credential changes, whoever changed it: see CredentialWatch.
        migrationBuilder.Sql(
            """
            create function tell_of_credentials() returns trigger language plpgsql as $$
            begin
                perform pg_notify('passerelle_credentials', pg_current_xact_id()::text);
                return null;
            end $$;
            create trigger tell_of_credentials after insert or update or delete or truncate on credentials for each statement execute function tell_of_credentials()
            """);
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("drop trigger tell_of_credentials on credentials; drop function tell_of_credentials()");
        foreach (var (table, _) in PartnerRows.Visible) migrationBuilder.Sql(PartnerRows.HideSql(table));
        // The role stays: it may be another database's, too.
    }
}
