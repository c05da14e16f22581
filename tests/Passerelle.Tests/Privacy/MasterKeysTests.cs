using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Support;

namespace Passerelle.Tests.Privacy;

/// <summary>Where master keys come from, what is wrong with them, and what they open.</summary>
public sealed class MasterKeysTests(Postgres postgres)
{
    const string Place = "vault.person_keys.wrapped/01990000-0000-7000-8000-000000000001";

    static readonly byte[] Secret = "a person's key"u8.ToArray();

    [Fact]
    public void A_key_is_the_same_whichever_way_it_comes()
    {
        var file = Write(TestKeys.Second + "\n");
        var wrapped = Ring(new() { MasterKey = TestKeys.Second }).Wrap(Secret, Place);
        string[] talkative = ["/bin/sh", "-c", $"echo ignored >&2; cat '{file}'"];
        foreach (var options in (VaultOptions[])[new() { MasterKeyFile = file }, new() { MasterKeyCommand = ["cat", file] }, new() { MasterKeyCommand = talkative }])
            Assert.Equal(Secret, Ring(options).Unwrap(wrapped, Place));
        foreach (var other in (OtherMasterKey[])[new() { Key = TestKeys.Second }, new() { File = file }, new() { Command = ["cat", file] }])
            Assert.Equal(Secret, Ring(new() { MasterKey = TestKeys.First, OtherMasterKeys = [other] }).Unwrap(wrapped, Place));
    }

    [Fact]
    public void The_current_key_wraps_and_the_others_open_only()
    {
        var (first, second) = (Ring(new() { MasterKey = TestKeys.First }), Ring(new() { MasterKey = TestKeys.Second, OtherMasterKeys = [new() { Key = TestKeys.First }] }));
        Assert.Equal([first.CurrentId], second.OtherIds);
        Assert.Equal(Secret, second.Unwrap(first.Wrap(Secret, Place), Place));
        var unknown = Assert.Throws<MasterKeyUnknown>(() => first.Unwrap(second.Wrap(Secret, Place), Place));
        Assert.Equal(second.CurrentId, unknown.Id);
        Assert.Contains(second.CurrentId, unknown.Message);
    }

    [Fact]
    public void What_was_wrapped_opens_in_its_place_only_and_every_flipped_bit_is_found()
    {
        var ring = Ring(new() { MasterKey = TestKeys.First });
        var wrapped = ring.Wrap(Secret, Place);
        Assert.NotEqual(wrapped, ring.Wrap(Secret, Place));
        Assert.ThrowsAny<CryptographicException>(() => ring.Unwrap(wrapped, Place[..^1] + "2"));
        for (var bit = 0; bit < wrapped.Length * 8; bit++)
        {
            var tampered = wrapped.ToArray();
            tampered[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(Record.Exception(() => ring.Unwrap(tampered, Place)) is CryptographicException or MasterKeyUnknown, $"bit {bit}");
        }

        for (var length = 0; length < wrapped.Length; length++) Assert.ThrowsAny<CryptographicException>(() => ring.Unwrap(wrapped.AsSpan(0, length), Place));
    }

    [Fact]
    public void An_id_says_which_key_it_is_and_nothing_about_it()
    {
        var ring = Ring(new() { MasterKey = TestKeys.First });
        Assert.Matches("^[0-9a-f]{16}$", ring.CurrentId);
        Assert.Equal(ring.CurrentId, Ring(new() { MasterKey = $"  {TestKeys.First}\n" }).CurrentId);
        Assert.NotEqual(ring.CurrentId, Ring(new() { MasterKey = TestKeys.Second }).CurrentId);
        Assert.DoesNotContain(ring.CurrentId, Convert.ToHexStringLower(Convert.FromBase64String(TestKeys.First)));
    }

    public static TheoryData<string, VaultOptions, string> Wrong
    {
        get
        {
            var (half, garbage) = (TestKeys.Second[..20] + "==", "not-base64-" + TestKeys.Second);
            return new()
            {
                { "missing", new(), "Vault:MasterKey: there is no key" },
                { "half", new() { MasterKey = half }, "Vault:MasterKey: the key must be 32 bytes in base64" },
                { "long", new() { MasterKey = Convert.ToBase64String(new byte[33]) }, "Vault:MasterKey: the key must be 32 bytes in base64" },
                { "garbage", new() { MasterKey = garbage }, "Vault:MasterKey: the key must be 32 bytes in base64" },
                { "two ways", new() { MasterKey = TestKeys.First, MasterKeyCommand = ["echo", TestKeys.Second] }, "Vault:MasterKey: give the key in one way" },
                { "no file", new() { MasterKeyFile = "/nowhere/master.key" }, "Vault:MasterKey: the file /nowhere/master.key cannot be read" },
                { "no program", new() { MasterKeyCommand = ["/nowhere/kms", TestKeys.Second] }, "Vault:MasterKey: kms cannot be started" },
                { "command fails", new() { MasterKeyCommand = ["/bin/sh", "-c", $"echo {TestKeys.Second}; echo {TestKeys.Second} >&2; exit 3"] }, "Vault:MasterKey: sh ended with 3" },
                { "command prints garbage", new() { MasterKeyCommand = ["echo", garbage] }, "Vault:MasterKey: the key must be 32 bytes in base64" },
                { "twice", new() { MasterKey = TestKeys.Second, OtherMasterKeys = [new() { Key = TestKeys.First }, new() { Key = TestKeys.Second }] }, "Vault:OtherMasterKeys:1: the key " },
                { "other missing", new() { MasterKey = TestKeys.Second, OtherMasterKeys = [new()] }, "Vault:OtherMasterKeys:0: there is no key" },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Wrong), DisableDiscoveryEnumeration = true)]
    public void What_is_wrong_with_a_key_is_told_without_the_key(string _, VaultOptions options, string start)
    {
        var refused = Assert.Throws<InvalidOperationException>(() => Ring(options));
        Assert.StartsWith(start, refused.Message, StringComparison.Ordinal);
        foreach (var key in (string[])[TestKeys.First, TestKeys.Second]) Assert.DoesNotContain(key[..16], refused.ToString());
    }

    [Fact]
    public async Task A_command_that_hangs_is_ended_with_what_it_has_started()
    {
        var mark = Path.Combine(postgres.NewFolder(), "pid");
        var since = Stopwatch.GetTimestamp();
        var refused = Assert.Throws<InvalidOperationException>(() =>
            Ring(new() { MasterKeyCommand = ["/bin/sh", "-c", $"sleep 600 & echo $! > '{mark}'; wait"], CommandTimeout = TimeSpan.FromSeconds(2) }));
        Assert.Equal("Vault:MasterKey: sh did not end within 2 s.", refused.Message);
        Assert.InRange(Stopwatch.GetElapsedTime(since), TimeSpan.Zero, TimeSpan.FromSeconds(60));
        var child = (await File.ReadAllTextAsync(mark)).Trim();
        // A signal takes a moment to end who gets it.
        await Eventually.BecomesTrueAsync(() => Task.FromResult(!Runs(child)), () => "What the command had started still runs.");

        static bool Runs(string pid)
        {
            try { return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ", StringComparison.Ordinal); }
            catch (IOException) { return false; }
        }
    }

    [Fact]
    public async Task A_hub_without_a_sound_key_does_not_start()
    {
        var database = await postgres.CloneAsync();
        ((string, string)[] Settings, string Told)[] wrong =
        [
            ([], "there is no key"), ([("Vault__MasterKeyCommand__0", "false")], "false ended with 1"),
            ([("Vault__MasterKey", TestKeys.Second), ("Vault__OtherMasterKeys__0__Key", TestKeys.Second)], "is there twice"),
        ];
        foreach (var (settings, told) in wrong)
        {
            var (code, output) = await TestKeys.RunHubAsync(database, settings);
            Assert.NotEqual(0, code);
            Assert.Contains(told, output);
            Assert.DoesNotContain(TestKeys.Second[..16], output);
        }
    }

    [Fact]
    public async Task A_hub_whose_keys_are_not_those_of_its_database_does_not_start()
    {
        var database = await postgres.CloneAsync();
        string id;
        await using (var hub = await HubHost.StartOnNewAsync(database))
        {
            await Household.OpenAsync(hub);
            id = hub.Services.GetRequiredService<MasterKeys>().CurrentId;
        }

        var (code, output) = await TestKeys.RunHubAsync(database, [("Vault__MasterKey", TestKeys.Second)]);

        Assert.NotEqual(0, code);
        Assert.Contains($"What is wrapped with the master key {id} cannot be opened", output);
    }

    static MasterKeys Ring(VaultOptions options) => new(Options.Create(options));

    string Write(string text)
    {
        var file = Path.Combine(postgres.NewFolder(), "master.key");
        File.WriteAllText(file, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
        return file;
    }
}
