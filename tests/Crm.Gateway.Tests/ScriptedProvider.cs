using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Crm.Gateway.Tests;

/// <summary>An identity provider that does as the test says: it signs whatever it is told to, right or wrong.</summary>
internal sealed class ScriptedProvider : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ScriptedProvider(WebApplication app, string issuer) => (_app, Issuer) = (app, issuer);

    public string Issuer { get; }

    public ECDsaSecurityKey Key { get; } = new(ECDsa.Create(ECCurve.NamedCurves.nistP256)) { KeyId = "key-1" };

    /// <summary>Makes the id token of the next sign-in from its nonce.</summary>
    public Func<string?, string> IdToken { get; set; } = _ => "";

    public static async Task<ScriptedProvider> StartAsync()
    {
        var port = RunningProgram.FreePort();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        var app = builder.Build();
        var provider = new ScriptedProvider(app, $"http://localhost:{port}");
        string? nonce = null;
        app.MapGet("/.well-known/openid-configuration", () => new
        {
            issuer = provider.Issuer,
            authorization_endpoint = provider.Issuer + "/authorize",
            token_endpoint = provider.Issuer + "/token",
            jwks_uri = provider.Issuer + "/jwks",
        });
        app.MapGet("/jwks", () =>
        {
            var point = provider.Key.ECDsa.ExportParameters(false).Q;
            return new { keys = new[] { new { kty = "EC", crv = "P-256", use = "sig", kid = provider.Key.KeyId, x = Base64UrlEncoder.Encode(point.X), y = Base64UrlEncoder.Encode(point.Y) } } };
        });
        app.MapGet("/authorize", (HttpContext http) =>
        {
            nonce = http.Request.Query["nonce"];
            return Results.Redirect($"{http.Request.Query["redirect_uri"]}?code=c&state={Uri.EscapeDataString(http.Request.Query["state"].ToString())}");
        });
        app.MapPost("/token", () => new { access_token = "unused", token_type = "Bearer", id_token = provider.IdToken(nonce) });
        await app.StartAsync();
        return provider;
    }

    /// <summary>A token that is right in everything, unless the change makes it wrong.</summary>
    public string Token(string audience, string type, Action<SecurityTokenDescriptor>? change = null, Dictionary<string, object>? header = null)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = audience,
            TokenType = type,
            IssuedAt = now,
            NotBefore = now,
            Expires = now.AddMinutes(5),
            Claims = new Dictionary<string, object> { ["sub"] = "person-1", ["name"] = "Person", ["roles"] = new[] { "viewer", "system", "made-up" } },
            SigningCredentials = new SigningCredentials(Key, SecurityAlgorithms.EcdsaSha256),
            AdditionalHeaderClaims = header,
        };
        change?.Invoke(descriptor);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(descriptor);
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
