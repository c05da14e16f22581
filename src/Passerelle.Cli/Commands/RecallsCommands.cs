using System.CommandLine;
using Passerelle.Cli.Settings;
using Passerelle.Client;
using Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Cli.Commands;

/// <summary><c>passerelle recalls</c>: what a recipient is asked to let go of, its answer, and the certificate of both.</summary>
internal static class RecallsCommands
{
    private static readonly Dictionary<string, RecallOutcome> Outcomes = new()
    {
        ["done"] = RecallOutcome.Done,
        ["not-held"] = RecallOutcome.NotHeld,
        ["kept-by-law"] = RecallOutcome.KeptByLaw,
        ["kept-for-claims"] = RecallOutcome.KeptForClaims,
    };

    public static Command Build(Runner runner) => new("recalls", Sentences.Get("Recalls")) { List(runner), Show(runner), Answer(runner), Certify(runner), Verify(runner) };

    private static Command List(Runner runner)
    {
        var (person, open, limit) = (Parts.Named("--person", Sentences.Get("Recalls.Person")), new Option<bool>("--open") { Description = Sentences.Get("Recalls.Open") }, Parts.Limit());
        var list = new Command("list", Sentences.Get("Recalls.List")) { person, open, limit };
        runner.Set(list, async (run, cancellationToken) =>
        {
            var (found, more) = await Parts.ListAsync<Recall>(run.Output, run.Value(limit), async (size, token) =>
            {
                var page = await run.Client.Recalls.ListRecallsAsync(
                    new ListRecallsRequest { Person = run.Value(person) is { } given ? Names.Of("persons", given) : "", Open = run.Value(open), PageSize = size, PageToken = token }, cancellationToken: cancellationToken);
                return (page.Recalls, page.NextPageToken);
            });
            if (found.Count == 0)
                run.Output.Line(Sentences.Get("Recalls.None"));
            run.Output.Table(
                [Sentences.Get("Column.Recall"), Sentences.Get("Column.Reason"), Sentences.Get("Column.Opened"), Sentences.Get("Column.Answers")],
                [.. found.Select(r => (string[])[r.Name, Sentences.Word("RecallReason", r.Reason), FrenchTime.Short(r.CreateTime), $"{r.Recipients.Count(x => x.AnswerTime is not null)} / {r.Recipients.Count}"])]);
            if (more)
                run.Output.Line(Sentences.Get("More", found.Count));
            return ExitCodes.Ok;
        });
        return list;
    }

    private static Command Show(Runner runner)
    {
        var name = RecallArgument();
        var show = new Command("show", Sentences.Get("Recalls.Show")) { name };
        runner.Set(show, async (run, cancellationToken) =>
        {
            var recall = (await run.Client.Recalls.GetRecallAsync(new GetRecallRequest { Name = Names.Of("recalls", run.Required(name)) }, cancellationToken: cancellationToken)).Recall;
            run.Output.Object(recall);
            run.Output.Line(Sentences.Get("Recalls.Title", recall.Name, Sentences.Word("RecallReason", recall.Reason), FrenchTime.Long(recall.CreateTime)));
            run.Output.Table(
                [Sentences.Get("Column.Partner"), Sentences.Get("Column.Due"), Sentences.Get("Column.State")],
                [.. recall.Recipients.Select(r => (string[])[r.Partner, FrenchTime.Short(r.DueTime), Standing(r)])]);
            return ExitCodes.Ok;
        });
        return show;
    }

    private static Command Answer(Runner runner)
    {
        var name = new Argument<string>("NAME") { HelpName = Sentences.Get("Option.Name.Name"), Description = Sentences.Get("Recalls.Notice") };
        var outcome = Parts.Choice("--outcome", Outcomes, Sentences.Get("Recalls.Outcome"));
        outcome.Required = true;
        var answer = new Command("answer", Sentences.Get("Recalls.Answer")) { name, outcome };
        runner.Set(answer, async (run, cancellationToken) =>
        {
            var request = new AnswerRecallRequest { RequestId = run.Client.NewRequestId(), Name = Names.Of("recallNotices", run.Required(name)), Outcome = Outcomes[run.Value(outcome)!] };
            var recipient = (await run.Client.Recalls.AnswerRecallAsync(request, cancellationToken: cancellationToken)).Recipient;
            run.Output.Object(recipient);
            run.Output.Line(Sentences.Get("Recalls.Answered", Standing(recipient)));
            return ExitCodes.Ok;
        });
        return answer;
    }

    private static Command Certify(Runner runner)
    {
        var name = RecallArgument();
        var to = new Option<FileInfo>("--to") { HelpName = Sentences.Get("Option.File.Name"), Description = Sentences.Get("Recalls.Certify.To"), Required = true };
        var certify = new Command("certify", Sentences.Get("Recalls.Certify")) { name, to };
        runner.Set(certify, async (run, cancellationToken) =>
        {
            var response = await run.Client.Recalls.GetRecallCertificateAsync(new GetRecallCertificateRequest { Name = Names.Of("recalls", run.Required(name)) }, cancellationToken: cancellationToken);
            await File.WriteAllBytesAsync(run.Value(to)!.FullName, response.Certificate.ToByteArray(), cancellationToken);
            run.Output.Line(Sentences.Get("Recalls.Certified", Printable.Line(run.Value(to)!.FullName)));
            return ExitCodes.Ok;
        });
        return certify;
    }

    private static Command Verify(Runner runner)
    {
        var file = new Argument<FileInfo>("FILE") { HelpName = Sentences.Get("Option.File.Name"), Description = Sentences.Get("Recalls.Verify.File") };
        var key = new Option<string>("--hub-key") { HelpName = Sentences.Get("Option.Key.Name"), Description = Sentences.Get("Recalls.Verify.Key"), Required = true };
        var verify = new Command("verify", Sentences.Get("Recalls.Verify")) { file, key };
        runner.SetOffline(verify, async (parsed, output, cancellationToken) =>
        {
            var check = Check(await File.ReadAllBytesAsync(parsed.GetRequiredValue(file).FullName, cancellationToken), parsed.GetRequiredValue(key));
            if (check.Payload is null)
                throw new UsageException(Sentences.Get("Recalls.Verify.Wrong"));
            output.Line(Sentences.Get("Recalls.Verify.Right"));
            output.Line(check.Payload);
            return ExitCodes.Ok;
        });
        return verify;
    }

    private static CertificateCheck Check(byte[] certificate, string key)
    {
        try
        {
            return CertificateVerifier.Check(certificate, key);
        }
        catch (ArgumentException)
        {
            throw new UsageException(Sentences.Get("Recalls.Verify.KeyMalformed"));
        }
    }

    private static Argument<string> RecallArgument() => new("NAME") { HelpName = Sentences.Get("Option.Name.Name"), Description = Sentences.Get("Recalls.Name") };

    private static string Standing(Recall.Types.Recipient recipient) =>
        recipient.AnswerTime is not null ? Sentences.Word("RecallOutcome", recipient.Outcome)
        : recipient.EscalateTime is not null ? Sentences.Get("Recalls.Escalated")
        : recipient.DeliveryTime is not null ? Sentences.Get("Recalls.Delivered")
        : Sentences.Get("Recalls.Undelivered");
}
