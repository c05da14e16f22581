using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Passerelle.Hub.Platform;

/// <summary>A certificate authority for development, made on first start: the server's certificate and the demonstration callers' come from it. Elsewhere the operator brings certificates.</summary>
public sealed class DevelopmentAuthority
{
    static readonly TimeSpan Lifetime = TimeSpan.FromDays(3650);

    readonly string folder;
    readonly X509Certificate2 authority;

    DevelopmentAuthority(string folder, X509Certificate2 authority) => (this.folder, this.authority) = (folder, authority);

    public string AuthorityPath => Path.Combine(folder, "authority.crt");

    public static DevelopmentAuthority Open(string folder, DateTimeOffset now)
    {
        Directory.CreateDirectory(folder);
        var pem = Path.Combine(folder, "authority.pem");
        if (!File.Exists(pem))
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest("CN=Passerelle development authority", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
            request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
            request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
            using var made = request.CreateSelfSigned(now.AddDays(-1), now + Lifetime);
            WritePrivate(pem, made.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
            File.WriteAllText(Path.Combine(folder, "authority.crt"), made.ExportCertificatePem() + "\n");
        }

        return new DevelopmentAuthority(folder, X509Certificate2.CreateFromPemFile(pem));
    }

    /// <summary>The path of a PEM file with a certificate and its key; made when it is not there.</summary>
    /// <param name="forServer">A server's, for localhost; else a client's.</param>
    public string Ensure(string name, bool forServer, DateTimeOffset now)
    {
        var pem = Path.Combine(folder, $"{name}.pem");
        if (File.Exists(pem)) return pem;
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(forServer ? "1.3.6.1.5.5.7.3.1" : "1.3.6.1.5.5.7.3.2")], false));
        if (forServer)
        {
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName("localhost");
            names.AddIpAddress(IPAddress.Loopback);
            names.AddIpAddress(IPAddress.IPv6Loopback);
            request.CertificateExtensions.Add(names.Build());
        }

        using var made = request.Create(authority, now.AddDays(-1), now + Lifetime - TimeSpan.FromDays(1), RandomNumberGenerator.GetBytes(16));
        WritePrivate(pem, made.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        return pem;
    }

    static void WritePrivate(string path, string text)
    {
        using var writer = new StreamWriter(new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }));
        writer.Write(text);
    }
}
