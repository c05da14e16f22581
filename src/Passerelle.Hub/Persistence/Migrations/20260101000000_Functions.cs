using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Passerelle.Hub.Persistence.Migrations;

/// <summary>
/// The one clock: leases, deadlines and every stored time come from hub_now(); tests put a time of their own in its place.
/// The invariants of the rows that are written most, one function each for the CHECK of its table: PostgreSQL reads the text of a table's CHECKs anew for every statement,
/// and seven of them cost three times the insert itself.
/// </summary>
[DbContext(typeof(HubDb))]
[Migration("20260101000000_Functions")]
public sealed class Functions : Migration
{
    protected override void Up(MigrationBuilder migrationBuilder)
    {
        migrationBuilder.Sql("create function hub_now() returns timestamptz language sql volatile parallel safe as 'select clock_timestamp()'");
        // Volatile, so that it sees what was committed up to its call: a claim counts what is on its way after it has got the lane.
        migrationBuilder.Sql(
            """
            create function lane_in_flight(lane text) returns bigint language plpgsql volatile as $$
            begin
                return (select count(*) from exchanges e where e.partner_id = lane and e.state = 'sending' and e.due_time > (select hub_now()));
            end $$
            """);
        migrationBuilder.Sql(
            """
            create function exchange_is_sound(state text, due_time timestamptz, delivery_time timestamptz, answer_time timestamptz, answer_code text, end_reason text, end_time timestamptz, superseded_by uuid)
            returns boolean language plpgsql immutable parallel safe as $$
            begin
                return (answer_time is null) = (answer_code is null) and (end_reason is null) = (end_time is null) and (superseded_by is null or state = 'withdrawn')
                    and case state
                        when 'queued' then due_time is not null and answer_time is null and end_reason is null
                        when 'sending' then due_time is not null and answer_time is null and end_reason is null
                        when 'awaiting_answer' then due_time is null and delivery_time is not null and answer_time is null and end_reason is null
                        when 'answered' then due_time is null and delivery_time is not null and answer_time is not null and end_reason is null
                        when 'undeliverable' then due_time is null and answer_time is null and end_reason is not null
                        when 'withdrawn' then due_time is null and end_reason is not null
                        when 'expired' then due_time is null and end_reason is not null
                        else false
                    end;
            end $$
            """);
        migrationBuilder.Sql(
            """
            create function referral_is_sound(state text, answer_time timestamptz, answer_message bytea, decline_reason text, follow_up text, successor_id uuid)
            returns boolean language plpgsql immutable parallel safe as $$
            begin
                return (answer_time is null) = (answer_message is null)
                    and coalesce(follow_up in ('reoffered', 'stranded'), true) and coalesce(follow_up = 'reoffered', false) = (successor_id is not null)
                    and case state
                        when 'open' then answer_time is null and decline_reason is null
                        when 'interested' then answer_time is not null and decline_reason is null
                        when 'declined' then answer_time is not null and decline_reason in ('no_opening', 'skills_mismatch', 'out_of_area', 'already_known', 'other')
                        else false
                    end;
            end $$
            """);
        migrationBuilder.Sql(
            """
            create function clock_is_sound(family text, state text, due_time timestamptz, next_fire_time timestamptz, generation integer, answer_time timestamptz, overdue_notice_time timestamptz)
            returns boolean language plpgsql immutable parallel safe as $$
            begin
                return family in ('promise', 'partner_window', 'legal_term') and generation > 0 and (overdue_notice_time is null or overdue_notice_time > due_time)
                    and case state
                        when 'running' then due_time is not null and next_fire_time is not null and answer_time is null and overdue_notice_time is null
                        when 'paused' then answer_time is null and overdue_notice_time is null
                        when 'overdue' then due_time is not null and answer_time is null and overdue_notice_time is not null
                        when 'met' then due_time is not null and answer_time is not null and answer_time <= due_time and next_fire_time is null and overdue_notice_time is null
                        when 'missed' then due_time is not null and answer_time is not null and answer_time > due_time and next_fire_time is null
                        when 'voided' then answer_time is null and next_fire_time is null and overdue_notice_time is null
                        else false
                    end;
            end $$
            """);
        migrationBuilder.Sql(
            """
            create function clock_event_is_sound(number integer, kind text, effective_time timestamptz, record_time timestamptz, by_whom text, why text, payload jsonb)
            returns boolean language plpgsql immutable parallel safe as $$
            begin
                return (number = 1) = (kind = 'started') and number > 0 and effective_time <= record_time
                    and case kind
                        when 'started' then payload ? 'policy' and payload ? 'version'
                        when 'policy_changed' then payload ? 'policy' and payload ? 'version'
                        when 'limited' then true
                        when 'answered' then payload ? 'answer'
                        when 'reopened' then true
                        when 'paused' then payload ? 'reason'
                        when 'resumed' then true
                        when 'voided' then payload ? 'reason'
                        when 'corrected' then by_whom is not null and why is not null and (payload ? 'removes' or payload ? 'adds')
                        else false
                    end;
            end $$
            """);
    }

    protected override void Down(MigrationBuilder migrationBuilder) => migrationBuilder.Sql(
        """
        drop function clock_event_is_sound(integer, text, timestamptz, timestamptz, text, text, jsonb);
        drop function clock_is_sound(text, text, timestamptz, timestamptz, integer, timestamptz, timestamptz);
        drop function referral_is_sound(text, timestamptz, bytea, text, text, uuid);
        drop function lane_in_flight(text);
        drop function exchange_is_sound(text, timestamptz, timestamptz, timestamptz, text, text, timestamptz, uuid);
        drop function hub_now()
        """);
}
