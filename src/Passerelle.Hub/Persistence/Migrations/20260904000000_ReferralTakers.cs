using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Passerelle.Hub.Persistence.Migrations;

/// <summary>Who could take a person's CV besides those who have it: said once, for one referral and for all that lapse. It is merged into the queries that ask (SQL, stable, one select).</summary>
[DbContext(typeof(HubDb))]
[Migration("20260904000000_ReferralTakers")]
public sealed class ReferralTakers : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create function referral_takers(person uuid, at timestamptz) returns setof partners language sql stable parallel safe as $$
            select p.* from partners p join lanes l on l.partner_id = p.id
            where p.kind = 'employment' and l.pause_time is null and l.health = 'up'
              and exists (
                select from agreements a
                where a.partner_id = p.id and a.revoke_time is null and a.start_time <= $2 and a.end_time > $2 and 'employment_referral' = any(a.purposes))
              and not exists (
                select from referrals r join exchanges e on e.id = r.exchange_id
                where r.person_id = $1 and r.partner_id = p.id and (e.delivery_time is not null or e.state in ('queued', 'sending')))
        $$
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql("drop function referral_takers(uuid, timestamptz)");
}
