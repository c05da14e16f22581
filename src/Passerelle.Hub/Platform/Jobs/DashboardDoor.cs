using System.Net;
using Hangfire.Dashboard;

namespace Passerelle.Hub.Platform.Jobs;

/// <summary>Lets into Hangfire's dashboard whoever sits at this machine: by its own address, under a name of this machine (a page from elsewhere that a browser here was led to comes under its own), and
/// not by way of a proxy, whose address says nothing of who is behind it.</summary>
public sealed class DashboardDoor : IDashboardAuthorizationFilter
{
    public const string Path = "/hangfire";

    static readonly string[] Forwarded = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"];

    public bool Authorize(DashboardContext context) => IsLocal(context.GetHttpContext());

    public static bool IsLocal(HttpContext http) =>
        http.Connection.RemoteIpAddress is { } address && (IPAddress.IsLoopback(address) || address.Equals(http.Connection.LocalIpAddress))
        && (http.Request.Host.Host is "localhost" || (IPAddress.TryParse(http.Request.Host.Host.Trim('[', ']'), out var named) && (IPAddress.IsLoopback(named) || named.Equals(address))))
        && !Array.Exists(Forwarded, http.Request.Headers.ContainsKey);
}
