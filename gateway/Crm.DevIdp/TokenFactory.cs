using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Crm.DevIdp;

/// <summary>ES256 tokens, signed with a key that is made at every start: nothing signed by an earlier run is worth anything.</summary>
internal sealed class TokenFactory(IOptions<DevIdpOptions> options, TimeProvider time)
{
    public const string ApiAudience = "crm-api";
    public static readonly TimeSpan IdTokenLifetime = TimeSpan.FromMinutes(2);
    public static readonly TimeSpan AccessTokenLifetime = TimeSpan.FromMinutes(5);
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly ECDsaSecurityKey _key = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = RandomId() };

    /// <summary>The public half as a JWK (RFC 7517).</summary>
    public object PublicKey()
    {
        var point = _key.ECDsa.ExportParameters(includePrivateParameters: false).Q;
        return new { kty = "EC", crv = "P-256", use = "sig", alg = "ES256", kid = _key.KeyId, x = Base64UrlEncoder.Encode(point.X), y = Base64UrlEncoder.Encode(point.Y) };
    }

    public string IdToken(Grant grant)
    {
        var claims = ClaimsOf(grant);
        if (grant.Nonce is not null) claims["nonce"] = grant.Nonce;
        return Sign("JWT", grant.ClientId, IdTokenLifetime, claims);
    }

    /// <summary>RFC 9068.</summary>
    public string AccessToken(Grant grant)
    {
        var claims = ClaimsOf(grant);
        claims["client_id"] = grant.ClientId;
        claims["jti"] = RandomId();
        return Sign("at+jwt", ApiAudience, AccessTokenLifetime, claims);
    }

    /// <summary>For a department's system that acts for itself.</summary>
    public string AccessToken(Client client) => Sign("at+jwt", ApiAudience, AccessTokenLifetime, new Dictionary<string, object>
    {
        ["sub"] = "client:" + client.ClientId,
        ["name"] = client.ClientId,
        ["client_id"] = client.ClientId,
        ["azp"] = client.ClientId,
        ["roles"] = client.Roles,
        ["jti"] = RandomId(),
    });

    private static Dictionary<string, object> ClaimsOf(Grant grant) => new()
    {
        ["sub"] = grant.User.UserName,
        ["name"] = grant.User.DisplayName,
        ["email"] = grant.User.UserName + "@example.com",
        ["roles"] = grant.User.Roles,
        ["unit"] = grant.User.Unit,
        ["azp"] = grant.ClientId,
        ["amr"] = new[] { "pwd" },
        ["auth_time"] = grant.AuthenticatedAt.ToUnixTimeSeconds(),
    };

    private string Sign(string type, string audience, TimeSpan lifetime, Dictionary<string, object> claims)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = options.Value.Issuer,
            Audience = audience,
            TokenType = type,
            IssuedAt = now,
            NotBefore = now,
            Expires = now + lifetime,
            Claims = claims,
            SigningCredentials = new SigningCredentials(_key, SecurityAlgorithms.EcdsaSha256),
        });
    }

    private static string RandomId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
