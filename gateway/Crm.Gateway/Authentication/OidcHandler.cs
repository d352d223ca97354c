using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.OAuth;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;

namespace Crm.Gateway.Authentication;

/// <summary>
/// The framework's OAuth code flow (state, correlation cookie, PKCE) made OpenID Connect: discovery, nonce, issuer parameter (RFC 9207),
/// and a session that comes from the validated id token. No token is kept afterwards.
/// </summary>
internal sealed class OidcHandler(IOptionsMonitor<OAuthOptions> scheme, ILoggerFactory logger, UrlEncoder encoder, OidcProvider provider)
    : OAuthHandler<OAuthOptions>(scheme, logger, encoder)
{
    public const string SchemeName = "Oidc";
    private const string NonceItem = "nonce";

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var configuration = await provider.ConfigurationAsync(Context.RequestAborted);
        Options.AuthorizationEndpoint = configuration.AuthorizationEndpoint;
        properties.Items[NonceItem] = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
        await base.HandleChallengeAsync(properties);
    }

    protected override string BuildChallengeUrl(AuthenticationProperties properties, string redirectUri) =>
        QueryHelpers.AddQueryString(base.BuildChallengeUrl(properties, redirectUri), "nonce", properties.Items[NonceItem]!);

    protected override async Task<HandleRequestResult> HandleRemoteAuthenticateAsync()
    {
        var configuration = await provider.ConfigurationAsync(Context.RequestAborted);
        Options.TokenEndpoint = configuration.TokenEndpoint;
        var issuer = Request.Query["iss"];
        return issuer.Count > 0 && issuer != configuration.Issuer
            ? HandleRequestResult.Fail("The answer comes from another identity provider.")
            : await base.HandleRemoteAuthenticateAsync();
    }

    protected override async Task<AuthenticationTicket> CreateTicketAsync(
        ClaimsIdentity identity, AuthenticationProperties properties, OAuthTokenResponse tokens)
    {
        var idToken = tokens.Response?.RootElement.TryGetProperty("id_token", out var value) == true ? value.GetString() : null;
        var nonce = properties.Items[NonceItem];
        var principal = idToken is null || nonce is null ? null : await provider.ReadIdTokenAsync(idToken, nonce, SessionHandler.SchemeName, Context.RequestAborted);
        return principal is null
            ? throw new AuthenticationFailureException("The id token is not valid for this sign-in.")
            : new AuthenticationTicket(principal, new AuthenticationProperties { RedirectUri = properties.RedirectUri }, Scheme.Name);
    }
}
