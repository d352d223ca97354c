using Crm.Gateway.Authentication;
using Crm.ServiceDefaults.Errors;

namespace Crm.Gateway.Requests;

/// <summary>
/// Unsafe requests with a session come from our own pages: they carry a header that a foreign page cannot set without our consent
/// (CORS is closed), and what the browser says about their origin agrees.
/// </summary>
internal static class CrossSiteGuard
{
    public const string HeaderName = "X-CSRF";

    public static void UseCrossSiteGuard(this WebApplication app) => app.Use((http, next) =>
    {
        var request = http.Request;
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method)) return next(http);
        if (request.Path.StartsWithSegments("/api") && HasBody(request) && !IsStructured(request))
        {
            http.Response.StatusCode = StatusCodes.Status415UnsupportedMediaType;
            return Task.CompletedTask;
        }

        var withSession = http.User.Identity?.AuthenticationType == SessionHandler.SchemeName;
        return !withSession || (request.Headers[HeaderName] == "1" && IsSameOrigin(request))
            ? next(http)
            : Error.Forbidden("auth.csrf", $"With a session this needs the header {HeaderName}: 1 and our own origin.").ToProblem().ExecuteAsync(http);
    });

    private static bool IsSameOrigin(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0 && site is not ("same-origin" or "none")) return false;
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0 || string.Equals(origin, $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase);
    }

    private static bool HasBody(HttpRequest request) => request.ContentLength > 0 || request.Headers.TransferEncoding.Count > 0;

    private static bool IsStructured(HttpRequest request)
    {
        var type = request.ContentType?.Split(';')[0].Trim() ?? "";
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase)
            || type.Equals("text/csv", StringComparison.OrdinalIgnoreCase)
            || (type.StartsWith("application/", StringComparison.OrdinalIgnoreCase) && type.EndsWith("+json", StringComparison.OrdinalIgnoreCase));
    }
}
