using Crm.Gateway.Authentication;

namespace Crm.Gateway.Requests;

/// <summary>The pages that people open, and the answer to whatever nobody serves.</summary>
internal static class Pages
{
    public static void MapPages(this WebApplication app)
    {
        app.MapPage("/", "index.html");
        app.MapPage("/docs", "docs/index.html");
        app.MapOpenApi("/api/customer360/openapi.json").RequireAuthorization().RequireRateLimiting("api");
        app.MapFallback("{**path}", () => TypedResults.Problem(statusCode: StatusCodes.Status404NotFound)).AllowAnonymous();
    }

    private static void MapPage(this WebApplication app, string path, string file) =>
        app.MapGet(path, (IWebHostEnvironment environment, HttpContext http) =>
            {
                http.Response.Headers.CacheControl = "no-cache";
                return TypedResults.PhysicalFile(Path.Combine(environment.WebRootPath, file), "text/html; charset=utf-8");
            })
            .RequireAuthorization().WithMetadata(new LeadsToSignIn()).ExcludeFromDescription();
}
