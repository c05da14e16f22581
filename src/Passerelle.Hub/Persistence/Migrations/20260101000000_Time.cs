using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Passerelle.Hub.Persistence.Migrations;

/// <summary>The one clock. Leases, deadlines and every stored time come from hub_now(); tests put a time of their own in its place.</summary>
[DbContext(typeof(HubDb))]
[Migration("20260101000000_Time")]
public sealed class Time : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        "create function hub_now() returns timestamptz language sql volatile parallel safe as 'select clock_timestamp()'");

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop function hub_now()");
}
