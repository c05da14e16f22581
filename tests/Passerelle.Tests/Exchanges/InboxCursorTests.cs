using System.Collections.Concurrent;
using Grpc.Core;
using Passerelle.Contracts.Common.V1;
using Passerelle.Contracts.Exchanges.V1;
using Passerelle.Hub.Platform;
using Passerelle.Tests.Employment;
using Passerelle.Tests.Support;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Tests.Exchanges;

/// <summary>A stream that breaks and is resumed: what never arrived comes at once, and nothing is lost or out of order.</summary>
public sealed class InboxCursorTests(Postgres postgres)
{
    [Fact]
    public async Task What_never_arrived_comes_again_at_once_on_a_stream_that_resumes()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var made = await Referring.SeparatelyAsync(hub, 3, "interim");
        var sent = await Referring.ItemsAsync(hub);
        Assert.Equal(made.Select(e => (e, 1)), sent.Given());

        // Only the first one arrived; without a cursor nobody can know.
        Assert.Empty((await Referring.ItemsAsync(hub)).Given());
        var again = await Referring.ItemsAsync(hub, sent[0].Cursor);
        Assert.Equal([(made[1], 2), (made[2], 2)], again.Given());

        // Whoever has the older attempt in hand may acknowledge it.
        foreach (var name in made) Assert.Equal(State.AwaitingAnswer, (await hub.AcknowledgeAsync(name)).State);
        Assert.Empty((await Referring.ItemsAsync(hub, sent[0].Cursor)).Given());
    }

    [Fact]
    public async Task The_checkpoint_has_a_cursor_before_anything_was_given_and_after()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        using var inbox = hub.Inbox("interim").WatchInbox(new());
        var quiet = Assert.Single(await inbox.ItemsAsync()).Cursor;
        var name = (await Referring.SeparatelyAsync(hub, 1, "interim"))[0];
        Assert.Equal(name, (await inbox.NextAsync()).Exchange);
        await hub.EndAsync(inbox);

        var again = await Referring.ItemsAsync(hub, quiet);
        Assert.Equal([(name, 2)], again.Given());
        Assert.Equal(again[0].Cursor, again[1].Cursor);
        Assert.Empty((await Referring.ItemsAsync(hub, again[1].Cursor)).Given());
    }

    [Theory]
    [InlineData("x")]
    [InlineData("AAAAAAAAAA!")]
    [InlineData("__________8")]
    public async Task A_cursor_that_is_not_ours_is_refused(string cursor)
    {
        await using var hub = await HubHost.StartAsync(postgres);
        await HubError.OfAsync(ErrorReason.CursorInvalid, StatusCode.InvalidArgument, () => Referring.ItemsAsync(hub, cursor));
        await HubError.OfAsync(ErrorReason.CursorInvalid, StatusCode.InvalidArgument, () => Referring.ItemsAsync(hub, new FeedCursor(1, 1).ToString()));
    }

    [Fact]
    public async Task Of_one_case_the_next_comes_only_after_the_acknowledgement_of_the_one_before()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var family = await Referring.FamilyAsync(hub, 6, "interim");
        var other = (await Referring.SeparatelyAsync(hub, 1, "interim"))[0];

        // Those that wait for the first do not keep another case back.
        var first = await Referring.ItemsAsync(hub);
        Assert.Equal([(family[0], 1), (other, 1)], first.Given());

        // Neither the end of its lease nor a rejection lets another one pass.
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(61));
        Assert.Equal([(family[0], 2), (other, 2)], (await Referring.ItemsAsync(hub)).Given().Order());
        await hub.Inbox("interim").RejectExchangeAsync(new() { Name = family[0], Attempt = 2 });
        Assert.Empty((await Referring.ItemsAsync(hub)).Given());
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(6));
        Assert.Equal([(family[0], 3)], (await Referring.ItemsAsync(hub)).Given());

        foreach (var (name, next) in family.Zip(family.Skip(1)))
        {
            await hub.AcknowledgeAsync(name);
            Assert.Equal([(next, 1)], (await Referring.ItemsAsync(hub)).Given());
        }
    }

    [Fact]
    public async Task Several_streams_that_break_and_resume_lose_nothing_and_keep_the_order()
    {
        // What the first stream of a reader lost before it had any cursor comes again by its lease alone.
        await using var hub = await HubHost.StartAsync(postgres, "Delivery:PullLease=00:00:02");
        var families = new List<List<string>>();
        for (var n = 0; n < 3; n++) families.Add(await Referring.FamilyAsync(hub, 4, "interim"));
        var before = families.SelectMany(f => f.Skip(1).Zip(f)).ToDictionary(p => p.First, p => p.Second);
        var acknowledged = new ConcurrentDictionary<string, bool>();
        var tooEarly = new ConcurrentQueue<string>();

        await Task.WhenAll(Enumerable.Range(0, 3).Select(reader => Task.Run(async () =>
        {
            var (random, cursor) = (new Random(reader), "");
            while (acknowledged.Count < 12)
            {
                using var inbox = hub.Inbox("interim").WatchInbox(new() { StartCursor = cursor });
                while (await inbox.ResponseStream.MoveNext(TestContext.Current.CancellationToken) && inbox.ResponseStream.Current is { Envelope: { } envelope } item)
                {
                    if (before.TryGetValue(envelope.Exchange, out var earlier) && !acknowledged.ContainsKey(earlier)) tooEarly.Enqueue(envelope.Exchange);
                    // Now and then it breaks before this one has arrived.
                    if (random.Next(3) == 0) break;
                    cursor = item.Cursor;
                    acknowledged[envelope.Exchange] = true;
                    await hub.AcknowledgeAsync(envelope.Exchange);
                }
            }
        })));

        Assert.Empty(tooEarly);
        foreach (var name in families.SelectMany(f => f)) Assert.Equal(State.AwaitingAnswer, (await hub.GetExchangeAsync(name)).State);
    }

    [Fact]
    public async Task An_acknowledgement_counts_while_a_later_attempt_is_under_way()
    {
        await using var hub = await HubHost.StartAsync(postgres);
        var name = (await Referring.SeparatelyAsync(hub, 1, "interim"))[0];
        await Referring.ItemsAsync(hub);
        await hub.Time.AdvanceAsync(TimeSpan.FromSeconds(61));
        Assert.Equal([(name, 2)], (await Referring.ItemsAsync(hub)).Given());

        Assert.Equal(State.AwaitingAnswer, (await hub.AcknowledgeAsync(name)).State);
        foreach (var attempt in (int[])[1, 2])
            await HubError.OfAsync(ErrorReason.StateConflict, StatusCode.FailedPrecondition, () => hub.Inbox("interim").RejectExchangeAsync(new() { Name = name, Attempt = attempt }).ResponseAsync);
        Assert.Equal([Attempt.Types.Outcome.Unknown, Attempt.Types.Outcome.Accepted], (await hub.GetAttemptsAsync(name)).Select(a => a.Outcome));
    }
}
