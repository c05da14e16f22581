using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Security.Cryptography;

namespace Passerelle.Hub.Partners;

/// <summary>How the hub reaches the servers of partners that receive by push. Section `Push`.</summary>
public sealed class PushOptions : IValidatableObject
{
    /// <summary>Networks, as `10.1.0.0/16` or `fd00:1::/64`, that partners' servers may be in although they are not public, and towards which `http` without TLS is allowed.
    /// Default: none, so that nobody can point the hub at its own network. The demonstration adds this machine's loopback.</summary>
    public string[] AllowedNetworks { get; set; } = [];

    /// <summary>PEM file with the hub's own certificate, its key, and the intermediate certificates if there are any: shown to every partner that asks for one.
    /// Read again within 5 seconds when the file changes. Default: none.</summary>
    public string? ClientCertificate { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var network in AllowedNetworks)
            if (!IPNetwork.TryParse(network, out _)) yield return new ValidationResult($"Push:AllowedNetworks: {network} is no network; write it as 10.1.0.0/16.");
        if (ClientCertificate is { } file && !CanRead(file)) yield return new ValidationResult($"Push:ClientCertificate: {file} does not hold a certificate and its key in PEM.");
    }

    static bool CanRead(string file)
    {
        try { return PushCertificate.Read(file) is not null; }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException) { return false; }
    }
}
