using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Crm.Gateway.Authentication;

/// <summary>Marks pages for people: without a session they lead to the sign-in instead of answering 401.</summary>
internal sealed class LeadsToSignIn;

/// <summary>
/// Sessions of people. The cookie is a random key and nothing else. The framework's cookie handler would renew a session that the browser
/// already has; here every sign-in starts a new one and ends the old, so that nobody can prepare a session for somebody else.
/// </summary>
internal sealed class SessionHandler(IOptionsMonitor<AuthenticationSchemeOptions> scheme, ILoggerFactory logger, UrlEncoder encoder, SessionStore sessions)
    : SignInAuthenticationHandler<AuthenticationSchemeOptions>(scheme, logger, encoder)
{
    public const string SchemeName = "Session";
    public const string CookieName = "__Host-crm";

    private static readonly CookieOptions Cookie = new() { Secure = true, HttpOnly = true, SameSite = SameSiteMode.Lax, Path = "/", IsEssential = true };

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Cookies[CookieName] is not { } cookie) return AuthenticateResult.NoResult();
        return await sessions.FindAsync(cookie, Context.RequestAborted) is { } person
            ? AuthenticateResult.Success(new AuthenticationTicket(person, SchemeName))
            : AuthenticateResult.Fail("The session has ended.");
    }

    protected override async Task HandleSignInAsync(ClaimsPrincipal user, AuthenticationProperties? properties)
    {
        if (Request.Cookies[CookieName] is { } old) await sessions.DeleteAsync(old, Context.RequestAborted);
        Response.Cookies.Append(CookieName, await sessions.CreateAsync(user, Context.RequestAborted), Cookie);
        Response.Headers.CacheControl = "no-store";
    }

    protected override async Task HandleSignOutAsync(AuthenticationProperties? properties)
    {
        if (Request.Cookies[CookieName] is { } cookie) await sessions.DeleteAsync(cookie, Context.RequestAborted);
        Response.Cookies.Delete(CookieName, Cookie);
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        if (Context.GetEndpoint()?.Metadata.GetMetadata<LeadsToSignIn>() is not null)
        {
            Response.Redirect("/signin?returnUrl=" + Uri.EscapeDataString(Request.Path + Request.QueryString));
            return Task.CompletedTask;
        }

        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = "Bearer";
        return Task.CompletedTask;
    }
}
