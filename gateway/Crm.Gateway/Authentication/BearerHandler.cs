using System.Collections.Concurrent;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Crm.Gateway.Authentication;

/// <summary>Access tokens of machine clients, from the same identity provider.</summary>
internal sealed class BearerHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> scheme, ILoggerFactory logger, UrlEncoder encoder, OidcProvider provider, ValidatedTokens validated)
    : AuthenticationHandler<AuthenticationSchemeOptions>(scheme, logger, encoder)
{
    public const string SchemeName = "Bearer";
    private const string Prefix = "Bearer ";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var header = Request.Headers.Authorization.ToString();
        if (header.Length == 0) return AuthenticateResult.NoResult();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) return AuthenticateResult.Fail("A bearer token is expected.");

        var token = header[Prefix.Length..].Trim();
        if (validated.Find(token) is { } known) return AuthenticateResult.Success(new AuthenticationTicket(known, SchemeName));
        if (await provider.ReadAccessTokenAsync(token, SchemeName, Context.RequestAborted) is not var (principal, expiresAt))
        {
            return AuthenticateResult.Fail("The token is not valid here.");
        }

        validated.Add(token, principal, expiresAt);
        return AuthenticateResult.Success(new AuthenticationTicket(principal, SchemeName));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = "Bearer error=\"invalid_token\"";
        return Task.CompletedTask;
    }
}

/// <summary>
/// Tokens found valid within the last 20 seconds, by their hash. A machine client sends one token thousands of times; a signed token
/// cannot be revoked before its end anyway, and never outlives it here.
/// </summary>
internal sealed class ValidatedTokens(TimeProvider time)
{
    private const int Capacity = 2000;
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(20);
    private readonly ConcurrentDictionary<string, (ClaimsPrincipal Principal, DateTimeOffset Until)> _tokens = new(StringComparer.Ordinal);

    public ClaimsPrincipal? Find(string token) =>
        _tokens.TryGetValue(Key(token), out var entry) && entry.Until > time.GetUtcNow() ? entry.Principal : null;

    public void Add(string token, ClaimsPrincipal principal, DateTimeOffset expiresAt)
    {
        var now = time.GetUtcNow();
        if (_tokens.Count >= Capacity) _tokens.Clear();
        _tokens[Key(token)] = (principal, expiresAt < now + Memory ? expiresAt : now + Memory);
    }

    private static string Key(string token) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}
