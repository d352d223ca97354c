using Microsoft.Extensions.Options;

namespace Crm.DevIdp;

internal static class Discovery
{
    public static void MapDiscovery(this WebApplication app)
    {
        app.MapGet("/.well-known/openid-configuration", (IOptions<DevIdpOptions> options) => new Dictionary<string, object>
        {
            ["issuer"] = options.Value.Issuer,
            ["authorization_endpoint"] = options.Value.Issuer + "/authorize",
            ["token_endpoint"] = options.Value.Issuer + "/token",
            ["end_session_endpoint"] = options.Value.Issuer + "/logout",
            ["jwks_uri"] = options.Value.Issuer + "/jwks",
            ["response_types_supported"] = new[] { "code" },
            ["response_modes_supported"] = new[] { "query" },
            ["grant_types_supported"] = new[] { "authorization_code", "client_credentials" },
            ["code_challenge_methods_supported"] = new[] { "S256" },
            ["id_token_signing_alg_values_supported"] = new[] { "ES256" },
            ["token_endpoint_auth_methods_supported"] = new[] { "client_secret_basic", "client_secret_post" },
            ["subject_types_supported"] = new[] { "public" },
            ["scopes_supported"] = new[] { "openid", "profile", "email" },
            ["claims_supported"] = new[] { "iss", "sub", "aud", "azp", "name", "email", "roles", "unit", "amr", "auth_time" },
            ["authorization_response_iss_parameter_supported"] = true,
            // A relying party in production recognises this provider by it, whatever TLS stands in front, and refuses it.
            ["crm_development_only"] = true,
        });
        app.MapGet("/jwks", (TokenFactory tokens) => new { keys = new[] { tokens.PublicKey() } });
    }
}
