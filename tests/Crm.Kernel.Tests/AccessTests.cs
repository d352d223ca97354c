using System.Net;
using System.Text;
using Crm.ServiceDefaults.Security;
using Crm.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Crm.Kernel.Tests;

/// <summary>Deny by default: only a fresh internal token for this service, from a workload it trusts, with a role that the route lists.</summary>
public sealed class AccessTests(SampleHost host) : IClassFixture<SampleHost>
{
    private static readonly Actor Rep = TestKeys.Person(Roles.SalesRep);

    [Fact]
    public async Task Without_a_token_401_without_the_role_403()
    {
        Assert.Equal((401, "auth.required", null), await host.Anonymous().GetAsync(SampleHost.Notes).ProblemAsync());
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor().GetAsync(SampleHost.Notes).ProblemAsync());
        Assert.Equal((403, "auth.forbidden", null), await host.ClientFor(Roles.Viewer).PostAsync(SampleHost.Notes, new { text = "no" }).ProblemAsync());
    }

    [Fact]
    public async Task Tokens_that_must_be_refused()
    {
        var good = TestKeys.Token("gateway", "sample", Rep);
        Assert.Equal(HttpStatusCode.OK, await StatusWith(good));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusWith(TestKeys.Token("gateway", "customer", Rep)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusWith(TestKeys.Token("stranger", "sample", Rep)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusWith(TestKeys.Token("gateway", "sample", Rep, new TestClock(TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(95)))));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusWith(TestKeys.Token("gateway", "sample", Rep, new TestClock(TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(60)))));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusWith(good[..^3] + "AAA"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusWith("garbage"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusWith(good + new string('x', 20_000)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusWith(Unsigned(good)));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusWith(Forged("crm-int+jwt", new SigningCredentials(new SymmetricSecurityKey(Convert.FromBase64String(TestKeys.PublicKey("gateway"))), "HS256"))));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusWith(WithType("at+jwt")));
        Assert.Equal(HttpStatusCode.OK, await StatusWith(WithType("crm-int+jwt")));
    }

    [Fact]
    public async Task A_slightly_old_token_is_within_the_skew() =>
        Assert.Equal(HttpStatusCode.OK, await StatusWith(TestKeys.Token("gateway", "sample", Rep, new TestClock(TimeProvider.System.GetUtcNow() - TimeSpan.FromSeconds(75)))));

    private async Task<HttpStatusCode> StatusWith(string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, SampleHost.Notes);
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        return (await host.Anonymous().SendAsync(request)).StatusCode;
    }

    private static string Unsigned(string token)
    {
        var payload = token.Split('.')[1];
        return Base64UrlEncoder.Encode(Encoding.UTF8.GetBytes("""{"alg":"none","typ":"crm-int+jwt"}""")) + "." + payload + ".";
    }

    private static string WithType(string type)
    {
        var key = System.Security.Cryptography.ECDsa.Create();
        key.ImportPkcs8PrivateKey(Convert.FromBase64String(TestKeys.PrivateKey("gateway")), out _);
        return Forged(type, new SigningCredentials(new ECDsaSecurityKey(key), "ES256"));
    }

    private static string Forged(string type, SigningCredentials credentials)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler().CreateToken(new SecurityTokenDescriptor
        {
            Issuer = "gateway",
            Audience = "sample",
            TokenType = type,
            NotBefore = now,
            IssuedAt = now,
            Expires = now.AddSeconds(60),
            Claims = new Dictionary<string, object> { ["sub"] = "x", ["roles"] = new[] { Roles.SalesRep } },
            SigningCredentials = credentials,
        });
    }
}
