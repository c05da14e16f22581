using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Passerelle.Hub.Persistence.Migrations;

/// <summary>
/// What days of visits must be, whoever writes them: a household is at one place at a time, and no visit of a day is confirmed unless all are. Both are looked at as a transaction commits, since
/// on the way one slot may be taken before another is given up.
/// </summary>
[DbContext(typeof(HubDb))]
[Migration("20261107000000_VisitSlots")]
public sealed class VisitSlots : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        create extension if not exists btree_gist;

        alter table visit_requests add constraint ex_visit_requests_slot
            exclude using gist (case_id with =, tstzrange(slot_start, slot_end) with &&) where (state in ('accepted', 'confirmed')) deferrable initially deferred;

        alter table opening_spans add constraint ex_opening_spans_span
            exclude using gist (partner_id with =, agency with =, day with =, int4range(from_minute, until_minute) with &&);

        create function visit_day_is_whole() returns trigger language plpgsql as $$
        declare
            of_day uuid;
        begin
            if tg_table_name = 'visit_days' then of_day := new.id; else of_day := new.day_id; end if;
            if exists (
                select from visit_days d join visit_requests v on v.day_id = d.id
                where d.id = of_day and v.state in ('asked', 'accepted', 'proposed', 'confirmed') and case d.state
                    when 'asking' then v.state = 'confirmed'
                    when 'held' then v.state <> 'accepted'
                    when 'confirmed' then v.state <> 'confirmed'
                    else true
                end) then
                raise exception 'The day of visits % is half of one.', of_day using errcode = 'integrity_constraint_violation';
            end if;
            return null;
        end $$;
        create constraint trigger visit_day_is_whole after insert or update on visit_days deferrable initially deferred for each row execute function visit_day_is_whole();
        create constraint trigger visit_day_is_whole after insert or update on visit_requests deferrable initially deferred for each row execute function visit_day_is_whole();
        """);

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        drop trigger visit_day_is_whole on visit_requests;
        drop trigger visit_day_is_whole on visit_days;
        drop function visit_day_is_whole();
        alter table opening_spans drop constraint ex_opening_spans_span;
        alter table visit_requests drop constraint ex_visit_requests_slot;
        """);
}
