using System.CommandLine;

namespace Passerelle.Hub.Rights;

/// <summary>The key that certificates are signed with, to be published where people find it.</summary>
public static class CertificateCommands
{
    public static Command Build(Func<Func<IServiceProvider, Task>, CancellationToken, Task<int>> withServices)
    {
        var key = new Command("key", "Prints the public key that certificates are checked with. Publish it.");
        key.SetAction((_, ct) => withServices(async services => Console.WriteLine((await services.GetRequiredService<Certificates>().KeyAsync(ct)).Shown), ct));
        return new Command("certificates", "What the hub signs.") { key };
    }
}
