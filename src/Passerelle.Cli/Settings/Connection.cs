using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Passerelle.Client;
using Passerelle.Contracts.Privacy.V1;

namespace Passerelle.Cli.Settings;

/// <summary>Where the hub is and who we are to it: an option wins over the environment, which wins over the profile.</summary>
internal sealed record Connection(Uri Address, string? Key, X509Certificate2? Certificate, string? AuthorityFile, AccessPurpose Purpose, string? Actor)
{
    /// <summary>Why persons' data may be read, as one says it.</summary>
    public static readonly Dictionary<string, AccessPurpose> Purposes =
        Enum.GetValues<AccessPurpose>().Where(p => p is not (AccessPurpose.Unspecified or AccessPurpose.Partner)).ToDictionary(Reading.Word);

    /// <summary>Says nothing of the key.</summary>
    public override string ToString() => Address.ToString();

    public static Connection Resolve(ParseResult parsed, ConnectionOptions options, Func<string, string?> variable, Action<string> warn)
    {
        var profile = Profile.Read(Chosen(parsed.GetValue(options.Profile), variable("PASSERELLE_PROFILE")), variable, warn);
        var text = Chosen(parsed.GetValue(options.Address), variable("PASSERELLE_ADDRESS"), profile.Address)
            ?? throw new UsageException(Sentences.Get("Usage.AddressMissing"));
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new UsageException(Sentences.Get("Usage.AddressMalformed", Printable.Line(text)));

        var key = Chosen(parsed.GetValue(options.Key), variable("PASSERELLE_KEY"), profile.Key)?.Trim();
        // The key is never repeated, not even a malformed one.
        if (key is not null && key.Any(c => c is <= ' ' or > '~'))
            throw new UsageException(Sentences.Get("Usage.KeyMalformed"));
        if (key is not null && address.Scheme == "http" && !address.IsLoopback)
            warn(Sentences.Get("Warning.KeyInClear", address));

        return new Connection(
            address,
            key,
            LoadCertificate(Chosen(parsed.GetValue(options.Certificate), profile.Certificate), variable("PASSERELLE_CERT_PASSWORD")),
            CheckAuthority(Chosen(parsed.GetValue(options.Authority), profile.Authority)),
            PurposeOf(Chosen(parsed.GetValue(options.Purpose), variable("PASSERELLE_PURPOSE"))),
            ActorOf(Chosen(parsed.GetValue(options.Actor), variable("PASSERELLE_ACTOR"))));
    }

    private static AccessPurpose PurposeOf(string? word) => word is null ? AccessPurpose.CaseHandling
        : Purposes.TryGetValue(word, out var purpose) ? purpose
        : throw new UsageException(Sentences.Get("WordUnknown", Printable.Line(word), "PASSERELLE_PURPOSE", string.Join(", ", Purposes.Keys)));

    private static string? ActorOf(string? actor) => actor is null || (actor.Length <= 100 && actor.All(c => char.IsAsciiLetterOrDigit(c) || "._:/-".Contains(c))) ? actor
        : throw new UsageException(Sentences.Get("Usage.ActorMalformed"));

    // Empty counts as unset: scripts write PASSERELLE_KEY= to say "none".
    private static string? Chosen(params ReadOnlySpan<string?> values)
    {
        foreach (var value in values)
        {
            if (!string.IsNullOrWhiteSpace(value))
                return value;
        }
        return null;
    }

    private static X509Certificate2? LoadCertificate(string? path, string? password)
    {
        if (path is null)
            return null;
        try
        {
            return X509Certificate2.GetCertContentType(path) == X509ContentType.Pkcs12
                ? X509CertificateLoader.LoadPkcs12FromFile(path, password)
                : Pem(path);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException(Sentences.Get("Usage.CertificateUnreadable", path));
        }

        // Windows cannot use the private key of a PEM file for TLS before it went through PKCS #12.
        static X509Certificate2 Pem(string path)
        {
            using var pem = X509Certificate2.CreateFromPemFile(path);
            return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
        }
    }

    private static string? CheckAuthority(string? path)
    {
        if (path is null)
            return null;
        try
        {
            var found = new X509Certificate2Collection();
            found.ImportFromPemFile(path);
            if (found.Count > 0)
                return path;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            // Said below, like a file without any certificate.
        }
        throw new UsageException(Sentences.Get("Usage.AuthorityUnreadable", path));
    }
}

/// <summary>The profile file: <c>{ "address": "...", "key": "...", "cert": "...", "authority": "..." }</c>, each of them optional.</summary>
internal sealed record Profile(string? Address = null, string? Key = null, string? Certificate = null, string? Authority = null)
{
    public static string? DefaultPath(Func<string, string?> variable)
    {
        var folder = variable("XDG_CONFIG_HOME") is { Length: > 0 } given
            ? given
            : variable("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config") : variable("APPDATA");
        return string.IsNullOrEmpty(folder) ? null : Path.Combine(folder, "passerelle", "profile.json");
    }

    public static Profile Read(string? chosen, Func<string, string?> variable, Action<string> warn)
    {
        // A profile that was named must be there; the default one need not.
        var path = chosen ?? DefaultPath(variable);
        if (path is null || (chosen is null && !File.Exists(path)))
            return new Profile();
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            // Certificates lie beside the profile.
            var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            var profile = new Profile(Text("address"), Text("key"), Beside(Text("cert")), Beside(Text("authority")));
            WarnIfReadableByOthers(path, profile, warn);
            return profile;

            string? Text(string name) => json.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
            string? Beside(string? file) => file is null ? null : Path.Combine(folder, file);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new UsageException(Sentences.Get("Usage.ProfileMalformed", path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(Sentences.Get("Usage.ProfileUnreadable", path));
        }
    }

    private static void WarnIfReadableByOthers(string path, Profile profile, Action<string> warn)
    {
        if (profile.Key is null || OperatingSystem.IsWindows())
            return;
        if ((File.GetUnixFileMode(path) & (UnixFileMode.GroupRead | UnixFileMode.OtherRead)) != 0)
            warn(Sentences.Get("Warning.ProfileReadable", path));
    }
}

/// <summary>The command was used wrongly; the message is for people.</summary>
internal sealed class UsageException(string message) : Exception(message);
