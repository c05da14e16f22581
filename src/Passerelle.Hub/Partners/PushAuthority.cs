using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Passerelle.Hub.Partners;

/// <summary>The authorities that are pinned for a partner's server, as PEM.</summary>
public static class PushAuthority
{
    /// <summary>What is asked for, for whoever gave something else.</summary>
    public const string Wanted = "must hold PEM certificates, at least one of them an authority's own (self-signed), and no key";

    /// <param name="certificates">The certificates alone, without what stood around them.</param>
    public static bool TryRead(string pem, out string certificates)
    {
        certificates = "";
        if (pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal)) return false;
        var found = new X509Certificate2Collection();
        try { found.ImportFromPem(pem); }
        catch (CryptographicException) { return false; }
        // A chain ends at an authority: an intermediate alone would pin nothing and refuse everything.
        if (!found.Any(c => c.SubjectName.RawData.AsSpan().SequenceEqual(c.IssuerName.RawData))) return false;
        certificates = string.Join('\n', found.Select(c => c.ExportCertificatePem())) + "\n";
        return true;
    }
}
