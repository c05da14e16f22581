using Grpc.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Passerelle.Contracts.Cases.V1;
using Passerelle.Contracts.Common.V1;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Platform;
using Passerelle.Hub.Privacy;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Privacy;

/// <summary>The change of the master key while the hub serves.</summary>
public sealed class KeyRotationTests(Postgres postgres)
{
    [Fact]
    public async Task What_the_old_key_has_wrapped_is_wrapped_with_the_new_one_and_the_old_one_is_needed_no_more()
    {
        var database = await postgres.CloneAsync();
        string[] cases;
        byte[] signing;
        await using (var before = await HubHost.StartOnNewAsync(database, TestKeys.Before))
        {
            cases = [(await Household.OpenAsync(before)).Case, (await Household.OpenAsync(before)).Case];
            signing = await AddSigningKeyAsync(before);
        }

        await using (var hub = await HubHost.StartOnNewAsync(database, TestKeys.After))
        {
            Assert.All(cases, name => AssertReadable(hub, name));
            Assert.Equal(3 * cases.Length + 2, await RotateAsync(hub));
            Assert.Equal(0, await RotateAsync(hub));
            Assert.All(await CountsAsync(hub), c => Assert.Equal(hub.Services.GetRequiredService<MasterKeys>().CurrentId, c.MasterId));
        }

        await using var alone = await HubHost.StartOnNewAsync(database, TestKeys.SecondAlone);
        Assert.All(cases, name => AssertReadable(alone, name));
        Assert.Equal(signing, await OpenSigningKeyAsync(alone));
        Assert.Equal(2 * cases.Length, (await new CaseService.CaseServiceClient(alone.As("crm")).FindPersonsAsync(new() { Phone = "02 31 00 00 00" })).Matches.Count);
    }

    [Fact]
    public async Task Persons_come_and_go_meanwhile_and_those_that_a_node_with_the_old_key_made_are_found_by_the_last_look()
    {
        var database = await postgres.CloneAsync();
        await using var old = await HubHost.StartOnNewAsync(database, TestKeys.Before);
        await using var hub = await HubHost.StartOnNewAsync(database, TestKeys.After);
        var present = new List<Household>();
        for (var i = 0; i < 10; i++) present.Add(await Household.OpenAsync(old));

        var late = new List<Household>();
        // In the middle of it: one more by a node that still wraps with the old key, one by this node, one gone.
        var done = await RotateAsync(hub, meanwhile: async () =>
        {
            late.Add(await Household.OpenAsync(old));
            late.Add(await Household.OpenAsync(hub));
            Assert.True(await hub.DestroyAsync(present[0].SecondAdult));
        });

        Assert.Equal(30 + 3 + 1, done);
        Assert.Single((await CountsAsync(hub)).Select(c => c.MasterId).Distinct());
        Assert.All(present.Skip(1).Concat(late), h => AssertReadable(old, h.Case));
        Assert.All(present.Skip(1).Concat(late), h => AssertReadable(hub, h.Case));
    }

    [Fact]
    public async Task Several_rotations_at_once_wrap_everything_once()
    {
        var database = await postgres.CloneAsync();
        await using var old = await HubHost.StartOnNewAsync(database, TestKeys.Before);
        await Household.OpenAsync(old);
        await CopyKeysAsync(old, 5000);
        await using var hub = await HubHost.StartOnNewAsync(database, TestKeys.After);

        var done = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => RotateAsync(hub))));

        Assert.Equal(5000 + 3 + 1, done.Sum());
        Assert.Single((await CountsAsync(hub)).Select(c => c.MasterId).Distinct());
    }

    [Fact]
    public async Task What_somebody_has_in_hand_is_waited_for_and_holds_up_nothing_else()
    {
        var database = await postgres.CloneAsync();
        await using var old = await HubHost.StartOnNewAsync(database, TestKeys.Before);
        var household = await Household.OpenAsync(old);
        await using var hub = await HubHost.StartOnNewAsync(database, TestKeys.After);
        await using var connection = await hub.Source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using (var hold = new Npgsql.NpgsqlCommand($"select from vault.person_keys where person_id = '{TestKeys.IdOf(household.FirstAdult)}' for update", connection, transaction))
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        var rotating = Task.Run(() => RotateAsync(hub));
        var newId = hub.Services.GetRequiredService<MasterKeys>().CurrentId;
        await Eventually.BecomesTrueAsync(async () => (await CountsAsync(hub)).Where(c => c.MasterId != newId).Sum(c => c.Count) == 1, () => "The others were not wrapped.");
        Assert.False(rotating.IsCompleted);
        AssertReadable(hub, household.Case);
        await transaction.RollbackAsync(TestContext.Current.CancellationToken);

        Assert.Equal(3 + 1, await rotating);
    }

    [Fact]
    public async Task One_that_is_stopped_leaves_what_it_has_done_and_the_next_goes_on()
    {
        var database = await postgres.CloneAsync();
        await using var old = await HubHost.StartOnNewAsync(database, TestKeys.Before);
        await Household.OpenAsync(old);
        await CopyKeysAsync(old, 3500);
        await using var hub = await HubHost.StartOnNewAsync(database, TestKeys.After);
        using var stop = new CancellationTokenSource();

        var done = 0L;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hub.Services.GetRequiredService<KeyRotation>().RunAsync(wrapped =>
        {
            done = wrapped;
            if (wrapped >= 2000) stop.Cancel();
        }, stop.Token));

        Assert.Equal(2000 + 1, done);
        Assert.Equal(3500 + 3 + 1 - done, await RotateAsync(hub));
    }

    [Fact]
    public async Task A_key_wrapped_by_a_master_that_is_not_here_is_named_by_its_id_and_the_others_are_read()
    {
        var database = await postgres.CloneAsync();
        await using var old = await HubHost.StartOnNewAsync(database);
        var theirs = await Household.OpenAsync(old);
        var oldId = old.Services.GetRequiredService<MasterKeys>().CurrentId;
        await old.ExecuteAsync("delete from vault.secrets");
        await using var alone = await HubHost.StartOnNewAsync(database, TestKeys.SecondAlone);
        alone.ExpectedErrors = text => text.Contains("MasterKeyUnknown", StringComparison.Ordinal);
        var own = await Household.OpenAsync(alone);

        await HubError.OfAsync(ErrorReason.Internal, StatusCode.Internal, async () => await new CaseService.CaseServiceClient(alone.As("crm")).GetCaseAsync(new() { Name = theirs.Case }));

        AssertReadable(alone, own.Case);
        Assert.Contains(alone.Logs.Entries, e => e.Text.Contains(oldId, StringComparison.Ordinal));
        Assert.Equal(0, await RotateAsync(alone));
    }

    [Fact]
    public async Task The_command_line_counts_rotates_and_says_when_the_old_key_may_go()
    {
        var database = await postgres.CloneAsync();
        string oldId, newId;
        await using (var hub = await HubHost.StartOnNewAsync(database))
        {
            oldId = hub.Services.GetRequiredService<MasterKeys>().CurrentId;
            await Household.OpenAsync(hub);
        }

        await using (var hub = await HubHost.StartOnNewAsync(database, TestKeys.After)) newId = hub.Services.GetRequiredService<MasterKeys>().CurrentId;
        (string, string)[] both = [("Vault__MasterKeyCommand__0", "echo"), ("Vault__MasterKeyCommand__1", TestKeys.Second), ("Vault__OtherMasterKeys__0__Key", TestKeys.First)];
        var alone = both[..2];
        Assert.Contains($"{oldId}  known: 1 vault.secrets, 3 vault.person_keys", (await TestKeys.RunHubAsync(database, both, "vault", "status")).Output);
        Assert.Contains($"{oldId}  UNKNOWN HERE", (await TestKeys.RunHubAsync(database, alone, "vault", "status")).Output);
        var refused = await TestKeys.RunHubAsync(database, alone, "vault", "rotate");
        Assert.NotEqual(0, refused.Code);
        Assert.Contains($"Left: 3 vault.person_keys wrapped with {oldId}, which is unknown here", refused.Output);

        var rotated = await TestKeys.RunHubAsync(database, both, "vault", "rotate");

        Assert.True(rotated.Code == 0, rotated.Output);
        Assert.Contains($"4 wrapped with {newId}.", rotated.Output);
        Assert.Contains("Nothing is left under another key.", rotated.Output);
        var status = (await TestKeys.RunHubAsync(database, both, "vault", "status")).Output;
        Assert.Matches($"{newId}  current: .*3 vault.person_keys", status);
        Assert.Contains($"{oldId}  known: nothing", status);
        Assert.DoesNotContain(TestKeys.Second, status + rotated.Output + refused.Output);
    }

    /// <summary>What is not registered would be lost with the old key.</summary>
    [Fact]
    public async Task Everything_that_a_master_key_wraps_is_rotated()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var shown = await hub.QueryAsync(db => Task.FromResult(
            db.Model.GetEntityTypes().Where(e => e.FindProperty("MasterId") is not null).Select(e => e.GetSchemaQualifiedTableName()).Order(StringComparer.Ordinal).ToList()));
        Assert.Equal(shown, hub.Services.GetServices<MasterSealed>().Select(c => c.Table).Order(StringComparer.Ordinal));
    }

    static Task<long> RotateAsync(HubHost hub) => hub.Services.GetRequiredService<KeyRotation>().RunAsync(_ => { }, TestContext.Current.CancellationToken);

    /// <param name="meanwhile">Done once, after the first persons' keys.</param>
    static Task<long> RotateAsync(HubHost hub, Func<Task> meanwhile)
    {
        var isDone = false;
        return Task.Run(() => hub.Services.GetRequiredService<KeyRotation>().RunAsync(done =>
        {
            // The hub's own secret comes first.
            if (done < 2 || isDone) return;
            isDone = true;
            meanwhile().GetAwaiter().GetResult();
        }, TestContext.Current.CancellationToken));
    }

    static Task<IReadOnlyList<WrappedCount>> CountsAsync(HubHost hub) => hub.Services.GetRequiredService<KeyRotation>().CountAsync(TestContext.Current.CancellationToken);

    static void AssertReadable(HubHost hub, string name) => Assert.All(
        new CaseService.CaseServiceClient(hub.As("crm")).GetCase(new() { Name = name }).Members, m => Assert.StartsWith(Marker.Of("PRENOM"), m.GivenName, StringComparison.Ordinal));

    static Task<byte[]> AddSigningKeyAsync(HubHost hub) => hub.WithAsync<MasterKeys, byte[]>(master => hub.QueryAsync(async db =>
    {
        var (key, _) = SigningKey.Issue(await db.Partners.SingleAsync(p => p.Id == "emploi"), SigningKeyKind.HmacSha256, master, await db.NowAsync(CancellationToken.None));
        db.SigningKeys.Add(key);
        await db.SaveChangesAsync();
        return SigningKey.Open(key.Secret, key.Id, master);
    }));

    static Task<byte[]> OpenSigningKeyAsync(HubHost hub) => hub.WithAsync<MasterKeys, byte[]>(master => hub.QueryAsync(async db =>
    {
        var key = await db.SigningKeys.SingleAsync();
        return SigningKey.Open(key.Secret, key.Id, master);
    }));

    /// <summary>Many persons' keys, wrapped by the hub's own current key.</summary>
    static Task<int> CopyKeysAsync(HubHost hub, int count) => hub.WithAsync<MasterKeys, int>(master => hub.QueryAsync(async db =>
    {
        var now = await db.NowAsync(CancellationToken.None);
        for (var i = 0; i < count; i++)
        {
            var id = Guid.CreateVersion7(now);
            db.PersonKeys.Add(new PersonKey { PersonId = id, CaseId = id, Wrapped = master.Wrap(new byte[32], PersonKey.AtRest.Place(id)), CreateTime = now });
        }

        return await db.SaveChangesAsync();
    }));
}
