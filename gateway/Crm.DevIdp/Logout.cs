using Microsoft.Extensions.Options;

namespace Crm.DevIdp;

/// <summary>This provider keeps no session of its own: every sign-in asks for the password. Signing out only leads back.</summary>
internal static class Logout
{
    public static void MapLogout(this WebApplication app) => app.MapGet("/logout", (HttpContext http, IOptions<DevIdpOptions> options) =>
    {
        var target = http.Request.Query["post_logout_redirect_uri"].ToString();
        if (!options.Value.PostLogoutRedirectUris.Contains(target, StringComparer.Ordinal)) return LoginPage.SignedOut(http);
        var state = http.Request.Query["state"].ToString();
        return Results.Redirect(state.Length == 0 ? target : $"{target}?state={Uri.EscapeDataString(state)}");
    });
}
