using System.Net;
using System.Web;
using Crm.Testing;
using Npgsql;

namespace Crm.Gateway.Tests;

[Collection(GatewayCollection.Name)]
public sealed class SignInTests(GatewayHost host)
{
    [Fact]
    public async Task A_person_signs_in_sees_who_they_are_and_signs_out()
    {
        var browser = new Browser(host.Origin);
        Assert.Equal("/docs", await browser.SignInAsync("sari", await host.PasswordOfAsync("sari"), "/docs"));
        Assert.Equal(["httponly", "path=/", "samesite=lax", "secure"], browser.SessionCookieAttributes.Split(';').Select(part => part.Trim()).Order());
        Assert.Equal(43, browser["__Host-crm"]!.Length); // a random key, no token

        var session = await browser.GetAsync("/session").OkJsonAsync();
        Assert.Equal("Sari Wulandari", session.GetProperty("name").GetString());
        Assert.Equal(["sales-rep"], session.GetProperty("roles").EnumerateArray().Select(role => role.GetString()!));

        var cookie = browser["__Host-crm"];
        var signedOut = await browser.PostAsync("/signout").OkJsonAsync();
        Assert.StartsWith(host.IdpOrigin + "/logout?", signedOut.GetProperty("location").GetString(), StringComparison.Ordinal);
        Assert.Null(browser["__Host-crm"]);
        browser["__Host-crm"] = cookie;
        Assert.Equal((401, "auth.required", null), await browser.GetAsync("/session").ProblemAsync());
        using var home = await browser.GetAsync(signedOut.GetProperty("location").GetString()!);
        Assert.Equal(host.Origin + "/", home.Headers.Location!.ToString());
    }

    [Fact]
    public async Task Pages_lead_to_the_sign_in_and_the_api_answers_401()
    {
        var browser = new Browser(host.Origin);
        using var page = await browser.GetAsync("/?customer=1");
        Assert.Equal("/signin?returnUrl=%2F%3Fcustomer%3D1", page.Headers.Location!.ToString());
        using var api = await browser.GetAsync("/api/customer/v1/customers");
        Assert.Equal(HttpStatusCode.Unauthorized, api.StatusCode);
        Assert.Equal("application/problem+json", api.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example")]
    [InlineData("/\\evil.example")]
    [InlineData("javascript:alert(1)")]
    public async Task The_way_back_never_leaves_this_site(string returnUrl) =>
        Assert.Equal("/", await new Browser(host.Origin).SignInAsync("demo", await host.PasswordOfAsync("demo"), returnUrl));

    [Fact]
    public async Task A_callback_works_once()
    {
        var browser = new Browser(host.Origin);
        var callback = await browser.EnterPasswordAsync(await browser.BeginSignInAsync(), "demo", await host.PasswordOfAsync("demo"));
        using (var first = await browser.GetAsync(callback)) Assert.Equal(HttpStatusCode.Found, first.StatusCode);
        Assert.Equal((400, "auth.sign_in_failed", null), await browser.GetAsync(callback).ProblemAsync());
    }

    [Fact]
    public async Task A_code_is_not_redeemed_twice_even_with_the_cookie_of_the_sign_in_kept()
    {
        var browser = new Browser(host.Origin);
        using var begin = await browser.GetAsync("/signin");
        var kept = begin.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        var callback = await browser.EnterPasswordAsync(begin.Headers.Location!.ToString(), "demo", await host.PasswordOfAsync("demo"));
        using (var first = await browser.GetAsync(callback)) Assert.Equal(HttpStatusCode.Found, first.StatusCode);
        Assert.Equal((400, "auth.sign_in_failed", null), await new Browser(host.Origin).GetAsync(callback, ("Cookie", kept)).ProblemAsync());
    }

    [Fact]
    public async Task A_callback_in_another_browser_gives_no_session()
    {
        var attacker = new Browser(host.Origin);
        var callback = await attacker.EnterPasswordAsync(await attacker.BeginSignInAsync(), "demo", await host.PasswordOfAsync("demo"));
        var victim = new Browser(host.Origin);
        Assert.Equal((400, "auth.sign_in_failed", null), await victim.GetAsync(callback).ProblemAsync());
        Assert.Null(victim["__Host-crm"]);
    }

    [Fact]
    public async Task An_altered_state_gives_no_session()
    {
        var browser = new Browser(host.Origin);
        var callback = await browser.EnterPasswordAsync(await browser.BeginSignInAsync(), "demo", await host.PasswordOfAsync("demo"));
        Assert.Equal(400, (await browser.GetAsync(callback.Replace("&state=", "&state=x", StringComparison.Ordinal)).ProblemAsync()).Status);
        Assert.Null(browser["__Host-crm"]);
    }

    [Fact]
    public async Task A_session_prepared_by_somebody_else_is_not_carried_into_the_sign_in()
    {
        var attacker = await host.SignedInAsync("tuti");
        var planted = attacker["__Host-crm"];
        var victim = new Browser(host.Origin) { ["__Host-crm"] = planted };
        await victim.SignInAsync("budi", await host.PasswordOfAsync("budi"));
        Assert.NotEqual(planted, victim["__Host-crm"]);
        Assert.Equal(401, (await attacker.GetAsync("/session").ProblemAsync()).Status); // the old session ended
    }

    [Fact]
    public async Task A_deleted_session_is_over_at_once_and_an_idle_or_old_one_too()
    {
        var (deleted, idle, old) = (await host.SignedInAsync("agus"), await host.SignedInAsync("dewi"), await host.SignedInAsync("rina"));
        foreach (var browser in new[] { deleted, idle, old }) await browser.GetAsync("/session").OkJsonAsync();
        await ExecuteAsync("DELETE FROM sessions WHERE subject = 'agus'");
        await ExecuteAsync("UPDATE sessions SET last_seen_at = now() - interval '31 minutes' WHERE subject = 'dewi'");
        await ExecuteAsync("UPDATE sessions SET expires_at = now() - interval '1 second' WHERE subject = 'rina'");
        foreach (var browser in new[] { deleted, idle, old }) Assert.Equal((401, "auth.required", null), await browser.GetAsync("/session").ProblemAsync());
    }

    [Fact]
    public async Task The_database_does_not_hold_what_the_cookie_says()
    {
        var browser = await host.SignedInAsync("joko");
        await using var command = host.Database.CreateCommand("SELECT count(*) FROM sessions WHERE encode(id, 'base64') LIKE $1 OR row_to_json(sessions)::text LIKE $1");
        command.Parameters.Add(new NpgsqlParameter { Value = "%" + browser["__Host-crm"]!.Replace('-', '+').Replace('_', '/')[..20] + "%" });
        Assert.Equal(0L, await command.ExecuteScalarAsync());
    }

    [Fact]
    public async Task The_request_for_a_code_carries_pkce_a_nonce_and_a_state()
    {
        var query = HttpUtility.ParseQueryString(new Uri(await new Browser(host.Origin).BeginSignInAsync()).Query);
        Assert.Equal(("code", "S256", 43), (query["response_type"], query["code_challenge_method"], query["code_challenge"]!.Length));
        Assert.True(query["nonce"]!.Length >= 43);
        Assert.Equal(host.Origin + "/signin/callback", query["redirect_uri"]);
    }

    [Theory]
    [InlineData("right")]
    [InlineData("nonce")]
    [InlineData("audience")]
    [InlineData("expired")]
    [InlineData("foreign-key")]
    [InlineData("issuer")]
    [InlineData("missing")]
    public async Task Only_an_id_token_made_for_this_sign_in_gives_a_session(string fault)
    {
        using var foreign = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        host.Provider.IdToken = nonce => fault == "missing" ? "" : host.Provider.Token(fault == "audience" ? "another-client" : "gateway", "JWT", token =>
        {
            token.Claims["nonce"] = fault == "nonce" ? "another-nonce" : nonce!;
            if (fault == "expired") (token.IssuedAt, token.NotBefore, token.Expires) = (token.IssuedAt!.Value.AddHours(-1), token.NotBefore!.Value.AddHours(-1), token.IssuedAt!.Value.AddMinutes(-50));
            if (fault == "issuer") token.Issuer = "https://other.example";
            if (fault == "foreign-key") token.SigningCredentials = new(new Microsoft.IdentityModel.Tokens.ECDsaSecurityKey(foreign) { KeyId = "key-1" }, "ES256");
        });
        var browser = new Browser(host.ScriptedOrigin);
        using var authorize = await browser.GetAsync(await browser.BeginSignInAsync());
        using var callback = await browser.GetAsync(authorize.Headers.Location!.ToString());
        Assert.Equal(fault == "right" ? HttpStatusCode.Found : HttpStatusCode.BadRequest, callback.StatusCode);
        Assert.Equal(fault == "right", browser["__Host-crm"] is not null);
        if (fault != "right") return;
        var session = await browser.GetAsync("/session").OkJsonAsync();
        Assert.Equal(["viewer"], session.GetProperty("roles").EnumerateArray().Select(role => role.GetString()!)); // "system" is not to be had from outside
    }

    [Fact]
    public async Task An_answer_that_names_another_issuer_is_refused()
    {
        host.Provider.IdToken = nonce => host.Provider.Token("gateway", "JWT", token => token.Claims["nonce"] = nonce!);
        var browser = new Browser(host.ScriptedOrigin);
        using var authorize = await browser.GetAsync(await browser.BeginSignInAsync());
        using var callback = await browser.GetAsync(authorize.Headers.Location + "&iss=https%3A%2F%2Fother.example");
        Assert.Equal(HttpStatusCode.BadRequest, callback.StatusCode);
        Assert.Null(browser["__Host-crm"]);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = host.Database.CreateCommand(sql);
        Assert.True(await command.ExecuteNonQueryAsync() > 0);
    }
}
