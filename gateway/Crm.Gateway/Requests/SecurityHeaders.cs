namespace Crm.Gateway.Requests;

/// <summary>Headers that tell browsers how little may be done with an answer. What a service said itself stays.</summary>
internal static class SecurityHeaders
{
    // Styles may stand inline (the console's component library sets its theme so); scripts never.
    private const string ContentSecurityPolicy =
        "default-src 'self'; base-uri 'none'; object-src 'none'; form-action 'self'; frame-ancestors 'none'; img-src 'self' data:; style-src 'self' 'unsafe-inline'";

    public static void UseSecurityHeaders(this WebApplication app) => app.Use((http, next) =>
    {
        http.Response.OnStarting(() =>
        {
            var headers = http.Response.Headers;
            var path = http.Request.Path;
            headers.Remove("Server");
            headers.Remove("X-Powered-By");
            headers.TryAdd("Content-Security-Policy", ContentSecurityPolicy);
            headers.TryAdd("X-Content-Type-Options", "nosniff");
            headers.TryAdd("Referrer-Policy", "no-referrer");
            headers.TryAdd("Permissions-Policy", "camera=(), geolocation=(), microphone=()");
            headers.TryAdd("Cross-Origin-Opener-Policy", "same-origin");
            // Pictures in a mail are shown by the mail program, on another site.
            headers.TryAdd("Cross-Origin-Resource-Policy", path.StartsWithSegments("/t") ? "cross-origin" : "same-origin");
            if (path.StartsWithSegments("/api") || path.StartsWithSegments("/session")) headers.TryAdd("Cache-Control", "no-store");
            if (http.Request.IsHttps) headers.TryAdd("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
            return Task.CompletedTask;
        });
        return next(http);
    });
}
