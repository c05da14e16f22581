using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Passerelle.Hub.Persistence.Migrations;

/// <summary>Which consents of a person allow a purpose towards a partner: said once, for every query that asks. It is merged into them (SQL, stable, one select).</summary>
[DbContext(typeof(HubDb))]
[Migration("20260903000000_LiveConsents")]
public sealed class LiveConsents : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create function live_consents(person uuid, purpose text, partner text, at timestamptz) returns setof consents language sql stable parallel safe as $$
            select c.* from consents c
            where c.person_id = $1 and c.purpose = $2 and c.withdraw_time is null and c.expire_time > $4
              and (c.partner_id = $3 or c.recipient_kind = (select p.kind from partners p where p.id = $3))
        $$
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop function live_consents(uuid, text, text, timestamptz)");
}
