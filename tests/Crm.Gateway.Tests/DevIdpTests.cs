using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Web;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Gateway.Tests;

[Collection(GatewayCollection.Name)]
public sealed class DevIdpTests(GatewayHost host)
{
    private const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    private const string Challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"; // of RFC 7636, appendix B

    [Theory]
    [InlineData("redirect_uri", "https://evil.example/signin/callback", null)]
    [InlineData("redirect_uri", "", null)]
    [InlineData("client_id", "seed", null)]
    [InlineData("client_id", "", null)]
    [InlineData("code_challenge", "", "invalid_request")]
    [InlineData("code_challenge_method", "plain", "invalid_request")]
    [InlineData("code_challenge_method", "", "invalid_request")]
    [InlineData("response_type", "token", "unsupported_response_type")]
    [InlineData("response_type", "id_token", "unsupported_response_type")]
    [InlineData("scope", "email", "invalid_scope")]
    public async Task A_wrong_request_gets_no_form(string parameter, string value, string? error)
    {
        using var response = await RunningProgram.Http.GetAsync(Authorize(parameter, value));
        if (error is null)
        {
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
            Assert.Null(response.Headers.Location);
            return;
        }

        var location = response.Headers.Location!;
        Assert.StartsWith(host.Origin + "/signin/callback?", location.ToString(), StringComparison.Ordinal);
        var query = HttpUtility.ParseQueryString(location.Query);
        Assert.Equal((error, "s", null), (query["error"], query["state"], query["code"]));
    }

    [Fact]
    public async Task A_redirect_uri_is_compared_exactly()
    {
        foreach (var uri in new[] { host.Origin + "/signin/callback/", host.Origin + "/signin/callback?x=1", host.Origin.Replace("localhost", "127.0.0.1", StringComparison.Ordinal) + "/signin/callback" })
        {
            using var response = await RunningProgram.Http.GetAsync(Authorize("redirect_uri", uri));
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        }
    }

    [Fact]
    public async Task The_form_is_in_the_language_of_the_browser_and_needs_nothing_else()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Authorize());
        request.Headers.TryAddWithoutValidation("Accept-Language", "fr, id;q=0.9, en;q=0.8");
        using var response = await RunningProgram.Http.SendAsync(request);
        var page = await response.Content.ReadAsStringAsync();
        Assert.Contains("Kata sandi", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.Ordinal);
        Assert.DoesNotContain(" src=", page, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Contains("Password", await RunningProgram.Http.GetStringAsync(Authorize()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("verifier")]
    [InlineData("redirect_uri")]
    [InlineData("secret")]
    [InlineData("client")]
    [InlineData("none")]
    public async Task A_code_is_redeemed_only_by_whom_it_was_given_to(string fault)
    {
        var code = await CodeAsync();
        using var response = await RedeemAsync(code, fault);
        Assert.Equal(fault == "none" ? HttpStatusCode.OK : fault == "secret" ? HttpStatusCode.Unauthorized : HttpStatusCode.BadRequest, response.StatusCode);
        using var again = await RedeemAsync(code, "none");
        Assert.Equal(fault == "secret" ? HttpStatusCode.OK : HttpStatusCode.BadRequest, again.StatusCode); // whatever the client did with it, it is used up
    }

    [Theory]
    [InlineData("password")]
    [InlineData("refresh_token")]
    [InlineData("urn:ietf:params:oauth:grant-type:device_code")]
    public async Task Other_grants_do_not_exist(string grant)
    {
        using var form = new FormUrlEncodedContent([new("grant_type", grant), new("client_id", "gateway"), new("client_secret", "secret-of-the-gateway"), new("username", "demo"), new("password", await host.PasswordOfAsync("demo"))]);
        using var response = await RunningProgram.Http.PostAsync(host.IdpOrigin + "/token", form);
        Assert.Equal("unsupported_grant_type", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
    }

    [Fact]
    public async Task The_web_client_gets_no_token_of_its_own()
    {
        using var form = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("client_id", "gateway"), new("client_secret", "secret-of-the-gateway")]);
        using var response = await RunningProgram.Http.PostAsync(host.IdpOrigin + "/token", form);
        Assert.Equal("unauthorized_client", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("eko")]
    [InlineData("nobody-of-that-name")]
    public async Task Five_wrong_passwords_lock_the_name_whether_or_not_it_exists(string userName)
    {
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            Assert.Equal(attempt < 5 ? HttpStatusCode.Unauthorized : HttpStatusCode.TooManyRequests, await TryAsync(userName, "wrong"));
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, await TryAsync(userName, userName == "eko" ? await host.PasswordOfAsync("eko") : "wrong"));
    }

    [Fact]
    public async Task A_form_sent_by_another_site_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Authorize())
        {
            Content = new FormUrlEncodedContent([new("userName", "demo"), new("password", await host.PasswordOfAsync("demo"))]),
        };
        request.Headers.TryAddWithoutValidation("Sec-Fetch-Site", "cross-site");
        using var response = await RunningProgram.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public void The_file_of_passwords_is_its_owners_alone_and_has_a_user_for_each_role()
    {
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(host.UsersFile));
        using var file = JsonDocument.Parse(File.ReadAllText(host.UsersFile));
        var users = file.RootElement.GetProperty("users").EnumerateArray().ToList();
        string[] RolesOf(JsonElement account) => [.. account.GetProperty("roles").EnumerateArray().Select(role => role.GetString()!)];
        var peoples = Roles.Staff.Except([Roles.Integration]).ToList();
        Assert.All(peoples, role => Assert.Contains(users, user => RolesOf(user) is [var only] && only == role));
        Assert.Equal(peoples.Order(), RolesOf(users.Single(user => user.GetProperty("userName").GetString() == "demo")).Order());
        Assert.All(users.SelectMany(RolesOf).Concat(file.RootElement.GetProperty("clients").EnumerateArray().SelectMany(RolesOf)), role => Assert.Contains(role, Roles.Staff));
        Assert.Equal(users.Count, users.Select(user => user.GetProperty("password").GetString()).Distinct().Count());
    }

    [Fact]
    public async Task It_does_not_run_in_production()
    {
        await using var program = RunningProgram.Project("Crm.DevIdp", new Dictionary<string, string> { ["ASPNETCORE_ENVIRONMENT"] = "Production", ["HTTP_PORT"] = $"{RunningProgram.FreePort()}" });
        Assert.NotEqual(0, await program.ExitCodeAsync());
    }

    private string Authorize(string? parameter = null, string? value = null)
    {
        var query = HttpUtility.ParseQueryString("");
        query["response_type"] = "code";
        query["client_id"] = "gateway";
        query["redirect_uri"] = host.Origin + "/signin/callback";
        query["scope"] = "openid";
        query["state"] = "s";
        query["nonce"] = "n";
        query["code_challenge"] = Challenge;
        query["code_challenge_method"] = "S256";
        if (parameter is not null) query[parameter] = value;
        return $"{host.IdpOrigin}/authorize?{query}";
    }

    private async Task<string> CodeAsync()
    {
        var callback = await new Browser(host.Origin).EnterPasswordAsync(Authorize(), "demo", await host.PasswordOfAsync("demo"));
        return HttpUtility.ParseQueryString(new Uri(callback).Query)["code"]!;
    }

    private async Task<HttpResponseMessage> RedeemAsync(string code, string fault)
    {
        using var file = JsonDocument.Parse(await File.ReadAllTextAsync(host.UsersFile));
        var seed = file.RootElement.GetProperty("clients").EnumerateArray().Single(client => client.GetProperty("clientId").GetString() == "seed").GetProperty("clientSecret").GetString()!;
        using var form = new FormUrlEncodedContent(
        [
            new("grant_type", "authorization_code"),
            new("code", code),
            new("redirect_uri", host.Origin + (fault == "redirect_uri" ? "/elsewhere" : "/signin/callback")),
            new("code_verifier", fault == "verifier" ? new string('a', 43) : Verifier),
            new("client_id", fault == "client" ? "seed" : "gateway"),
            new("client_secret", fault == "secret" ? "wrong" : fault == "client" ? seed : "secret-of-the-gateway"),
        ]);
        return await RunningProgram.Http.PostAsync(host.IdpOrigin + "/token", form);
    }

    private async Task<HttpStatusCode> TryAsync(string userName, string password)
    {
        using var form = new FormUrlEncodedContent([new("userName", userName), new("password", password)]);
        using var response = await RunningProgram.Http.PostAsync(Authorize(), form);
        return response.StatusCode;
    }
}
