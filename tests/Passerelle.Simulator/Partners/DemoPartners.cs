using Passerelle.Simulator.Hub;

namespace Passerelle.Simulator.Partners;

/// <summary>The partners that receive, each with the behaviour that the story counts on.</summary>
sealed class DemoPartners
{
    public DemoPartners(KeyFile keys, string? hubAddress, TimeProvider time, ILogger logger)
    {
        var address = hubAddress ?? keys.Addresses.Grpc;
        // Its first delivery fails, so that the story shows a retry.
        Pushed = Agency("emploi-demo", new() { FailFirst = 1 });
        Pulling =
        [
            Agency("interim-demo", new() { Answer = AnswerChoice.Decline }),
            School("ecole-demo", new()),
            Estate("agence-demo", new()),
        ];

        DemoPartner Agency(string name, Behaviour behaviour)
        {
            var hub = new HubConnection(address, keys.Caller(name), time);
            return new DemoPartner(hub, new EmploymentDesk(hub), behaviour, time, logger);
        }

        DemoPartner Estate(string name, Behaviour behaviour)
        {
            var hub = new HubConnection(address, keys.Caller(name), time);
            return new DemoPartner(hub, new HousingDesk(hub), behaviour, time, logger);
        }

        DemoPartner School(string name, Behaviour behaviour)
        {
            var hub = new HubConnection(address, keys.Caller(name), time);
            return new DemoPartner(hub, new SchoolDesk(hub, time), behaviour, time, logger);
        }
    }

    public DemoPartner Pushed { get; }

    public IReadOnlyList<DemoPartner> Pulling { get; }

    public IEnumerable<DemoPartner> All => [Pushed, .. Pulling];
}
