using Crm.Gateway.Authentication;
using Crm.ServiceDefaults.Errors;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Crm.Gateway.Requests;

/// <summary>What a request may look like before anything is decided on it.</summary>
internal static class RequestHygiene
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    // Say who the caller is or what the request really was: only this gateway may say that to a service.
    private static readonly string[] ForgedPrefixes = ["X-User-", "X-Forwarded-", "X-Original-", "X-Auth-", "X-Roles", "X-HTTP-Method", "X-Method-Override", "X-Real-IP", "Forwarded", "X-Rewrite-"];

    /// <summary>The second listener takes gRPC from machine clients; the kernel's second port becomes it.</summary>
    public static void AddGrpcIngress(this WebApplicationBuilder builder) =>
        builder.Configuration["GRPC_PORT"] = builder.Configuration["GRPC_INGRESS_PORT"] ?? "8081";

    public static void UseRequestHygiene(this WebApplication app)
    {
        var trusted = app.Configuration.GetSection("Gateway:TrustedProxies").Get<string[]>() ?? [];
        if (trusted.Length > 0) app.UseForwardedHeaders(Forwarded(trusted));

        var ingress = int.Parse(app.Configuration["GRPC_PORT"]!, System.Globalization.CultureInfo.InvariantCulture);
        app.Use((http, next) =>
        {
            var headers = http.Request.Headers;
            if (!Methods.Contains(http.Request.Method, StringComparer.Ordinal)) return Refuse(http, StatusCodes.Status405MethodNotAllowed);
            foreach (var name in headers.Keys.Where(IsForged).ToList()) headers.Remove(name);
            if (headers.Authorization.Count > 1) return Ambiguous(http);

            // Each listener serves its own paths only, whatever Host header a client makes up.
            if (http.Connection.LocalPort == ingress) return IngressAsync(http, next);
            // The list of dependencies is for whoever operates the platform, not for this port.
            var path = http.Request.Path;
            if (path.Value!.StartsWith("/crm.", StringComparison.Ordinal) || path.Value.TrimEnd('/') == "/health") return Refuse(http, StatusCodes.Status404NotFound);
            return headers.Authorization.Count > 0 && http.Request.Cookies.ContainsKey(SessionHandler.CookieName) ? Ambiguous(http) : next(http);
        });
    }

    private static Task IngressAsync(HttpContext http, RequestDelegate next)
    {
        if (!http.Request.Path.Value!.StartsWith("/crm.", StringComparison.Ordinal)) return Refuse(http, StatusCodes.Status404NotFound);
        http.Request.Headers.Remove("Cookie");
        // A department's stream lasts for minutes and may pause between batches.
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
        return next(http);
    }

    private static bool IsForged(string name) => ForgedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    private static Task Refuse(HttpContext http, int status)
    {
        http.Response.StatusCode = status; // the body is written by the status code pages
        return Task.CompletedTask;
    }

    private static Task Ambiguous(HttpContext http) =>
        Error.Invalid("auth.ambiguous", "One credential is expected: either a session or one bearer token.").ToProblem().ExecuteAsync(http);

    private static ForwardedHeadersOptions Forwarded(string[] trusted)
    {
        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (var network in trusted) options.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(network));
        return options;
    }
}
