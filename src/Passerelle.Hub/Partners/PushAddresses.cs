using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Platform;

namespace Passerelle.Hub.Partners;

/// <summary>Where the hub may be pointed at: public addresses by https, and the networks that the operator allows. A partner's address is a stranger's word;
/// without this it would make the hub call its own network. The text is checked when it is given (Check), and the addresses that its name stands for at every connection (May).</summary>
public sealed class PushAddresses(IOptions<PushOptions> options)
{
    const int MaxLength = 500;

    static readonly IPNetwork[] NotPublic =
    [
        .. from network in new[]
        {
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", // this host and private networks
            "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", // protocols, documentation, 6to4 relays, benchmarks
            "224.0.0.0/4", "240.0.0.0/4", // multicast; reserved, broadcast
            "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", // protocols with Teredo, documentation, 6to4, documentation
        } select IPNetwork.Parse(network),
    ];

    // Everything in IPv6 that is public is in here; loopback, fc00::/7, fe80::/10 and multicast are not.
    static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");
    static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    readonly IPNetwork[] allowed = [.. options.Value.AllowedNetworks.Select(n => IPNetwork.Parse(n))];

    /// <summary>Whether a connection to this very address may be made.</summary>
    /// <param name="secure">With TLS. Without it, only the networks that the operator allows.</param>
    public bool May(IPAddress address, bool secure)
    {
        var plain = Plain(address);
        return allowed.Any(n => n.Contains(plain) || n.Contains(address)) || (secure && IsPublic(plain));
    }

    /// <summary>Whether this may be a partner's address, as far as the text tells.</summary>
    /// <param name="reason">What is wrong, for whoever gave it; as the description of a field violation.</param>
    public bool Check(string text, [NotNullWhen(true)] out Uri? address, out string reason)
    {
        address = null;
        if (text.Length > MaxLength) reason = $"is longer than {MaxLength} characters";
        else if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Host.Length == 0) reason = "must look like https://host:port";
        else if (!Check(uri, out reason)) return false;
        else address = uri;
        return address is not null;
    }

    public bool Check(Uri address, out string reason)
    {
        var secure = address.Scheme == Uri.UriSchemeHttps;
        if (!secure && address.Scheme != Uri.UriSchemeHttp) reason = "must begin with https://";
        else if (HostOf(address) is not { } host) reason = "must look like https://host:port";
        else if (address.UserInfo.Length > 0) reason = "must not hold a user or a password";
        else if (address.AbsolutePath != "/" || address.Query.Length > 0 || address.Fragment.Length > 0) reason = "must end after the host and port";
        else if (address.Port == 0) reason = "must not name port 0";
        else if (Literal(host) is { } literal && !May(literal, secure)) reason = May(literal, secure: true) ? "must begin with https://" : "is in a network that the hub does not call";
        else if (!secure && allowed.Length == 0) reason = "must begin with https://";
        else reason = "";
        return reason.Length == 0;
    }

    /// <summary>The same for a field of a request.</summary>
    public Uri? Check(string text, string field, Violations violations)
    {
        if (Check(text, out var address, out var reason)) return address;
        violations.Add(field, text.Length == 0 ? "is required" : reason);
        return null;
    }

    /// <summary>The address that a host which is no name stands for, in whatever way it is written (Uri knows 127.1, 0x7f000001 and their like).</summary>
    static IPAddress? Literal(string host)
    {
        if (IPAddress.TryParse(host, out var literal)) return literal;
        return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase) ? IPAddress.Loopback : null;
    }

    /// <summary>As it is looked up, in ASCII; null for a name that cannot be.</summary>
    static string? HostOf(Uri address)
    {
        try { return address.IdnHost.TrimEnd('.') is { Length: > 0 } host ? host : null; }
        catch (UriFormatException) { return null; }
    }

    static bool IsPublic(IPAddress plain) =>
        (plain.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(plain)) && !NotPublic.Any(n => n.Contains(plain));

    /// <summary>An IPv4 address in IPv6 clothes is judged as what it is.</summary>
    static IPAddress Plain(IPAddress address) => address switch
    {
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4(),
        { AddressFamily: AddressFamily.InterNetworkV6 } when Nat64.Contains(address) => new IPAddress(address.GetAddressBytes().AsSpan(12)),
        _ => address,
    };
}
