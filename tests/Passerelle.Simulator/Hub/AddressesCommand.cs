namespace Passerelle.Simulator.Hub;

/// <summary>Says where the hub listens and gives a first call that works as printed.</summary>
static class AddressesCommand
{
    public static OptionSet Options { get; } = new(Required: ["--keys"], Valued: [], Flags: []);

    public static async Task<int> RunAsync(ParsedOptions options, TimeProvider time)
    {
        var keys = await KeyFile.ReadAsync(options["--keys"], time, CancellationToken.None);
        var grpc = new Uri(keys.Addresses.Grpc);
        var crm = keys.Caller("crm-demo");
        Console.WriteLine($"gRPC                      {keys.Addresses.Grpc}");
        // A hub on a database of one's own has no development authority, and TLS only where it was given a certificate.
        if (keys.Addresses.GrpcTls is { } tls) Console.WriteLine($"gRPC with TLS             {tls}   (authority: {keys.Authority})");
        Console.WriteLine($"""
            HTTP/JSON, health, jobs   {keys.Addresses.Http}   (/health/ready, /hangfire)
            Keys                      {options["--keys"]}   ({string.Join(", ", keys.Callers.Select(caller => caller.Name))})

            A first call, as the advisors' application:
              grpcurl -plaintext -H 'authorization: Bearer {crm.Key}' {grpc.Authority} passerelle.cases.v1.CaseService/ListCases
              curl -H 'authorization: Bearer {crm.Key}' {keys.Addresses.Http}/v1/cases
            """);
        return 0;
    }
}
