using System.Collections.Concurrent;
using System.ComponentModel.DataAnnotations;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Crm.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Crm.ServiceDefaults.Security;

public sealed class InternalTokenOptions
{
    /// <summary>This workload's name: issuer of the tokens it mints, audience of those it accepts.</summary>
    [Required]
    public string Issuer { get; init; } = "";

    /// <summary>This workload's own P-256 key, PKCS#8 DER in base64. No two workloads share one.</summary>
    [Required]
    public string PrivateKey { get; init; } = "";

    /// <summary>Public keys (SubjectPublicKeyInfo DER in base64; several by comma during rotation) of the workloads that may call this one.</summary>
    public Dictionary<string, string> TrustedIssuers { get; init; } = [];
}

/// <summary>
/// Tokens between workloads: ES256, <c>typ=crm-int+jwt</c>, one audience, 60 seconds. The subject is always the original one, the issuer
/// is the workload that calls: what a service may do for somebody never exceeds what that somebody may do.
/// </summary>
public sealed class InternalTokenIssuer(IOptions<InternalTokenOptions> options, TimeProvider time, Ids ids)
{
    public const string TokenType = "crm-int+jwt";
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Reuse = TimeSpan.FromSeconds(20);
    private const int MaxRemembered = 10_000;
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly ConcurrentDictionary<string, (string Token, DateTimeOffset Until)> _recent = new();
    private readonly SigningCredentials _credentials = new(PrivateKey(options.Value.PrivateKey), SecurityAlgorithms.EcdsaSha256);

    /// <summary>
    /// A token for a call to <paramref name="audience"/>. Signing is most of a call's cost, so calls of one actor to one audience within 20
    /// seconds share a token (<c>./crm bench rpc</c> shows what that saves); it still has at least 40 seconds to live.
    /// </summary>
    public string Mint(Actor actor, string audience)
    {
        var now = time.GetUtcNow();
        var key = string.Join('\n', [audience, actor.Subject, actor.Name, actor.Unit, actor.CallingService, .. actor.Roles]);
        if (_recent.TryGetValue(key, out var recent) && now < recent.Until && now > recent.Until - Reuse - Reuse) return recent.Token;
        if (_recent.Count >= MaxRemembered) _recent.Clear();
        var token = Sign(actor, audience, now.UtcDateTime);
        _recent[key] = (token, now + Reuse);
        return token;
    }

    private string Sign(Actor actor, string audience, DateTime now)
    {
        var claims = new Dictionary<string, object> { ["sub"] = actor.Subject, ["name"] = actor.Name, ["roles"] = actor.Roles.ToArray(), ["jti"] = ids.Next().ToString("N") };
        if (actor.Unit is not null) claims["unit"] = actor.Unit;
        if (actor.CallingService is not null) claims["act"] = actor.CallingService;
        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = options.Value.Issuer, Audience = audience, TokenType = TokenType,
            IssuedAt = now, NotBefore = now, Expires = now + Lifetime,
            Claims = claims, SigningCredentials = _credentials,
        });
    }

    private static ECDsaSecurityKey PrivateKey(string base64)
    {
        var key = ECDsa.Create();
        key.ImportPkcs8PrivateKey(Convert.FromBase64String(base64), out _);
        return new ECDsaSecurityKey(key);
    }
}

/// <summary>Accepts only internal tokens made for this workload by a workload that it trusts.</summary>
internal sealed class InternalTokenHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> scheme, ILoggerFactory logger, UrlEncoder encoder,
    IOptions<InternalTokenOptions> options, TimeProvider time)
    : AuthenticationHandler<AuthenticationSchemeOptions>(scheme, logger, encoder)
{
    public const string SchemeName = "Internal";
    private static readonly JsonWebTokenHandler Tokens = new() { MapInboundClaims = false, MaximumTokenSizeInBytes = 8192 };
    private static readonly ConcurrentDictionary<string, List<SecurityKey>> Keys = new();
    private const int MaxRemembered = 10_000;

    /// <summary>Tokens that were found valid, until they end: the same bytes need no second signature check.</summary>
    private static readonly ConcurrentDictionary<(string Audience, string Token), (ClaimsPrincipal Principal, DateTimeOffset Expires)> Valid = new();

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization;
        if (header.Count == 0) return AuthenticateResult.NoResult();
        if (header.Count > 1 || header[0] is not { } value || !value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return AuthenticateResult.Fail("One bearer token is expected.");
        }

        var token = value["Bearer ".Length..].Trim();
        if (Valid.TryGetValue((options.Value.Issuer, token), out var known) && time.GetUtcNow() < known.Expires)
        {
            return AuthenticateResult.Success(new AuthenticationTicket(known.Principal, SchemeName));
        }

        var result = await Tokens.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidAudience = options.Value.Issuer,
            ValidIssuers = options.Value.TrustedIssuers.Keys,
            ValidTypes = [InternalTokenIssuer.TokenType],
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            IssuerSigningKeyResolver = (_, token, _, _) => KeysOf(token.Issuer),
            ClockSkew = TimeSpan.FromSeconds(30),
            LifetimeValidator = Alive,
            NameClaimType = "name",
            RoleClaimType = "roles",
            AuthenticationType = SchemeName,
        });
        if (!result.IsValid) return AuthenticateResult.Fail("The token is not valid here.");

        var principal = new ClaimsPrincipal(result.ClaimsIdentity);
        if (Valid.Count >= MaxRemembered) Valid.Clear();
        Valid[(options.Value.Issuer, token)] = (principal, result.SecurityToken.ValidTo);
        return AuthenticateResult.Success(new AuthenticationTicket(principal, SchemeName));
    }

    private bool Alive(DateTime? notBefore, DateTime? expires, SecurityToken token, TokenValidationParameters parameters)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return expires is { } end && now <= end + parameters.ClockSkew && (notBefore is not { } start || now >= start - parameters.ClockSkew);
    }

    private List<SecurityKey> KeysOf(string issuer) =>
        options.Value.TrustedIssuers.TryGetValue(issuer, out var encoded) ? Keys.GetOrAdd(encoded, keys => [.. keys.Split(',').Select(PublicKey)]) : [];

    private static SecurityKey PublicKey(string base64)
    {
        var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(base64), out _);
        return new ECDsaSecurityKey(key);
    }
}
