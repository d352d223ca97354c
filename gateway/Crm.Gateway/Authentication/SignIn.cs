using System.Security.Claims;
using Crm.ServiceDefaults.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Crm.Gateway.Authentication;

/// <summary>Sign-in, sign-out and "who am I" of people.</summary>
internal static class SignIn
{
    public const string CallbackPath = "/signin/callback";

    /// <summary>Who is signed in, for the pages.</summary>
    internal sealed record Session(string Subject, string Name, string? Email, string? Unit, IReadOnlyList<string> Roles, DateTimeOffset? ExpiresAt);

    /// <param name="Location">Where the browser goes next to sign out at the identity provider, too.</param>
    internal sealed record SignedOut(string Location);

    public static void MapSignIn(this WebApplication app)
    {
        app.MapGet("/signin", (string? returnUrl) =>
                Results.Challenge(new AuthenticationProperties { RedirectUri = LocalPath(returnUrl) }, [OidcHandler.SchemeName]))
            .AllowAnonymous().RequireRateLimiting("sign-in").ExcludeFromDescription();
        app.MapPost("/signout", SignOutAsync).RequireRateLimiting("sign-in").ExcludeFromDescription();
        app.MapGet("/session", (ClaimsPrincipal user) => new Session(
                user.FindFirstValue("sub")!,
                user.FindFirstValue("name")!,
                user.FindFirstValue("email"),
                user.FindFirstValue("unit"),
                [.. user.FindAll("roles").Select(claim => claim.Value)],
                DateTimeOffset.TryParse(user.FindFirstValue("session_expires"), out var expires) ? expires : null))
            .RequireAuthorization().RequireRateLimiting("api").ExcludeFromDescription();
    }

    /// <summary>A sign-in that did not end well: a page for people, problem details for programs, in both cases no session.</summary>
    public static Task ExplainFailureAsync(HttpContext http, Error? error)
    {
        error ??= Error.Invalid("auth.sign_in_failed", "The sign-in could not be completed. Start it again.");
        if (!http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal)) return error.ToProblem().ExecuteAsync(http);
        http.Response.StatusCode = Problems.StatusOf(error.Kind);
        http.Response.ContentType = "text/html; charset=utf-8";
        return http.Response.SendFileAsync(
            http.RequestServices.GetRequiredService<IWebHostEnvironment>().WebRootFileProvider.GetFileInfo("sign-in-failed.html"), http.RequestAborted);
    }

    private static async Task<IResult> SignOutAsync(HttpContext http, OidcProvider provider, IOptions<OidcOptions> options)
    {
        await http.SignOutAsync(SessionHandler.SchemeName);
        var home = $"{http.Request.Scheme}://{http.Request.Host}/";
        try
        {
            var configuration = await provider.ConfigurationAsync(http.RequestAborted);
            return TypedResults.Ok(new SignedOut(string.IsNullOrEmpty(configuration.EndSessionEndpoint)
                ? home
                : $"{configuration.EndSessionEndpoint}?client_id={Uri.EscapeDataString(options.Value.ClientId)}&post_logout_redirect_uri={Uri.EscapeDataString(home)}"));
        }
        catch (ErrorException)
        {
            return TypedResults.Ok(new SignedOut(home)); // signed out here all the same
        }
    }

    /// <summary>A path of this site or the home page; never another site.</summary>
    private static string LocalPath(string? path) =>
        path is ['/', ..] and not ['/', '/' or '\\', ..] && !path.Any(char.IsControl) ? path : "/";
}
