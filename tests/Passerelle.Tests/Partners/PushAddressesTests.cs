using System.Net;
using CsCheck;
using Microsoft.Extensions.Options;
using Passerelle.Hub.Partners;
using Passerelle.Hub.Platform;

namespace Passerelle.Tests.Partners;

public sealed class PushAddressesTests
{
    static readonly PushAddresses strict = With();
    static readonly PushAddresses lenient = With("10.1.0.0/16", "127.0.0.0/8", "fd00:1::/64");

    /// <summary>First and last address of every range that is not public.</summary>
    public static TheoryData<string> Forbidden =>
    [
        "0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1", "127.255.255.255",
        "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.255", "192.0.2.0", "192.0.2.255",
        "192.88.99.0", "192.88.99.255", "192.168.0.0", "192.168.255.255", "198.18.0.0", "198.19.255.255", "198.51.100.0", "198.51.100.255", "203.0.113.0", "203.0.113.255",
        "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.255",
        "::", "::1", "::7f00:1", "64:ff9b:1::a00:1", "100::1", "1fff:ffff::1", "2001::1", "2001:0:53aa:64c:0:fbff:f5ff:fffe", "2001:2::1", "2001:1ff:ffff::1", "2001:db8::1",
        "2001:db8:ffff::1", "2002:7f00:1::1", "2002:a00:1::1", "2002:5db8:d822::1", "3fff::1", "3fff:fff::1", "4000::1", "5f00::1",
        "fc00::1", "fdff:ffff::1", "fe80::1", "febf::1", "fe80::1%1", "fec0::1", "ff02::1", "fd00:ec2::254",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0.0.0.0", "::ffff:192.168.1.1", "64:ff9b::127.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::169.254.169.254",
    ];

    /// <summary>The neighbours of those ranges, and public addresses in other clothes.</summary>
    public static TheoryData<string> Public =>
    [
        "1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0",
        "192.0.1.0", "192.0.3.0", "192.88.98.255", "192.88.100.0", "192.167.255.255", "192.169.0.0", "198.17.255.255", "198.20.0.0", "198.51.99.255", "198.51.101.0",
        "203.0.112.255", "203.0.114.0", "223.255.255.255", "8.8.8.8", "2001:200::1", "2001:db7::1", "2001:db9::1", "2001:4860:4860::8888", "2003::1", "2a01::1", "3ffe::1",
        "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
    ];

    [Theory]
    [MemberData(nameof(Forbidden))]
    public void What_is_not_public_is_neither_called_nor_registered(string address)
    {
        Assert.False(strict.May(IPAddress.Parse(address), secure: true));
        Assert.False(strict.Check(UriOf("https", address), out _, out var reason));
        // ::ffff:... may be written in several ways, and a scope is no part of a host that Uri takes.
        Assert.NotEmpty(reason);
    }

    [Theory]
    [MemberData(nameof(Public))]
    public void What_is_public_is_called_by_https_only(string address)
    {
        Assert.True(strict.May(IPAddress.Parse(address), secure: true));
        Assert.False(strict.May(IPAddress.Parse(address), secure: false));
        Assert.True(strict.Check(UriOf("https", address), out _, out _));
        foreach (var addresses in (PushAddresses[])[strict, lenient])
        {
            Assert.False(addresses.Check(UriOf("http", address), out _, out var reason));
            Assert.Equal("must begin with https://", reason);
        }
    }

    [Theory]
    [InlineData("10.1.0.0", true)]
    [InlineData("10.1.255.255", true)]
    [InlineData("10.0.255.255", false)]
    [InlineData("10.2.0.0", false)]
    [InlineData("127.0.0.1", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("64:ff9b::10.1.2.3", true)]
    [InlineData("2002:a01:203::1", false)]
    [InlineData("fd00:1::5", true)]
    [InlineData("fd00:2::5", false)]
    [InlineData("::1", false)]
    [InlineData("169.254.169.254", false)]
    public void What_the_operator_allows_is_called_with_and_without_TLS_and_nothing_beside_it(string address, bool allowed)
    {
        foreach (var secure in (bool[])[true, false])
        {
            Assert.Equal(allowed, lenient.May(IPAddress.Parse(address), secure));
            Assert.Equal(allowed, lenient.Check(UriOf(secure ? "https" : "http", address), out _, out _));
        }
    }

    [Fact]
    public void Bits_after_the_prefix_of_an_allowed_network_mean_nothing() =>
        Assert.Equal((true, false), (With("10.1.7.9/16").May(IPAddress.Parse("10.1.255.255"), secure: false), With("10.1.7.9/16").May(IPAddress.Parse("10.2.7.9"), secure: false)));

    [Fact]
    public void An_allowed_network_may_be_a_6to4_or_any_other_one_by_its_own_name() =>
        Assert.True(With("2002:a01:203::/48").May(IPAddress.Parse("2002:a01:203::1"), secure: false));

    [Theory]
    [InlineData("https://localhost:5000")]
    [InlineData("https://LOCALHOST")]
    [InlineData("https://localhost.")]
    [InlineData("https://hub.localhost")]
    [InlineData("https://127.0.0.1.")]
    [InlineData("https://127.1")]
    [InlineData("https://2130706433")]
    [InlineData("https://0x7f000001")]
    [InlineData("https://0177.0.0.1")]
    [InlineData("https://0x7f.0.0.0x1")]
    [InlineData("https://127.0.0.1:443")]
    [InlineData("https://①②⑦.⓪.⓪.①")]
    [InlineData("https://[::]")]
    [InlineData("https://[::ffff:7f00:1]")]
    [InlineData("https://[0:0:0:0:0:ffff:127.0.0.1]")]
    [InlineData("https://[fe80::1%25eth0]")]
    public void The_hub_itself_is_recognised_however_it_is_written(string text)
    {
        Assert.False(strict.Check(text, out var address, out var reason));
        Assert.Null(address);
        Assert.NotEmpty(reason);
    }

    [Theory]
    [InlineData("", "must look like https://host:port")]
    [InlineData("grpc.example.org", "must look like https://host:port")]
    [InlineData("/exchanges", "must begin with https://")]
    [InlineData("ftp://grpc.example.org", "must begin with https://")]
    [InlineData("dns:///grpc.example.org", "must look like https://host:port")]
    [InlineData("unix:///run/partner.sock", "must look like https://host:port")]
    [InlineData("http://grpc.example.org", "must begin with https://")]
    [InlineData("https://user@grpc.example.org", "must not hold a user or a password")]
    [InlineData("https://user:password@grpc.example.org", "must not hold a user or a password")]
    [InlineData("https://grpc.example.org/door", "must end after the host and port")]
    [InlineData("https://grpc.example.org?door=1", "must end after the host and port")]
    [InlineData("https://grpc.example.org/#door", "must end after the host and port")]
    [InlineData("https://grpc.example.org:0", "must not name port 0")]
    [InlineData("https://grpc.example.org:65536", "must look like https://host:port")]
    [InlineData("https://.", "must look like https://host:port")]
    public void What_is_no_address_is_refused_with_what_is_wrong(string text, string expected)
    {
        Assert.False(strict.Check(text, out _, out var reason));
        // A path alone is a file's address to Uri, on this kind of machine.
        Assert.Contains(reason, (string[])[expected, "must look like https://host:port"]);
    }

    [Theory]
    [InlineData("https://grpc.example.org", "https://grpc.example.org/")]
    [InlineData("https://grpc.example.org:5443/", "https://grpc.example.org:5443/")]
    [InlineData("HTTPS://GRPC.EXAMPLE.ORG:443", "https://grpc.example.org/")]
    public void A_name_is_taken_and_looked_at_when_it_is_connected_to(string text, string expected)
    {
        Assert.True(strict.Check(text, out var address, out _));
        Assert.Equal(expected, address.ToString());
    }

    [Fact]
    public void A_name_without_TLS_is_taken_only_where_there_are_allowed_networks_it_may_be_in() =>
        Assert.Equal((false, true), (strict.Check("http://simulator:5082", out _, out _), lenient.Check("http://simulator:5082", out _, out _)));

    [Fact]
    public void A_field_of_a_request_hears_what_is_wrong_with_it()
    {
        var violations = new Violations();
        Assert.NotNull(strict.Check("https://grpc.example.org", "push_address", violations));
        Assert.Null(strict.Check("https://10.0.0.1", "push_address", violations));
        Assert.Null(strict.Check("", "push_address", violations));
        Assert.Null(strict.Check("https://" + new string('a', 500), "push_address", violations));
        Assert.Equal(["is in a network that the hub does not call", "is required", "is longer than 500 characters"], violations.Found.Select(v => v.Description));
    }

    [Fact]
    public void Whatever_is_written_nothing_throws_and_what_is_taken_is_an_address_of_the_web() =>
        Gen.OneOf(Gen.String, Gen.String.Select(s => "https://" + s), Gen.String[Gen.Char['\u0080', '\u3100'], 0, 80].Select(s => "https://xn--" + s), Gen.String[Gen.Char["0123456789abcdefx.:[]%/@?#\\"], 0, 30].Select(s => "https://" + s)).Sample(text =>
            !strict.Check(text, out var address, out _)
            || (address.Scheme == "https" && address.UserInfo.Length == 0 && (!IPAddress.TryParse(address.DnsSafeHost, out var literal) || strict.May(literal, secure: true))), iter: 20_000);

    [Fact]
    public void An_address_in_IPv6_clothes_is_judged_as_it_is_in_its_own() =>
        Gen.Byte.Array[4].Sample(bytes =>
        {
            var plain = new IPAddress(bytes);
            return strict.May(plain, true) == strict.May(plain.MapToIPv6(), true) && strict.May(plain, true) == strict.May(IPAddress.Parse($"64:ff9b::{plain}"), true);
        }, iter: 20_000);

    [Theory]
    [InlineData("10.1.0.0/16", true)]
    [InlineData("::1/128", true)]
    [InlineData("10.1.0.0/33", false)]
    [InlineData("10.1.0.0", false)]
    [InlineData("private", false)]
    public void Allowed_networks_are_checked_when_the_hub_starts(string network, bool right) =>
        Assert.Equal(right, !new PushOptions { AllowedNetworks = [network] }.Validate(new System.ComponentModel.DataAnnotations.ValidationContext(new object())).Any());

    static PushAddresses With(params string[] networks) => new(Options.Create(new PushOptions { AllowedNetworks = networks }));

    static string UriOf(string scheme, string address) => address.Contains(':', StringComparison.Ordinal) ? $"{scheme}://[{address}]:5443" : $"{scheme}://{address}:5443";
}
