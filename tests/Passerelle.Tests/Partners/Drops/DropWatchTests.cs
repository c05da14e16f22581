using Passerelle.Hub.Partners.Drops;

namespace Passerelle.Tests.Partners.Drops;

/// <summary>When is a file whole?</summary>
public sealed class DropWatchTests
{
    static readonly DropOptions options = new() { Quiet = TimeSpan.FromSeconds(15), Patience = TimeSpan.FromMinutes(30) };
    static readonly DropSight some = new("a.csv", 100, new DateTime(2026, 3, 13, 15, 2, 0, DateTimeKind.Utc));

    readonly DropWatch watch = new(options);

    [Fact]
    public void What_two_looks_find_the_same_and_quiet_for_long_enough_is_whole()
    {
        Assert.Empty(Look(0, some));
        Assert.Empty(Look(14.9, some));
        Assert.Equal((some, TimeSpan.Zero, false), Assert.Single(Look(15, some)));
        Assert.Equal(TimeSpan.FromSeconds(5), Assert.Single(Look(20, some)).Waited);
    }

    [Fact]
    public void One_look_says_nothing_however_old_the_file_is() => Assert.Empty(Look(1000, some with { WriteTime = DateTime.UnixEpoch }));

    [Fact]
    public void What_grows_or_is_written_to_begins_anew()
    {
        Look(0, some);
        Assert.Empty(Look(15, some with { SizeBytes = 101 }));
        Assert.Empty(Look(29, some with { SizeBytes = 101 }));
        Assert.Empty(Look(30, some with { SizeBytes = 101, WriteTime = some.WriteTime.AddTicks(1) }));
        Assert.Single(Look(45, some with { SizeBytes = 101, WriteTime = some.WriteTime.AddTicks(1) }));
    }

    [Fact]
    public void What_was_gone_in_between_begins_anew()
    {
        Look(0, some);
        Assert.Empty(Look(10));
        Assert.Empty(Look(15, some));
        Assert.Single(Look(30, some));
    }

    [Fact]
    public void What_could_not_be_taken_is_left_alone_until_it_changes_or_patience_ends()
    {
        Look(0, some);
        Look(15, some);
        watch.Postpone("agence", some, TimeSpan.FromSeconds(15));
        Assert.Empty(Look(60, some));
        Assert.Empty(Look(1814, some));
        Assert.True(Assert.Single(Look(1815, some)).IsLastChance);

        var more = some with { SizeBytes = 200 };
        Assert.Empty(Look(1816, more));
        Assert.False(Assert.Single(Look(1831, more)).IsLastChance);
    }

    [Fact]
    public void The_same_name_in_another_folder_is_another_file()
    {
        Look(0, some);
        Assert.Empty(watch.Look("agence-deux", [some], TimeSpan.FromSeconds(15)));
        Assert.Single(Look(15, some));
    }

    IReadOnlyList<(DropSight Sight, TimeSpan Waited, bool IsLastChance)> Look(double seconds, params DropSight[] sights) => watch.Look("agence", sights, TimeSpan.FromSeconds(seconds));
}
