using System.CommandLine;
using Passerelle.Contracts.Partners.V1;

namespace Passerelle.Cli.Commands;

/// <summary><c>passerelle partners</c>: who they are, whether they can be reached, hold and let go.</summary>
internal static class PartnersCommands
{
    public static Command Build(Runner runner)
    {
        var list = new Command("list", Sentences.Get("Partners.List"));
        runner.Set(list, ListAsync);

        var name = new Argument<string>("NAME") { HelpName = Sentences.Get("Option.Name.Name"), Description = Sentences.Get("Partners.Name") };
        var show = new Command("show", Sentences.Get("Partners.Show")) { name };
        runner.Set(show, async (run, cancellationToken) =>
        {
            var response = await run.Client.Partners.GetPartnerAsync(new GetPartnerRequest { Name = Name(run, name) }, cancellationToken: cancellationToken);
            return Show(run, response.Partner);
        });

        var reason = new Option<string>("--reason") { HelpName = Sentences.Get("Option.Text.Name"), Description = Sentences.Get("Partners.Pause.Reason"), Required = true };
        var pause = new Command("pause", Sentences.Get("Partners.Pause")) { name, reason };
        runner.Set(pause, async (run, cancellationToken) =>
        {
            var response = await run.Client.Partners.PausePartnerAsync(new PausePartnerRequest { Name = Name(run, name), Reason = run.Value(reason) }, cancellationToken: cancellationToken);
            return Show(run, response.Partner);
        });

        var resume = new Command("resume", Sentences.Get("Partners.Resume")) { name };
        runner.Set(resume, async (run, cancellationToken) =>
        {
            var response = await run.Client.Partners.ResumePartnerAsync(new ResumePartnerRequest { Name = Name(run, name) }, cancellationToken: cancellationToken);
            return Show(run, response.Partner);
        });

        var push = new Option<string?>("--push") { HelpName = Sentences.Get("Option.Address.Name"), Description = Sentences.Get("Partners.Delivery.Push") };
        var pull = new Option<bool>("--pull") { Description = Sentences.Get("Partners.Delivery.Pull") };
        var delivery = new Command("delivery", Sentences.Get("Partners.Delivery")) { name, push, pull };
        delivery.Validators.Add(result =>
        {
            if (result.GetResult(push) is not null == result.GetValue(pull))
                result.AddError(Sentences.Get("Partners.Delivery.OneOf"));
        });
        runner.Set(delivery, async (run, cancellationToken) =>
        {
            var request = new ChangeDeliveryRequest
            {
                Name = Name(run, name),
                Delivery = run.Value(pull) ? Partner.Types.Delivery.Pull : Partner.Types.Delivery.Push,
                PushAddress = run.Value(push) ?? "",
            };
            return Show(run, (await run.Client.Partners.ChangeDeliveryAsync(request, cancellationToken: cancellationToken)).Partner);
        });
        return new Command("partners", Sentences.Get("Partners")) { list, show, pause, resume, delivery };
    }

    private static string Name(Run run, Argument<string> name) => Names.Of("partners", run.Required(name));

    private static async Task<int> ListAsync(Run run, CancellationToken cancellationToken)
    {
        var (found, _) = await Parts.ListAsync<Partner>(run.Output, int.MaxValue, async (size, token) =>
        {
            var page = await run.Client.Partners.ListPartnersAsync(new ListPartnersRequest { PageSize = size, PageToken = token }, cancellationToken: cancellationToken);
            return (page.Partners, page.NextPageToken);
        });
        if (found.Count == 0)
            run.Output.Line(Sentences.Get("Partners.None"));
        run.Output.Table(
            [Sentences.Get("Column.Partner"), Sentences.Get("Column.DisplayName"), Sentences.Get("Column.Transport"), Sentences.Get("Column.State")],
            [.. found.Select(p => (string[])[p.Name, p.DisplayName, Sentences.Word("Delivery", p.Delivery), Standing(p)])]);
        return ExitCodes.Ok;
    }

    private static int Show(Run run, Partner? given)
    {
        var (output, partner) = (run.Output, given ?? new Partner());
        output.Object(partner);
        output.Line(Sentences.Get("Partners.Title", Printable.Line(partner.DisplayName), partner.Name));
        output.Line(Sentences.Get("Partners.Receives", Sentences.Word("Delivery", partner.Delivery)));
        output.Line(Sentences.Get("Partners.State", Standing(partner)));
        if (partner.Paused)
            output.Line(Sentences.Get("Partners.PausedSince", FrenchTime.Long(partner.PauseTime), Printable.Line(partner.PauseReason)));
        if (partner.ProbeTime is not null)
            output.Line(Sentences.Get("Partners.ProbedNext", FrenchTime.Long(partner.ProbeTime)));
        output.Line(partner.MaxPerSecond == 0
            ? Sentences.Get("Partners.LimitsNoRate", partner.MaxInFlight)
            : Sentences.Get("Partners.Limits", partner.MaxInFlight, partner.MaxPerSecond));
        return ExitCodes.Ok;
    }

    private static string Standing(Partner partner) => partner.Paused ? Sentences.Get("Partners.Paused") : Sentences.Word("Health", partner.Health);
}
