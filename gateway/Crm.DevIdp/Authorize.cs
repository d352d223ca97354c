using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.Extensions.Options;

namespace Crm.DevIdp;

/// <summary>Authorization code flow with PKCE (RFC 6749, 7636, 9700): the form, and the code after the right password.</summary>
internal static class Authorize
{
    private sealed record Request(string ClientId, string RedirectUri, string? State, string? Nonce, string CodeChallenge);

    public static void MapAuthorize(this WebApplication app)
    {
        app.MapGet("/authorize", (HttpContext http, IOptions<DevIdpOptions> options) =>
            Read(http, options.Value, out var request, out var refusal) ? LoginPage.Show(http, request.RedirectUri) : refusal);
        app.MapPost("/authorize", SignInAsync).DisableAntiforgery().RequireRateLimiting(Registration.AttemptsPolicy);
    }

    private static async Task<IResult> SignInAsync(
        HttpContext http, IOptions<DevIdpOptions> options, PasswordCheck passwords, AuthorizationCodes codes, TimeProvider time)
    {
        if (!Read(http, options.Value, out var request, out var refusal)) return refusal;
        // The form is only ever sent by this page: another site must not sign somebody in.
        if (http.Request.Headers["Sec-Fetch-Site"].ToString() is not ("" or "same-origin" or "none")) return TypedResults.StatusCode(StatusCodes.Status403Forbidden);
        if (!http.Request.HasFormContentType) return TypedResults.StatusCode(StatusCodes.Status415UnsupportedMediaType);

        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var userName = form["userName"].ToString().Trim();
        if (userName.Length is 0 or > 100) return LoginPage.Show(http, request.RedirectUri, PasswordOutcome.Wrong);

        var outcome = passwords.SignIn(userName, form["password"].ToString(), out var user);
        if (user is null) return LoginPage.Show(http, request.RedirectUri, outcome, userName);

        var code = codes.Issue(new Grant(user, request.ClientId, request.RedirectUri, request.CodeChallenge, request.Nonce, time.GetUtcNow()));
        return Return(options.Value, request.RedirectUri, request.State, ("code", code));
    }

    /// <summary>Until client and redirect URI are known to be right, an error is shown here and not sent anywhere.</summary>
    private static bool Read(HttpContext http, DevIdpOptions options, out Request request, out IResult refusal)
    {
        var query = http.Request.Query;
        string? One(string name) => query[name].Count == 1 ? query[name][0] : null;

        var redirectUri = One("redirect_uri") ?? "";
        var state = One("state");
        request = new Request(One("client_id") ?? "", redirectUri, state, One("nonce"), One("code_challenge") ?? "");
        refusal = TypedResults.Text("", statusCode: 400);
        if (request.ClientId != AccountFile.WebClientId) refusal = BadRequest("unknown client_id");
        else if (!options.RedirectUris.Contains(redirectUri, StringComparer.Ordinal)) refusal = BadRequest("redirect_uri is not registered");
        else if (One("response_type") != "code") refusal = Return(options, redirectUri, state, ("error", "unsupported_response_type"));
        else if (One("code_challenge_method") != "S256" || request.CodeChallenge.Length != 43)
            refusal = Return(options, redirectUri, state, ("error", "invalid_request"), ("error_description", "PKCE with S256 is required"));
        else if (One("scope")?.Split(' ').Contains("openid") != true) refusal = Return(options, redirectUri, state, ("error", "invalid_scope"));
        else if (One("prompt") == "none") refusal = Return(options, redirectUri, state, ("error", "login_required"));
        else return true;
        return false;
    }

    private static ContentHttpResult BadRequest(string reason) => TypedResults.Text(reason, statusCode: StatusCodes.Status400BadRequest);

    private static SeeOther Return(DevIdpOptions options, string redirectUri, string? state, params (string Name, string Value)[] parameters)
    {
        var query = new QueryBuilder();
        foreach (var (name, value) in parameters) query.Add(name, value);
        if (state is not null) query.Add("state", state);
        query.Add("iss", options.Issuer); // RFC 9207
        return new SeeOther(redirectUri + query);
    }

    /// <summary>303: the browser never sends the password on to the place it is sent to.</summary>
    private sealed class SeeOther(string location) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
            httpContext.Response.Headers.Location = location;
            httpContext.Response.Headers.CacheControl = "no-store";
            httpContext.Response.Headers["Referrer-Policy"] = "no-referrer";
            return Task.CompletedTask;
        }
    }
}
