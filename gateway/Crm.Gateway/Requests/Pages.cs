using Crm.Gateway.Authentication;

namespace Crm.Gateway.Requests;

/// <summary>The pages that people open, and the answer to whatever nobody serves.</summary>
internal static class Pages
{
    public static void MapPages(this WebApplication app)
    {
        var preloads = ConsoleFiles.Preloads(app.Environment);
        app.MapGet("/", (HttpContext http) => ConsoleFiles.Document(app.Environment, preloads, http)).RequireAuthorization().WithMetadata(new LeadsToSignIn()).ExcludeFromDescription();
        app.MapPage("/docs", "docs/index.html");
        app.MapOpenApi("/api/customer360/openapi.json").RequireAuthorization().RequireRateLimiting("api");
        // A page of the console that somebody opens by its address: signed in it is the console's, else the sign-in leads back to it.
        app.MapFallback("{**path}", IResult (HttpContext http) =>
            {
                if (!ConsoleFiles.IsPage(http)) return TypedResults.Problem(statusCode: StatusCodes.Status404NotFound);
                if (http.User.Identity?.IsAuthenticated == true) return ConsoleFiles.Document(app.Environment, preloads, http);
                return TypedResults.Redirect("/signin?returnUrl=" + Uri.EscapeDataString(http.Request.Path + http.Request.QueryString));
            })
            .AllowAnonymous();
    }

    private static void MapPage(this WebApplication app, string path, string file) =>
        app.MapGet(path, (IWebHostEnvironment environment, HttpContext http) =>
            {
                http.Response.Headers.CacheControl = "no-cache";
                return TypedResults.PhysicalFile(Path.Combine(environment.WebRootPath, file), "text/html; charset=utf-8");
            })
            .RequireAuthorization().WithMetadata(new LeadsToSignIn()).ExcludeFromDescription();
}
