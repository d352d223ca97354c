using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.DevIdp;

/// <summary>Redeems a code, or a client's own secret, for tokens. No password grant, no implicit flow, no refresh tokens.</summary>
internal static class Token
{
    public static void MapToken(this WebApplication app) =>
        app.MapPost("/token", RedeemAsync).DisableAntiforgery().RequireRateLimiting(Registration.AttemptsPolicy);

    private static async Task<IResult> RedeemAsync(HttpContext http, PasswordCheck passwords, AuthorizationCodes codes, TokenFactory tokens)
    {
        http.Response.Headers.CacheControl = "no-store";
        if (!http.Request.HasFormContentType) return Refuse("invalid_request");
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        if (Credentials(http, form) is not var (id, secret)) return Refuse("invalid_client", StatusCodes.Status401Unauthorized);
        if (passwords.Authenticate(id, secret) is not { } client) return Refuse("invalid_client", StatusCodes.Status401Unauthorized);

        switch (form["grant_type"].ToString())
        {
            case "authorization_code":
                var grant = codes.Redeem(form["code"].ToString(), client.ClientId, form["redirect_uri"].ToString(), form["code_verifier"].ToString());
                return grant is null ? Refuse("invalid_grant") : Answer(tokens.AccessToken(grant), tokens.IdToken(grant));
            case "client_credentials":
                return client.Roles.Length == 0 ? Refuse("unauthorized_client") : Answer(tokens.AccessToken(client), idToken: null);
            default:
                return Refuse("unsupported_grant_type");
        }
    }

    private static (string Id, string Secret)? Credentials(HttpContext http, IFormCollection form)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase))
        {
            return form["client_id"].ToString() is { Length: > 0 } id ? (id, form["client_secret"].ToString()) : null;
        }

        try
        {
            var pair = Encoding.UTF8.GetString(Convert.FromBase64String(header["Basic ".Length..])).Split(':', 2);
            return pair.Length == 2 ? (Uri.UnescapeDataString(pair[0]), Uri.UnescapeDataString(pair[1])) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static JsonHttpResult<Dictionary<string, object>> Answer(string accessToken, string? idToken)
    {
        var body = new Dictionary<string, object>
        {
            ["access_token"] = accessToken,
            ["token_type"] = "Bearer",
            ["expires_in"] = (int)TokenFactory.AccessTokenLifetime.TotalSeconds,
        };
        if (idToken is not null) body["id_token"] = idToken;
        return TypedResults.Json(body);
    }

    private static JsonHttpResult<Dictionary<string, string>> Refuse(string error, int status = StatusCodes.Status400BadRequest) =>
        TypedResults.Json(new Dictionary<string, string> { ["error"] = error }, statusCode: status);
}
