using System.CommandLine;
using System.Globalization;
using Passerelle.Contracts.Exchanges.V1;
using State = Passerelle.Contracts.Exchanges.V1.Exchange.Types.State;

namespace Passerelle.Cli.Commands;

/// <summary><c>passerelle exchanges</c>: what was sent, to whom, what became of it.</summary>
internal static partial class ExchangesCommands
{
    private static readonly Dictionary<string, State> States = new(StringComparer.OrdinalIgnoreCase)
    {
        ["queued"] = State.Queued,
        ["held"] = State.Held,
        ["sending"] = State.Sending,
        ["awaiting-answer"] = State.AwaitingAnswer,
        ["answered"] = State.Answered,
        ["undeliverable"] = State.Undeliverable,
        ["withdrawn"] = State.Withdrawn,
        ["expired"] = State.Expired,
    };

    public static Command Build(Runner runner)
    {
        var partner = Parts.Named("--partner", Sentences.Get("Exchanges.List.Partner"));
        var @case = Parts.Named("--case", Sentences.Get("Exchanges.List.Case"));
        var state = Parts.Choice("--state", States, Sentences.Get("Exchanges.List.State", string.Join(", ", States.Keys)));
        var limit = Parts.Limit();
        var list = new Command("list", Sentences.Get("Exchanges.List")) { partner, @case, state, limit };
        runner.Set(list, (run, cancellationToken) => ListAsync(
            run,
            new ListExchangesRequest
            {
                Partner = run.Value(partner) is { } p ? Names.Of("partners", p) : "",
                Case = run.Value(@case) is { } c ? Names.Of("cases", c) : "",
                State = run.Value(state) is { } s ? States[s] : State.Unspecified,
            },
            run.Value(limit),
            cancellationToken));

        var name = new Argument<string>("NAME") { HelpName = Sentences.Get("Option.Name.Name"), Description = Sentences.Get("Exchanges.Show.Name") };
        var show = new Command("show", Sentences.Get("Exchanges.Show")) { name };
        runner.Set(show, (run, cancellationToken) => ShowAsync(run, Names.Of("exchanges", run.Required(name)), cancellationToken));
        var exchanges = new Command("exchanges", Sentences.Get("Exchanges")) { list, show };
        foreach (var command in Operating(runner))
            exchanges.Add(command);
        return exchanges;
    }

    private static async Task<int> ListAsync(Run run, ListExchangesRequest request, int limit, CancellationToken cancellationToken)
    {
        var (found, more) = await Parts.ListAsync<Exchange>(run.Output, limit, async (size, token) =>
        {
            (request.PageSize, request.PageToken) = (size, token);
            var page = await run.Client.Exchanges.ListExchangesAsync(request, cancellationToken: cancellationToken);
            return (page.Exchanges, page.NextPageToken);
        });
        if (found.Count == 0)
            run.Output.Line(Sentences.Get("Exchanges.None"));
        run.Output.Table(
            [Sentences.Get("Column.Exchange"), Sentences.Get("Column.Kind"), Sentences.Get("Column.Partner"), Sentences.Get("Column.Created"), Sentences.Get("Column.State")],
            [.. found.Select(e => (string[])[e.Name, Sentences.Word("Kind", e.Kind), e.Partner, FrenchTime.Short(e.CreateTime), Standing(e)])]);
        if (more)
            run.Output.Note(Sentences.Get("More", found.Count));
        return ExitCodes.Ok;
    }

    private static async Task<int> ShowAsync(Run run, string name, CancellationToken cancellationToken)
    {
        var response = await run.Client.Exchanges.GetExchangeAsync(new GetExchangeRequest { Name = name }, cancellationToken: cancellationToken);
        var output = run.Output;
        output.Object(response);
        var exchange = response.Exchange ?? new Exchange();
        Describe(output, exchange);
        if (exchange.Window is not null)
            output.Line(CasesCommands.Line(exchange.Window, run.Host.Time.GetUtcNow()));
        if (response.Attempts.Count > 0)
            output.Line('\n' + Sentences.Get("Exchanges.Attempts"));
        output.Table(
            [
                Sentences.Get("Column.Number"), Sentences.Get("Column.Time"), Sentences.Get("Column.Outcome"), Sentences.Get("Column.Transport"), Sentences.Get("Column.Latency"),
                Sentences.Get("Column.Size"), Sentences.Get("Column.Hash"), Sentences.Get("Column.Error"),
            ],
            [.. response.Attempts.Select(a => (string[])
                [
                    a.Number.ToString(Sentences.French), FrenchTime.Short(a.StartTime), Sentences.Word("Outcome", a.Outcome), Sentences.Word("Transport", a.Transport),
                    a.Latency is null ? "—" : FrenchTime.Milliseconds(a.Latency.ToTimeSpan()), a.SizeBytes.ToString(CultureInfo.InvariantCulture),
                    Convert.ToHexStringLower(a.Sha256.Span)[..Math.Min(16, a.Sha256.Length * 2)], a.Error,
                ])]);
        return ExitCodes.Ok;
    }

    /// <summary>The state in words; of a held one, why it is.</summary>
    private static string Standing(Exchange exchange) =>
        exchange.HoldReason.Length > 0 ? Sentences.Word("Held", exchange.HoldReason) : Sentences.Word("State", exchange.State);

    /// <summary>What it is and where it stands, in lines.</summary>
    private static void Describe(Output output, Exchange exchange)
    {
        output.Line(Sentences.Get("Exchanges.Title", Sentences.Word("Kind", exchange.Kind), exchange.Name));
        output.Line(Sentences.Get("Exchanges.For", exchange.Partner, exchange.Case, exchange.Subject));
        output.Line(Sentences.Get("Exchanges.State", Standing(exchange), FrenchTime.Long(exchange.CreateTime)));
        if (exchange.DeliveryTime is not null)
            output.Line(Sentences.Get("Exchanges.Delivered", FrenchTime.Long(exchange.DeliveryTime)));
        if (exchange.NextAttemptTime is not null)
            output.Line(Sentences.Get("Exchanges.NextAttempt", FrenchTime.Long(exchange.NextAttemptTime)));
        if (exchange.AnswerTime is not null)
            output.Line(Sentences.Get("Exchanges.Answered", Sentences.Word("Answer", exchange.AnswerCode), FrenchTime.Long(exchange.AnswerTime)));
        if (exchange.EndReason.Length > 0)
            output.Line(Sentences.Get("Exchanges.Ended", Printable.Line(exchange.EndReason)));
        if (exchange.SupersededBy.Length > 0)
            output.Line(Sentences.Get("Exchanges.SupersededBy", exchange.SupersededBy));
    }
}

/// <summary>Names of resources as people give them: whole, or without what the command says already.</summary>
internal static class Names
{
    public static string Of(string collection, string given) => given.Contains('/', StringComparison.Ordinal) ? given : $"{collection}/{given}";
}
