using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Passerelle.Hub.Platform.Chains;

namespace Passerelle.Hub.Persistence.Migrations;

/// <summary>What is chained is only added to: the database refuses anything else.</summary>
[DbContext(typeof(HubDb))]
[Migration("20260902000000_Chains")]
public sealed class Chains : Migration
{
    static readonly string[] Tables = ["audit.access_entries", "consent_entries"];

    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql(
            """
            create function chained_refuses() returns trigger language plpgsql as $$
            begin
                raise exception 'The entries of %.% are only added to.', tg_table_schema, tg_table_name using errcode = 'integrity_constraint_violation';
            end $$
            """);
        foreach (var table in Tables) migrationBuilder.Sql(ChainTriggers.Sql(table));
    }

    protected override void Down(MigrationBuilder migrationBuilder)
    {
        foreach (var table in Tables) migrationBuilder.Sql($"drop trigger append_only on {table}");
        migrationBuilder.Sql("drop function chained_refuses()");
    }
}
