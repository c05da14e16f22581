using System.CommandLine;
using Google.Protobuf.WellKnownTypes;
using Passerelle.Contracts.Clocks.V1;
using Answer = Passerelle.Contracts.Clocks.V1.ClockEvent.Types.AnswerKind;
using Kind = Passerelle.Contracts.Clocks.V1.ClockEvent.Types.Kind;

namespace Passerelle.Cli.Commands;

/// <summary>What may be done to a clock, each with who asks for it and why.</summary>
internal static partial class ClocksCommands
{
    private static readonly Dictionary<string, Kind> Kinds = new(StringComparer.OrdinalIgnoreCase)
    {
        ["started"] = Kind.Started,
        ["answered"] = Kind.Answered,
        ["paused"] = Kind.Paused,
        ["resumed"] = Kind.Resumed,
    };

    private static readonly Dictionary<string, Answer> Answers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["message"] = Answer.MessageDelivered,
        ["call"] = Answer.CallLogged,
        ["appointment"] = Answer.AppointmentConfirmed,
        ["partner"] = Answer.PartnerAnswered,
    };

    private static IEnumerable<Command> Operating(Runner runner)
    {
        var name = Name();
        var by = new Option<string>("--by") { HelpName = Sentences.Get("Option.Name.Name"), Description = Sentences.Get("Clocks.By"), DefaultValueFactory = _ => "" };
        var why = new Option<string>("--why") { HelpName = Sentences.Get("Option.Text.Name"), Description = Sentences.Get("Clocks.Why"), Required = true };
        var maybeWhy = new Option<string>("--why") { HelpName = Sentences.Get("Option.Text.Name"), Description = Sentences.Get("Clocks.MaybeWhy"), DefaultValueFactory = _ => "" };

        var pause = new Command("pause", Sentences.Get("Clocks.Pause")) { name, why, by };
        runner.Set(pause, async (run, cancellationToken) =>
        {
            var request = new PauseClockRequest { Name = NameOf(run, name), Why = run.Value(why), By = run.Value(by) };
            return Changed(run, (await run.Client.Clocks.PauseClockAsync(request, cancellationToken: cancellationToken)).Clock);
        });
        yield return pause;

        var resume = new Command("resume", Sentences.Get("Clocks.Resume")) { name, maybeWhy, by };
        runner.Set(resume, async (run, cancellationToken) =>
        {
            var request = new ResumeClockRequest { Name = NameOf(run, name), Why = run.Value(maybeWhy), By = run.Value(by) };
            return Changed(run, (await run.Client.Clocks.ResumeClockAsync(request, cancellationToken: cancellationToken)).Clock);
        });
        yield return resume;

        var reopen = new Command("reopen", Sentences.Get("Clocks.Reopen")) { name, why, by };
        runner.Set(reopen, async (run, cancellationToken) =>
        {
            var request = new ReopenClockRequest { Name = NameOf(run, name), Why = run.Value(why), By = run.Value(by) };
            return Changed(run, (await run.Client.Clocks.ReopenClockAsync(request, cancellationToken: cancellationToken)).Clock);
        });
        yield return reopen;

        var remove = new Option<int>("--remove") { HelpName = "N", Description = Sentences.Get("Clocks.Correct.Remove") };
        var add = Parts.Choice("--add", Kinds, Sentences.Get("Clocks.Correct.Add", string.Join(", ", Kinds.Keys)));
        var at = Parts.Time("--at", Sentences.Get("Clocks.Correct.At"));
        var answer = Parts.Choice("--answer", Answers, Sentences.Get("Clocks.Correct.Answer", string.Join(", ", Answers.Keys)));
        var correct = new Command("correct", Sentences.Get("Clocks.Correct")) { name, remove, add, at, answer, why, by };
        correct.Validators.Add(result =>
        {
            if (result.GetResult(remove) is null && result.GetResult(add) is null)
                result.AddError(Sentences.Get("Clocks.Correct.Nothing"));
            if (result.GetResult(add) is null != result.GetResult(at) is null)
                result.AddError(Sentences.Get("Clocks.Correct.Together"));
        });
        runner.Set(correct, async (run, cancellationToken) =>
        {
            var request = new CorrectClockRequest
            {
                RequestId = run.Client.NewRequestId(),
                Name = NameOf(run, name),
                RemovedNumber = run.Value(remove),
                AddedKind = run.Value(add) is { } kind ? Kinds[kind] : Kind.Unspecified,
                AddedTime = run.Value(at)?.ToTimestamp(),
                AddedAnswerKind = run.Value(answer) is { } word ? Answers[word] : Answer.Unspecified,
                Why = run.Value(why),
                By = run.Value(by),
            };
            return Changed(run, (await run.Client.Clocks.CorrectClockAsync(request, cancellationToken: cancellationToken)).Clock);
        });
        yield return correct;
    }

    private static int Changed(Run run, Clock? clock)
    {
        run.Output.Object(clock ?? new Clock());
        Show(run, clock);
        return ExitCodes.Ok;
    }
}
