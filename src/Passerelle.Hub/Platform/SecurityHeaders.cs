using Microsoft.Extensions.Primitives;
using Passerelle.Hub.Platform.Jobs;

namespace Passerelle.Hub.Platform;

/// <summary>What every answer over HTTP tells a browser: take it for what it says it is, run nothing in it, frame it nowhere, keep it nowhere, and tell nobody where you came from. A page that needs more says so itself.</summary>
public static class SecurityHeaders
{
    const string Nothing = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    /// <summary>Hangfire's pages have scripts and styles of their own, and styles and one script in them.</summary>
    const string Dashboard = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        + "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    /// <summary>Browsers come back by TLS only, for a year.</summary>
    const string OnlyTls = "max-age=31536000";

    public static Task AddAsync(HttpContext context, RequestDelegate next)
    {
        // No browser reads gRPC, and each header is written with every call.
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) == true) return next(context);
        context.Response.OnStarting(Add, context);
        return next(context);
    }

    static Task Add(object state)
    {
        var context = (HttpContext)state;
        var headers = context.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        if (StringValues.IsNullOrEmpty(headers.ContentSecurityPolicy)) headers.ContentSecurityPolicy = context.Request.Path.StartsWithSegments(DashboardDoor.Path) ? Dashboard : Nothing;
        if (StringValues.IsNullOrEmpty(headers.CacheControl)) headers.CacheControl = "no-store";
        if (context.Request.IsHttps) headers.StrictTransportSecurity = OnlyTls;
        return Task.CompletedTask;
    }
}
