using Passerelle.Hub.Platform.Chains;
using Passerelle.Hub.Privacy.Accesses;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Platform.Chains;

/// <summary>Whoever owns the database can do anything to it: switch the triggers off, drop the constraints, compute hashes anew. The verifier finds all of it.</summary>
public sealed class TamperTests(Postgres postgres)
{
    const int Seed = 20260901;
    const int Length = 40;
    const int Trials = 4000;

    [Fact]
    public async Task Every_bit_flip_deletion_reordering_and_insertion_is_found()
    {
        await using var hub = await ChainAsync();
        var anchors = await AnchorsAsync(hub);
        var found = new Dictionary<string, int>();
        await hub.QueryAsync(async db =>
        {
            for (var trial = 0; trial < Trials; trial++)
            {
                var random = new Random(Seed + trial);
                await using var transaction = await db.Database.BeginTransactionAsync();
                var tampering = new Tampering(db, random, Length);
                var what = await tampering.DoAsync();
                var report = await Entries.VerifyAsync(db, tampering.NeedsAnchors ? anchors : Anchors.None);
                Assert.False(report.IsWhole, $"Trial {trial} (seed {Seed + trial}) was not found: {what}");
                found[tampering.Kind] = found.GetValueOrDefault(tampering.Kind) + 1;
                await transaction.RollbackAsync();
                // Nothing but what was done is found.
                if (trial % 200 == 0) Assert.True((await Entries.VerifyAsync(db, anchors)).IsWhole);
            }

            return true;
        });

        Assert.Equal(Tampering.Kinds.Order(), found.Keys.Order());
        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", found.Select(f => $"{f.Key}: {f.Value}")));
    }

    [Theory]
    [InlineData("update audit.access_entries set actor = 'x' where sequence = 7", "entry 7 was changed")]
    [InlineData("update audit.access_entries set hash = set_bit(hash, 3, 1 - get_bit(hash, 3)) where sequence = 7", "entry 7 was changed; entry 8 does not follow on the one before")]
    [InlineData("delete from audit.access_entries where sequence between 7 and 9", "entries 7 to 9 missing")]
    [InlineData("delete from audit.access_entries where sequence = 1", "entry 1 missing")]
    [InlineData("delete from audit.access_entries where sequence = 40", "entry 40 missing")]
    [InlineData("update audit.access_entries set sequence = 70 - sequence where sequence in (30, 40)", "entry 40 stands at 30; entry 31 does not follow on the one before; the head differs at 40; entry 30 stands at 40")]
    [InlineData("insert into audit.access_entries select 41, hash, case_id, caller_id, actor, method, partner_id, person_id, purpose, resource, time from audit.access_entries where sequence = 7", "entry 41 added by somebody else; entry 41 was changed")]
    [InlineData("update chains set sequence = 41", "entry 41 missing")]
    [InlineData("update chains set hash = sha256(hash)", "the head differs at 40")]
    [InlineData("delete from chains", "the head differs at 40")]
    public async Task What_was_done_is_named(string sql, string findings)
    {
        await using var hub = await ChainAsync();
        var columns = "sequence, hash, case_id, caller_id, actor, method, partner_id, person_id, purpose, resource, time";
        await hub.ExecuteAsync(sql.Replace("access_entries select", $"access_entries ({columns}) select", StringComparison.Ordinal));
        Assert.Equal(findings, string.Join("; ", (await Entries.VerifyAsync(hub)).Findings));
    }

    [Fact]
    public async Task A_tail_that_is_cut_off_or_written_anew_with_its_hashes_and_its_head_is_found_by_the_anchors_alone()
    {
        await using var hub = await ChainAsync();
        var anchors = await AnchorsAsync(hub);
        foreach (var anew in new[] { false, true })
        {
            await hub.QueryAsync(async db =>
            {
                await using var transaction = await db.Database.BeginTransactionAsync();
                var tampering = new Tampering(db, new Random(1), Length);
                if (anew) await tampering.RewriteAsync(20);
                else await tampering.CutAsync(20);
                Assert.True((await Entries.VerifyAsync(db, Anchors.None)).IsWhole, "Without anchors nobody can know.");
                // What was anchored before that place still holds.
                var findings = (await Entries.VerifyAsync(db, anchors)).Findings;
                Assert.All(findings, f => Assert.True(f.Fault == ChainFault.AnchorDiffers && f.Sequence >= 20));
                Assert.Equal([25, 40], findings.Select(f => f.Sequence));
                return true;
            });
        }
    }

    [Fact]
    public async Task An_entry_beside_the_anchors_is_verified_all_the_same()
    {
        await using var hub = await ChainAsync();
        var anchors = await AnchorsAsync(hub);
        await Entries.AppendAsync(hub, new Random(2), 3);
        var report = await hub.QueryAsync(db => Entries.VerifyAsync(db, anchors));
        Assert.Equal((true, Length + 3L, 3), (report.IsWhole, report.Count, report.Anchored));
    }

    /// <summary>A chain whose database lets its owner do everything.</summary>
    async Task<HubHost> ChainAsync()
    {
        var hub = await HubHost.StartAsync(postgres);
        await Entries.AppendAsync(hub, new Random(Seed), Length);
        await hub.ExecuteAsync(
            """
            drop trigger append_only on audit.access_entries;
            alter table audit.access_entries drop constraint pk_access_entries, drop constraint ck_access_entries_link, drop constraint ck_access_entries_purpose, drop constraint ck_access_entries_partner;
            alter table chains drop constraint ck_chains_head;
            """);
        return hub;
    }

    /// <summary>As three minutes would have left them; the last is of the last entry.</summary>
    static async Task<Anchors> AnchorsAsync(HubHost hub) => await hub.QueryAsync(async db =>
    {
        var anchors = new List<Anchor>();
        await foreach (var link in AccessEntry.Chain.ReadAsync(db, CancellationToken.None))
            if (link.Sequence is 10 or 25 or Length) anchors.Add(new Anchor(link.Time, "access", link.Sequence, link.Hash));
        return new Anchors(anchors, []);
    });
}
