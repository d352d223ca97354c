using System.Security.Claims;
using System.Text.Json;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Crm.Gateway.Authentication;

/// <summary>
/// Discovery and keys of the identity provider, and what its tokens prove. Keys come from its published set only: whatever a token
/// brings along (jwk, jku, x5u) is never looked at.
/// </summary>
internal sealed class OidcProvider(IOptions<OidcOptions> options, IHostEnvironment environment, TimeProvider time)
{
    /// <summary>Entry of the discovery document of the development provider.</summary>
    private const string DevelopmentMark = "crm_development_only";

    private static readonly string[] Algorithms = [SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSsaPssSha256];
    private static readonly JsonWebTokenHandler Handler = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = 8192 };

    private readonly ConfigurationManager<OpenIdConnectConfiguration> _configuration = new(
        options.Value.Authority.TrimEnd('/') + "/.well-known/openid-configuration",
        new OpenIdConnectConfigurationRetriever(),
        new HttpDocumentRetriever(new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(2) })
        {
            Timeout = TimeSpan.FromSeconds(5),
            MaxResponseContentBufferSize = 256 * 1024,
        })
        {
            RequireHttps = environment.IsProduction(),
        })
    {
        RefreshInterval = TimeSpan.FromSeconds(5), // at most this often for tokens with an unknown key
    };

    public async Task<OpenIdConnectConfiguration> ConfigurationAsync(CancellationToken cancellationToken)
    {
        OpenIdConnectConfiguration configuration;
        try
        {
            configuration = await _configuration.GetConfigurationAsync(cancellationToken);
        }
        catch (InvalidOperationException exception)
        {
            throw new ErrorException(Error.Unavailable("auth.provider_unavailable", "The identity provider does not answer: " + exception.GetType().Name));
        }

        if (configuration.Issuer.TrimEnd('/') != options.Value.Authority.TrimEnd('/'))
        {
            throw new ErrorException(Error.Unavailable("auth.provider_misconfigured", "The identity provider names another issuer than the configured authority."));
        }

        if (environment.IsProduction() && configuration.AdditionalData.ContainsKey(DevelopmentMark))
        {
            throw new ErrorException(Error.Unavailable("auth.provider_misconfigured", "The development identity provider is not accepted in Production."));
        }

        return configuration;
    }

    /// <summary>The person whom the id token names, or null when it proves nothing to this relying party in this sign-in.</summary>
    public async Task<ClaimsPrincipal?> ReadIdTokenAsync(string token, string nonce, string scheme, CancellationToken cancellationToken)
    {
        var validated = await ValidateAsync(token, options.Value.ClientId, validTypes: null, cancellationToken);
        return validated is not null && validated.TryGetPayloadValue<string>("nonce", out var given) && given == nonce
            ? PrincipalOf(validated, scheme)
            : null;
    }

    /// <summary>The caller of the API whom the access token names, or null.</summary>
    public async Task<(ClaimsPrincipal Principal, DateTimeOffset ExpiresAt)?> ReadAccessTokenAsync(string token, string scheme, CancellationToken cancellationToken)
    {
        var validated = await ValidateAsync(token, options.Value.ApiAudience, options.Value.AccessTokenTypes, cancellationToken);
        return validated is null ? null : (PrincipalOf(validated, scheme), new DateTimeOffset(validated.ValidTo, TimeSpan.Zero));
    }

    private async Task<JsonWebToken?> ValidateAsync(string token, string audience, string[]? validTypes, CancellationToken cancellationToken)
    {
        var configuration = await ConfigurationAsync(cancellationToken);
        var result = await ValidateAsync(token, audience, validTypes, configuration);
        if (result.Exception is SecurityTokenSignatureKeyNotFoundException)
        {
            _configuration.RequestRefresh();
            var refreshed = await ConfigurationAsync(cancellationToken);
            if (!ReferenceEquals(refreshed, configuration)) result = await ValidateAsync(token, audience, validTypes, refreshed);
        }

        return result is { IsValid: true, SecurityToken: JsonWebToken { Subject.Length: > 0 } valid } ? valid : null;
    }

    private Task<TokenValidationResult> ValidateAsync(string token, string audience, string[]? validTypes, OpenIdConnectConfiguration configuration) =>
        Handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = configuration.Issuer,
            ValidAudience = audience,
            ValidTypes = validTypes,
            ValidAlgorithms = Algorithms,
            IssuerSigningKeys = configuration.SigningKeys,
            TryAllIssuerSigningKeys = false,
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            ClockSkew = TimeSpan.FromSeconds(30),
            LifetimeValidator = (notBefore, expires, _, parameters) =>
            {
                var now = time.GetUtcNow().UtcDateTime;
                return expires > now - parameters.ClockSkew && (notBefore is null || notBefore <= now + parameters.ClockSkew);
            },
        });

    private ClaimsPrincipal PrincipalOf(JsonWebToken token, string scheme)
    {
        var identity = new ClaimsIdentity(scheme, "name", "roles");
        identity.AddClaim(new Claim("sub", token.Subject));
        identity.AddClaim(new Claim("idp", token.Issuer));
        identity.AddClaim(new Claim("name", Text(token, "name") ?? Text(token, "preferred_username") ?? token.Subject));
        if (Text(token, "email") is { } email) identity.AddClaim(new Claim("email", email));
        if (Text(token, options.Value.UnitClaim) is { } unit) identity.AddClaim(new Claim("unit", unit));
        identity.AddClaims(RolesOf(token).Distinct(StringComparer.Ordinal).Select(role => new Claim("roles", role)));
        return new ClaimsPrincipal(identity);
    }

    /// <summary>Only roles that people and clients can have: the platform's own <c>system</c> is not to be had from outside.</summary>
    private IEnumerable<string> RolesOf(JsonWebToken token)
    {
        var path = options.Value.RoleClaim.Split('.');
        if (!token.TryGetPayloadValue<JsonElement>(path[0], out var claim)) return [];
        foreach (var step in path[1..])
        {
            if (claim.ValueKind != JsonValueKind.Object || !claim.TryGetProperty(step, out claim)) return [];
        }

        IEnumerable<JsonElement> values = claim.ValueKind == JsonValueKind.Array ? claim.EnumerateArray() : [claim];
        return values.Where(value => value.ValueKind == JsonValueKind.String)
            .Select(value => options.Value.RoleMap.GetValueOrDefault(value.GetString()!, value.GetString()!))
            .Where(role => Roles.Staff.Contains(role, StringComparer.Ordinal));
    }

    private static string? Text(JsonWebToken token, string claim) =>
        token.TryGetPayloadValue<object>(claim, out var value) && value is string { Length: > 0 } text ? text : null;
}
