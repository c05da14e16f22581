using System.CommandLine;
using System.Globalization;
using Google.Protobuf.WellKnownTypes;
using Passerelle.Contracts.Exchanges.V1;
using Waits = Passerelle.Contracts.Exchanges.V1.ExplainExchangeResponse.Types.WaitsFor;

namespace Passerelle.Cli.Commands;

/// <summary>What operators ask and decide: why, again, not at all, how it drains.</summary>
internal static partial class ExchangesCommands
{
    /// <summary>As the contract says it.</summary>
    private const string NotComposed = "NOT_COMPOSED";

    private static IEnumerable<Command> Operating(Runner runner)
    {
        var name = new Argument<string>("NAME") { HelpName = Sentences.Get("Option.Name.Name"), Description = Sentences.Get("Exchanges.Show.Name") };
        var explain = new Command("explain", Sentences.Get("Exchanges.Explain")) { name };
        runner.Set(explain, (run, cancellationToken) => ExplainAsync(run, Names.Of("exchanges", run.Required(name)), cancellationToken));
        yield return explain;

        var redeliver = new Command("redeliver", Sentences.Get("Exchanges.Redeliver")) { name };
        runner.Set(redeliver, (run, cancellationToken) => RedeliverAsync(run, Names.Of("exchanges", run.Required(name)), cancellationToken));
        yield return redeliver;

        var reason = new Option<string>("--reason") { HelpName = Sentences.Get("Option.Word.Name"), Description = Sentences.Get("Exchanges.Withdraw.Reason"), Required = true };
        var withdraw = new Command("withdraw", Sentences.Get("Exchanges.Withdraw")) { name, reason };
        runner.Set(withdraw, (run, cancellationToken) => WithdrawAsync(run, Names.Of("exchanges", run.Required(name)), run.Value(reason)!, cancellationToken));
        yield return withdraw;

        var partner = Parts.Named("--partner", Sentences.Get("Exchanges.List.Partner"));
        var since = Parts.Time("--since", Sentences.Get("Exchanges.Replay.Since"), required: true);
        var dryRun = new Option<bool>("--dry-run") { Description = Sentences.Get("Exchanges.Replay.DryRun") };
        var replay = new Command("replay", Sentences.Get("Exchanges.Replay")) { since, partner, dryRun };
        runner.Set(replay, (run, cancellationToken) => ReplayAsync(
            run,
            new ReplayExchangesRequest
            {
                StartTime = run.Value(since)!.Value.ToTimestamp(),
                Partner = run.Value(partner) is { } p ? Names.Of("partners", p) : "",
                DryRun = run.Value(dryRun),
            },
            cancellationToken));
        yield return replay;

        var drain = new Command("drain", Sentences.Get("Exchanges.Drain")) { partner };
        runner.Set(drain, (run, cancellationToken) => DrainAsync(run, run.Value(partner) is { } p ? Names.Of("partners", p) : "", cancellationToken));
        yield return drain;
    }

    private static async Task<int> ExplainAsync(Run run, string name, CancellationToken cancellationToken)
    {
        var response = await run.Client.Exchanges.ExplainExchangeAsync(new ExplainExchangeRequest { Name = name }, cancellationToken: cancellationToken);
        run.Output.Object(response);
        var exchange = response.Exchange ?? new Exchange();
        Describe(run.Output, exchange);
        run.Output.Line();
        run.Output.Line(Why(response, exchange));
        if (response.LastError == NotComposed)
            run.Output.Line(Sentences.Get("Explain.NotComposed"));
        else if (response.Attempts.LastOrDefault() is { Error.Length: > 0 } last && exchange.DeliveryTime is null)
            run.Output.Line(Sentences.Get("Explain.LastAttempt", last.Number, FrenchTime.Long(last.StartTime), Printable.Line(last.Error)));
        if (response.GiveUpTime is not null)
            run.Output.Line(Sentences.Get("Explain.GiveUp", response.RemainingAttemptCount, FrenchTime.Long(response.GiveUpTime)));
        if (exchange.Window is not null)
            run.Output.Line(CasesCommands.Line(exchange.Window, run.Host.Time.GetUtcNow()));
        return ExitCodes.Ok;
    }

    private static string Why(ExplainExchangeResponse response, Exchange exchange)
    {
        var (next, has) = (FrenchTime.Long(response.NextTime), response.NextTime is not null);
        return response.WaitsFor switch
        {
            Waits.Nothing => Sentences.Get("Explain.Nothing", Sentences.Word("State", exchange.State)),
            Waits.NextAttempt => Sentences.Get("Explain.NextAttempt", next),
            Waits.EarlierExchange => Sentences.Get("Explain.EarlierExchange", response.BlockingExchange),
            Waits.PartnerResumed => Sentences.Get("Explain.PartnerResumed", exchange.Partner),
            Waits.PartnerRecovery => Sentences.Get("Explain.PartnerRecovery", exchange.Partner, next),
            Waits.Capacity => Sentences.Get("Explain.Capacity", exchange.Partner),
            Waits.Receipt => Sentences.Get("Explain.Receipt", exchange.Partner, next),
            Waits.Pull when has => Sentences.Get("Explain.PullLater", exchange.Partner, next),
            Waits.Pull => Sentences.Get("Explain.Pull", exchange.Partner),
            Waits.Answer when has => Sentences.Get("Explain.Answer", exchange.Partner, FrenchTime.Long(exchange.DeliveryTime), next),
            Waits.Answer => Sentences.Get("Explain.AnswerLate", exchange.Partner, FrenchTime.Long(exchange.DeliveryTime)),
            Waits.Operator => Sentences.Get("Explain.Operator", exchange.Partner, Printable.Line(exchange.EndReason)),
            Waits.Clearance => Sentences.Find($"HeldWhy.{exchange.HoldReason}") is { } why ? string.Format(Sentences.French, why, exchange.Partner) : Sentences.Get("Explain.Clearance", Printable.Line(exchange.HoldReason)),
            // A newer hub may know more than this program.
            _ => Sentences.Get("Explain.Other", response.WaitsFor),
        };
    }

    private static async Task<int> RedeliverAsync(Run run, string name, CancellationToken cancellationToken)
    {
        var response = await run.Client.Exchanges.RedeliverExchangeAsync(new RedeliverExchangeRequest { Name = name }, cancellationToken: cancellationToken);
        run.Output.Object(response);
        run.Output.Line(Sentences.Get("Exchanges.Redelivered", name, Sentences.Word("State", (response.Exchange ?? new Exchange()).State)));
        return ExitCodes.Ok;
    }

    private static async Task<int> WithdrawAsync(Run run, string name, string reason, CancellationToken cancellationToken)
    {
        var response = await run.Client.Exchanges.WithdrawExchangeAsync(new WithdrawExchangeRequest { Name = name, Reason = reason }, cancellationToken: cancellationToken);
        run.Output.Object(response);
        run.Output.Line(Sentences.Get("Exchanges.Withdrawn", name, Printable.Line((response.Exchange ?? new Exchange()).EndReason)));
        return ExitCodes.Ok;
    }

    private static async Task<int> ReplayAsync(Run run, ReplayExchangesRequest request, CancellationToken cancellationToken)
    {
        var response = await run.Client.Exchanges.ReplayExchangesAsync(request, cancellationToken: cancellationToken);
        var output = run.Output;
        output.Object(response);
        output.Line(Sentences.Get(request.DryRun ? "Exchanges.Replay.Would" : "Exchanges.Replay.Done", response.ReplayedCount, response.RefusedCount));
        output.Table(
            [Sentences.Get("Column.Exchange"), Sentences.Get("Column.Reason")],
            [.. response.Refused.Select(r => (string[])[r.Exchange, r.Reason])]);
        if (response.RefusedCount > response.Refused.Count)
            output.Line(Sentences.Get("Exchanges.Replay.More", response.RefusedCount - response.Refused.Count));
        return ExitCodes.Ok;
    }

    private static async Task<int> DrainAsync(Run run, string partner, CancellationToken cancellationToken)
    {
        var response = await run.Client.Exchanges.ReportDrainAsync(new ReportDrainRequest { Partner = partner }, cancellationToken: cancellationToken);
        foreach (var drain in response.Drains)
            run.Output.Object(drain);
        if (response.Drains.Count == 0)
            run.Output.Line(Sentences.Get("Exchanges.Drain.None"));
        run.Output.Table(
            [
                Sentences.Get("Column.Partner"), Sentences.Get("Column.Queued"), Sentences.Get("Column.Held"), Sentences.Get("Column.Sending"), Sentences.Get("Column.Undeliverable"),
                Sentences.Get("Column.Oldest"), Sentences.Get("Column.LastHour"), Sentences.Get("Column.Remaining"),
            ],
            [.. response.Drains.Select(d => (string[])
                [
                    d.Partner, Count(d.QueuedCount), Count(d.HeldCount), Count(d.SendingCount), Count(d.UndeliverableCount),
                    FrenchTime.Short(d.OldestCreateTime), Count(d.DeliveredCount), d.Remaining is null ? "—" : FrenchTime.Span(d.Remaining.ToTimeSpan()),
                ])]);
        return ExitCodes.Ok;
    }

    // Without a separator of thousands: columns are read by other tools too.
    private static string Count(long count) => count.ToString(CultureInfo.InvariantCulture);
}
