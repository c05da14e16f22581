using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Hub.Exchanges;
using Passerelle.Hub.Platform.Alarms;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Exchanges;

/// <summary>Each rule of the audit finds what it is there for, names it, and is quiet again when it is mended. The alarms of a hub that works are none.</summary>
public sealed class AuditTests(Postgres postgres)
{
    static readonly DateTimeOffset Start = new(2027, 3, 1, 9, 0, 0, TimeSpan.Zero);

    /// <summary>The rule; what breaks it; what mends it. `{id}` is an exchange that was delivered and answered, `{open}` one that is delivered, `{queued}` one that waits.</summary>
    public static TheoryData<string, string, string> Corruptions => new()
    {
        { "window_missing", "update clocks set subject = 'exchanges/lost' where subject = 'exchanges/{open}'", "update clocks set subject = 'exchanges/{open}' where subject = 'exchanges/lost'" },
        { "window_state", "alter table clocks drop constraint ck_clocks_sound; update clocks set state = 'voided' where subject = 'exchanges/{open}'", "update clocks set state = 'running' where subject = 'exchanges/{open}'" },
        { "window_state", "update clocks set state = 'voided', answer_time = null where subject = 'exchanges/{id}'", "update clocks set state = 'met', answer_time = start_time where subject = 'exchanges/{id}'" },
        { "delivery_unproven", "update attempts set outcome = 'not_yet' where exchange_id = '{id}'", "update attempts set outcome = 'accepted' where exchange_id = '{id}'" },
        {
            "acceptance_lost",
            "alter table exchanges drop constraint ck_exchanges_sound; update clocks set subject = 'exchanges/lost' where subject = 'exchanges/{open}'; update exchanges set delivery_time = null where id = '{open}'",
            "update exchanges set delivery_time = hub_now() where id = '{open}'; update clocks set subject = 'exchanges/{open}' where subject = 'exchanges/lost'"
        },
        { "attempt_unclaimed", "update attempts set number = 7 where exchange_id = '{id}'", "update attempts set number = 1 where exchange_id = '{id}'" },
        { "event_contradicted", "update exchanges set state = 'withdrawn', end_reason = 'X', end_time = hub_now(), due_time = null where id = '{queued}'", "update exchanges set state = 'queued', end_reason = null, end_time = null, due_time = hub_now() where id = '{queued}'" },
        {
            "successor_missing",
            "update exchanges set superseded_by = id, state = 'withdrawn', end_reason = 'SUPERSEDED', end_time = hub_now(), due_time = null where id = '{queued}'; update exchanges set superseded_by = gen_random_uuid() where id = '{queued}'",
            "update exchanges set superseded_by = null, state = 'queued', end_reason = null, end_time = null, due_time = hub_now() where id = '{queued}'"
        },
        { "conservation", "update events set type = 'exchange.forgotten' where type = 'exchange.queued' and subject = 'exchanges/{queued}'", "update events set type = 'exchange.queued' where type = 'exchange.forgotten'" },
        { "conservation", "alter table exchanges drop constraint ck_exchanges_sound; update exchanges set state = 'lost' where id = '{queued}'", "update exchanges set state = 'queued' where id = '{queued}'" },
    };

    [Theory]
    [MemberData(nameof(Corruptions))]
    public async Task What_does_not_hold_raises_an_alarm_that_names_the_row_and_is_cleared_when_it_holds(string rule, string corrupt, string mend)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.StartsWith("ALARM ", StringComparison.Ordinal);
        var (answered, open, queued) = await ThreeAsync(hub);
        string Sql(string sql) => sql.Replace("{id}", answered, StringComparison.Ordinal).Replace("{open}", open, StringComparison.Ordinal).Replace("{queued}", queued, StringComparison.Ordinal);
        await AuditAsync(hub);
        Assert.Empty(await AlarmsAsync(hub));

        // A row without news since the last audit is looked at by the next whole one: another node's first.
        await hub.ExecuteAsync(Sql(corrupt));
        await AuditAsync(hub, afresh: true);

        var alarm = Assert.Single(await AlarmsAsync(hub), a => a.Name == rule);
        Assert.Equal((1L, null), (alarm.Count, alarm.ClearTime));
        Assert.Contains(Assert.Single(alarm.Rows), Names(answered, open, queued));
        Assert.Single(hub.Logs.Entries, e => e.Text.StartsWith($"ALARM {rule}: 1 rows, e.g. exchanges/", StringComparison.Ordinal));

        // It is raised once, and stays until it is mended, whether or not anything has happened to the row.
        await AuditAsync(hub);
        Assert.Equal(alarm.Id, Assert.Single(await AlarmsAsync(hub), a => a.Name == rule).Id);
        Assert.Single(hub.Logs.Entries, e => e.Text.StartsWith($"ALARM {rule}:", StringComparison.Ordinal));
        await hub.ExecuteAsync(Sql(mend));
        await AuditAsync(hub);
        Assert.Empty(await AlarmsAsync(hub));
        Assert.NotNull((await hub.QueryAsync(db => db.Alarms.SingleAsync(a => a.Id == alarm.Id))).ClearTime);
    }

    [Fact]
    public async Task What_is_due_in_an_open_lane_that_nobody_serves_is_neglected()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.StartsWith("ALARM exchange_neglected", StringComparison.Ordinal);
        await hub.Time.FreezeAsync(Start);
        var name = await hub.ReferAsync();
        await hub.ReferAsync(Candidate.Pull);
        await hub.ExecuteAsync("update lanes set serve_time = hub_now()");
        await hub.Time.FreezeAsync(Start.AddMinutes(5));
        await AuditAsync(hub);
        Assert.Empty(await AlarmsAsync(hub));

        await hub.Time.FreezeAsync(Start.AddMinutes(6));
        // A partner that pulls comes when it likes; a paused one is waited for.
        await hub.ExecuteAsync("update lanes set pause_time = hub_now(), pause_reason = 'Inventory' where partner_id = 'emploi'");
        await AuditAsync(hub);
        Assert.Empty(await AlarmsAsync(hub));
        await hub.ExecuteAsync("update lanes set pause_time = null, pause_reason = null");
        await AuditAsync(hub, TimeSpan.FromMinutes(1));
        Assert.Equal(name, Assert.Single(Assert.Single(await AlarmsAsync(hub), a => a.Name == "exchange_neglected").Rows));

        // A long backlog in a lane that is being served is not.
        await hub.ExecuteAsync("update lanes set serve_time = hub_now()");
        await AuditAsync(hub, TimeSpan.FromMinutes(1));
        Assert.Empty(await AlarmsAsync(hub));
    }

    [Fact]
    public async Task A_lease_that_ended_and_nobody_took_up_is_neglected_too()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.StartsWith("ALARM exchange_neglected", StringComparison.Ordinal);
        await hub.ReferAsync();
        await hub.Services.GetRequiredService<ExchangeClaims>().TakeAsync(1, [], CancellationToken.None);
        await AuditAsync(hub, TimeSpan.FromMinutes(4));
        Assert.Empty(await AlarmsAsync(hub));
        await AuditAsync(hub, TimeSpan.FromMinutes(4));
        Assert.Equal("exchange_neglected", Assert.Single(await AlarmsAsync(hub)).Name);
    }

    [Fact]
    public async Task One_that_set_off_behind_an_earlier_one_of_its_case_is_an_inversion()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.StartsWith("ALARM order_inverted", StringComparison.Ordinal);
        await hub.Time.FreezeAsync(Start);
        var (first, second) = await hub.ReferBothAsync();
        hub.Partner.Next(async _ =>
        {
            // As a claim would that did not look at the line.
            await hub.ExecuteAsync(
                $"""
                update exchanges set state = 'sending', generation = 1 where id = '{IdOf(second)}';
                insert into attempts (exchange_id, number, transport, outcome, start_time, size, sha256) values ('{IdOf(second)}', 1, 'push', 'unknown', hub_now() + interval '1 second', 0, '');
                """);
            await AuditAsync(hub);
            return new SendOutcome.Accepted();
        });

        await hub.RunAsync<DeliverDue>();

        var alarm = Assert.Single(await AlarmsAsync(hub));
        Assert.Equal(("order_inverted", second), (alarm.Name, Assert.Single(alarm.Rows)));
        await hub.Time.FreezeAsync(Start.AddMinutes(1));
        await hub.RunAsync<DeliverDue>();
        Assert.Equal([first, second], hub.Partner.Received.Select(e => e.Exchange));
        await AuditAsync(hub);
        Assert.Empty(await AlarmsAsync(hub));
    }

    [Fact]
    public async Task A_partner_without_a_lane_raises_an_alarm()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.StartsWith("ALARM lane_missing", StringComparison.Ordinal);
        await hub.ExecuteAsync("create table kept as select * from lanes where partner_id = 'ecole'; delete from lanes where partner_id = 'ecole'");
        await AuditAsync(hub);
        Assert.Equal("partners/ecole", Assert.Single(Assert.Single(await AlarmsAsync(hub)).Rows));
        await hub.ExecuteAsync("insert into lanes select * from kept");
    }

    [Fact]
    public async Task Twenty_rows_are_named_and_all_are_counted()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        hub.ExpectedErrors = text => text.StartsWith("ALARM conservation: 25 rows", StringComparison.Ordinal);
        await hub.ExecuteAsync("insert into events (type, time, subject, case_id, detail) select 'exchange.queued', hub_now(), 'exchanges/' || gen_random_uuid(), gen_random_uuid(), '' from generate_series(1, 25)");
        await AuditAsync(hub);
        var alarm = Assert.Single(await AlarmsAsync(hub));
        Assert.Equal((25L, 20), (alarm.Count, alarm.Rows.Length));
        await hub.ExecuteAsync("delete from events");
    }

    [Fact]
    public async Task A_busy_hub_gives_no_alarm_and_the_law_holds_at_every_moment()
    {
        await using var hub = await HubHost.StartAsync(postgres, "Delivery:RetrySchedule:0=00:00:00.01", "Lanes:MaxPerSecond=0");
        var candidates = new List<Candidate>();
        for (var n = 0; n < 6; n++) candidates.Add(await Candidate.ReadyAsync(hub));
        for (var n = 0; n < 60; n += 3) hub.Partner.Next(n % 2 == 0 ? new SendOutcome.NotYet("INTERNAL") : new SendOutcome.Refused("INVALID_ARGUMENT"));
        using var stop = new CancellationTokenSource();

        var delivering = Task.Run(async () => { while (!stop.IsCancellationRequested) await hub.RunAsync<DeliverDue>(); });
        var creating = Task.WhenAll(candidates.Select(c => Task.Run(async () =>
        {
            for (var n = 0; n < 10; n++)
            {
                var referral = await c.ReferAsync();
                if (n % 4 == 1) await hub.WithdrawAsync(referral.Exchange, "HOUSEHOLD_STAYS");
                if (n % 4 == 2) await hub.RedeliverAsync(referral.Exchange);
            }
        })));
        var audits = 0;
        while (!creating.IsCompleted || audits < 3)
        {
            await AuditAsync(hub, afresh: audits++ % 2 == 1);
            Assert.Empty(await AlarmsAsync(hub));
        }

        await creating;
        await stop.CancelAsync();
        await delivering;
        await AuditAsync(hub);
        Assert.Empty(await hub.QueryAsync(db => db.Alarms.ToListAsync()));
        await CountedAsync(hub, 60);
    }

    [Fact]
    public async Task An_exchange_whose_transaction_is_still_open_is_counted_when_it_is_seen()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ReferAsync();
        await CountedAsync(hub, 1);
        await using var connection = await hub.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var slow = new Npgsql.NpgsqlCommand("select pg_current_xact_id()", connection)) await slow.ExecuteScalarAsync();

        // Everything from here on is beyond the horizon, which the open transaction holds back.
        for (var n = 0; n < 3; n++)
        {
            await hub.ReferAsync();
            await AuditAsync(hub);
            Assert.Equal(1, await hub.QueryAsync(db => db.Audits.Select(a => a.OpenedCount).SingleAsync()));
        }

        await transaction.RollbackAsync();
        await CountedAsync(hub, 4);
        Assert.Empty(await AlarmsAsync(hub));
    }

    [Fact]
    public async Task It_is_due_once_a_minute_on_one_node()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        var audit = hub.Services.GetRequiredService<AuditExchanges>();
        Assert.Equal(TimeSpan.Zero, await audit.OldestDueAsync(CancellationToken.None));
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => hub.RunAsync<AuditExchanges>())));
        Assert.Null(await audit.OldestDueAsync(CancellationToken.None));

        await hub.Time.FreezeAsync(Start.AddSeconds(59));
        await hub.RunAsync<AuditExchanges>();
        Assert.Equal(Start, await hub.QueryAsync(db => db.Audits.Select(a => a.AuditTime).SingleAsync()));
        await hub.Time.FreezeAsync(Start.AddSeconds(65));
        // The looks are ten seconds apart: nobody could have come sooner.
        Assert.Equal(TimeSpan.Zero, await audit.OldestDueAsync(CancellationToken.None));
        await hub.Time.FreezeAsync(Start.AddSeconds(90));
        Assert.Equal(TimeSpan.FromSeconds(20), await audit.OldestDueAsync(CancellationToken.None));
        await hub.RunAsync<AuditExchanges>();
        Assert.Equal(Start.AddSeconds(90), await hub.QueryAsync(db => db.Audits.Select(a => a.AuditTime).SingleAsync()));
    }

    [Fact]
    public async Task Nobody_takes_an_audit_while_one_is_being_done_however_long_that_takes()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        await using var connection = await hub.Source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var hold = new Npgsql.NpgsqlCommand("lock table alarms in access exclusive mode", connection)) await hold.ExecuteNonQueryAsync();
        var slow = hub.RunAsync<AuditExchanges>();
        await Eventually.BecomesTrueAsync(() => hub.QueryAsync(db => db.Audits.AnyAsync(a => a.LeaseEndTime == Start.AddMinutes(10))), () => "The audit was never taken.");

        await hub.Time.FreezeAsync(Start.AddMinutes(9));
        var other = ActivatorUtilities.CreateInstance<AuditExchanges>(hub.Services);
        Assert.Null(await other.OldestDueAsync(CancellationToken.None));
        var second = other.RunAsync(TestContext.Current.CancellationToken);
        await Eventually.BecomesTrueAsync(() => second.IsCompleted, "Another node took the audit too.");
        await transaction.RollbackAsync();
        await slow;

        var audit = await hub.QueryAsync(db => db.Audits.SingleAsync());
        Assert.Equal((Start, Start, null), (audit.AuditTime, audit.WholeTime!.Value, audit.LeaseEndTime));
        Assert.NotNull(await other.OldestDueAsync(CancellationToken.None));
    }

    [Fact]
    public async Task The_audit_of_a_node_that_died_is_taken_after_ten_minutes_and_one_that_failed_at_the_next()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.Time.FreezeAsync(Start);
        await hub.ExecuteAsync("insert into audits (id, audit_time, lease_end_time) values (1, hub_now(), hub_now() + interval '10 minutes')");
        await RunAtAsync(9, 0);
        await RunAtAsync(10, 10);

        await hub.ExecuteAsync("alter table alarms rename to away");
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => RunAtAsync(11, 11));
        await hub.ExecuteAsync("alter table away rename to alarms");
        await RunAtAsync(12, 12);

        async Task RunAtAsync(int minutes, int begun)
        {
            await hub.Time.FreezeAsync(Start.AddMinutes(minutes));
            await hub.RunAsync<AuditExchanges>();
            Assert.Equal(Start.AddMinutes(begun), await hub.QueryAsync(db => db.Audits.Select(a => a.AuditTime).SingleAsync()));
        }
    }

    [Fact]
    public async Task What_has_changed_since_the_last_audit_is_found_by_an_index_however_much_has_happened_before()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await hub.ExecuteAsync(
            """
            insert into events (type, time, subject, case_id, detail, transaction_id)
            select 'exchange.attempted', hub_now(), 'exchanges/' || gen_random_uuid(), gen_random_uuid(), '', (n / 10)::text::xid8 from generate_series(1, 50000) n;
            analyze events;
            """);
        foreach (var sql in AuditRules.Lasting.Select(rule => rule.Over(4_900)).Append(AuditRules.Opened.Replace("$1", "'4900'::xid8", StringComparison.Ordinal)))
        {
            await using var command = hub.Source.CreateCommand("explain " + sql);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) Assert.DoesNotContain("Seq Scan on events", reader.GetString(0));
        }

        await hub.ExecuteAsync("delete from events");
    }

    /// <summary>An answered one, a delivered one, and one that waits.</summary>
    static async Task<(string Answered, string Open, string Queued)> ThreeAsync(HubHost hub)
    {
        var answered = await (await Candidate.ReadyAsync(hub)).ReferAsync();
        var open = await hub.ReferAsync();
        await hub.RunAsync<DeliverDue>();
        await hub.AnswerAsync(EmploymentCalls.Interested(answered.Name));
        return (IdOf(answered.Exchange), IdOf(open), IdOf(await hub.ReferAsync()));
    }

    static IEnumerable<string> Names(params string[] ids) => ids.Select(id => "exchanges/" + id);

    static string IdOf(string name) => name["exchanges/".Length..];

    /// <summary>The next audit.</summary>
    /// <param name="afresh">By a node that has just started.</param>
    static async Task AuditAsync(HubHost hub, TimeSpan? later = null, bool afresh = false)
    {
        // Rather than the hub's time, which would end leases: the last audit is longer ago.
        await hub.ExecuteAsync("update audits set audit_time = audit_time - interval '1 minute'");
        if (later is { } wait) await hub.Time.AdvanceAsync(wait);
        if (!afresh) await hub.RunAsync<AuditExchanges>();
        else await ActivatorUtilities.CreateInstance<AuditExchanges>(hub.Services).RunAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>The horizon is the cluster's: other databases' transactions hold it back too, for as long as they run.</summary>
    static Task CountedAsync(HubHost hub, long opened) => Eventually.BecomesTrueAsync(
        async () =>
        {
            await AuditAsync(hub);
            return await hub.QueryAsync(db => db.Audits.Select(a => a.OpenedCount).SingleAsync()) == opened;
        }, () => $"The audits never counted {opened} exchanges.");

    static Task<List<Alarm>> AlarmsAsync(HubHost hub) => hub.QueryAsync(db => db.Alarms.Where(a => a.ClearTime == null).ToListAsync());
}
