using System.Net;
using System.Security.Cryptography;
using System.Text;
using Crm.Testing;
using Microsoft.IdentityModel.Tokens;

namespace Crm.Gateway.Tests;

[Collection(GatewayCollection.Name)]
public sealed class BearerTokenTests(GatewayHost host)
{
    private string Session => host.ScriptedOrigin + "/session";

    [Fact]
    public async Task A_right_token_is_accepted_and_gives_only_roles_that_exist()
    {
        var session = await GatewayHost.GetAsync(Session, host.Provider.Token("crm-api", "at+jwt")).OkJsonAsync();
        Assert.Equal("person-1", session.GetProperty("subject").GetString());
        Assert.Equal(["viewer"], session.GetProperty("roles").EnumerateArray().Select(role => role.GetString()!));
    }

    [Fact]
    public async Task A_machine_client_gets_its_token_from_the_provider_and_is_accepted()
    {
        var session = await GatewayHost.GetAsync(host.Origin + "/session", await host.AccessTokenAsync("seed")).OkJsonAsync();
        Assert.Equal("client:seed", session.GetProperty("subject").GetString());
        Assert.Contains("integration", session.GetProperty("roles").EnumerateArray().Select(role => role.GetString()));
    }

    public static TheoryData<string> Faults =>
    [
        "id token", "wrong audience", "wrong issuer", "expired", "not yet valid", "no expiry", "alg none", "HS256 with the public key", "foreign key of the same id", "foreign key id",
        "embedded jwk", "jku", "altered payload", "garbage", "empty", "20 kB", "internal token", "no subject",
    ];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_wrong_token_is_refused(string fault) =>
        Assert.Equal((401, "auth.required", null), await GatewayHost.GetAsync(Session, Make(fault)).ProblemAsync());

    [Fact]
    public async Task Session_and_bearer_together_are_refused_and_so_are_two_bearers()
    {
        var browser = await host.SignedInAsync();
        var token = await host.AccessTokenAsync("seed");
        Assert.Equal((400, "auth.ambiguous", null), await browser.GetAsync("/session", ("Authorization", "Bearer " + token)).ProblemAsync());

        // HttpClient would join the two headers: this one is written by hand.
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync("localhost", new Uri(host.Origin).Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
            $"GET /session HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(socket.GetStream());
        Assert.StartsWith("HTTP/1.1 400", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_schemes_are_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Session);
        request.Headers.TryAddWithoutValidation("Authorization", "Basic ZGVtbzpkZW1v");
        using var response = await RunningProgram.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private string Make(string fault)
    {
        var provider = host.Provider;
        using var foreign = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        switch (fault)
        {
            case "id token": return provider.Token("crm-api", "JWT");
            case "wrong audience": return provider.Token("another-api", "at+jwt");
            case "wrong issuer": return provider.Token("crm-api", "at+jwt", token => token.Issuer = "https://other.example");
            case "expired": return provider.Token("crm-api", "at+jwt", token => (token.NotBefore, token.Expires) = (token.NotBefore!.Value.AddMinutes(-10), token.NotBefore!.Value.AddSeconds(-31)));
            case "not yet valid": return provider.Token("crm-api", "at+jwt", token => token.NotBefore = token.NotBefore!.Value.AddMinutes(2));
            case "no expiry": return provider.Token("crm-api", "at+jwt", token => token.Expires = null);
            case "HS256 with the public key":
                var pem = Encoding.ASCII.GetBytes(provider.Key.ECDsa.ExportSubjectPublicKeyInfoPem());
                return provider.Token("crm-api", "at+jwt", token => token.SigningCredentials = new SigningCredentials(new SymmetricSecurityKey(pem) { KeyId = "key-1" }, SecurityAlgorithms.HmacSha256));
            case "foreign key of the same id":
                return provider.Token("crm-api", "at+jwt", token => token.SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(foreign) { KeyId = "key-1" }, SecurityAlgorithms.EcdsaSha256));
            case "foreign key id":
                return provider.Token("crm-api", "at+jwt", token => token.SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(foreign) { KeyId = "key-2" }, SecurityAlgorithms.EcdsaSha256));
            case "embedded jwk":
                var jwk = JsonWebKeyConverter.ConvertFromECDsaSecurityKey(new ECDsaSecurityKey(foreign) { KeyId = "mine" });
                var header = new Dictionary<string, object> { ["jwk"] = new Dictionary<string, string> { ["kty"] = "EC", ["crv"] = "P-256", ["x"] = jwk.X, ["y"] = jwk.Y } };
                return provider.Token("crm-api", "at+jwt", token => token.SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(foreign) { KeyId = "mine" }, SecurityAlgorithms.EcdsaSha256), header);
            case "jku":
                return provider.Token(
                    "crm-api", "at+jwt",
                    token => token.SigningCredentials = new SigningCredentials(new ECDsaSecurityKey(foreign) { KeyId = "mine" }, SecurityAlgorithms.EcdsaSha256),
                    new Dictionary<string, object> { ["jku"] = "http://127.0.0.1:1/keys" });
            case "internal token": return provider.Token("customer", "crm-int+jwt", token => token.Issuer = "gateway");
            case "no subject": return provider.Token("crm-api", "at+jwt", token => token.Claims.Remove("sub"));
            case "garbage": return "not.a.token";
            case "empty": return "";
            case "20 kB": return provider.Token("crm-api", "at+jwt", token => token.Claims["padding"] = new string('x', 15_000));
            case "alg none":
                var parts = provider.Token("crm-api", "at+jwt").Split('.');
                return Base64UrlEncoder.Encode("""{"alg":"none","typ":"at+jwt"}""") + "." + parts[1] + ".";
            default:
                var signed = provider.Token("crm-api", "at+jwt").Split('.');
                var payload = Base64UrlEncoder.Decode(signed[1]).Replace("viewer", "ops___", StringComparison.Ordinal);
                return $"{signed[0]}.{Base64UrlEncoder.Encode(payload)}.{signed[2]}";
        }
    }
}
