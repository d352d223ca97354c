using System.Net;
using System.Net.Http.Json;
using System.Text;
using Crm.Testing;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Crm.Gateway.Tests;

[Collection(GatewayCollection.Name)]
public sealed class ForwardingTests(GatewayHost host)
{
    private static readonly string[] Services = ["customer", "sales", "service", "loyalty", "campaign", "analytics"];

    private static string Fresh() => new Crm.ServiceDefaults.Hosting.Ids(TimeProvider.System).Next().ToString();

    [Fact]
    public async Task Each_service_gets_a_token_made_for_it_and_nothing_that_a_client_made_up()
    {
        var browser = await host.SignedInAsync("sari");
        foreach (var service in Services)
        {
            var path = $"/api/{service}/v1/things?q={Fresh()}";
            using var response = await browser.GetAsync(
                path, ("X-User-Id", "admin"), ("X-Roles", "admin"), ("X-Forwarded-User", "admin"), ("X-Forwarded-For", "1.2.3.4"), ("Forwarded", "for=1.2.3.4"),
                ("X-HTTP-Method-Override", "DELETE"), ("X-Original-URL", "/admin"), ("traceparent", "00-11111111111111111111111111111111-2222222222222222-01"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Empty(response.Headers.Server);
            var received = Assert.Single(host.Services.Requests, request => request.PathAndQuery == path);
            Assert.Equal("GET", received.Method);
            Assert.DoesNotContain(received.Headers.Keys, name => name.StartsWith("X-User", StringComparison.OrdinalIgnoreCase) || name is "Cookie" or "X-Roles" or "X-Forwarded-User" or "Forwarded" or "X-HTTP-Method-Override" or "X-Original-URL" or "X-CSRF");
            Assert.Equal("127.0.0.1", received.Headers["X-Forwarded-For"]);
            Assert.StartsWith("00-11111111111111111111111111111111-", received.Headers["traceparent"], StringComparison.Ordinal);

            var token = new JsonWebToken(received.Headers["Authorization"]["Bearer ".Length..]);
            Assert.Equal(("crm-int+jwt", "gateway", service, "sari"), (token.Typ, token.Issuer, token.Audiences.Single(), token.Subject));
            Assert.Equal(["sales-rep"], token.Claims.Where(claim => claim.Type == "roles").Select(claim => claim.Value));
            Assert.True(token.ValidTo - token.ValidFrom <= TimeSpan.FromSeconds(60));
        }
    }

    [Fact]
    public async Task Events_of_a_stream_come_through_one_by_one_and_not_at_its_end()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{host.Origin}/api/campaign/v1/campaigns/{Fresh()}/progress");
        request.Headers.Authorization = new("Bearer", await host.AccessTokenAsync("sales-shop"));
        host.Services.NextEvent.Release();
        using var response = await RunningProgram.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(patience.Token));

        Assert.Equal("data: 1", await reader.ReadLineAsync(patience.Token));
        host.Services.NextEvent.Release();
        Assert.Equal("", await reader.ReadLineAsync(patience.Token));
        Assert.Equal("data: 2", await reader.ReadLineAsync(patience.Token));
    }

    [Fact]
    public async Task A_machine_clients_call_carries_its_name_and_its_bearer_goes_no_further()
    {
        var bearer = await host.AccessTokenAsync("sales-shop");
        var path = $"/api/sales/v1/purchases?q={Fresh()}";
        using var response = await GatewayHost.GetAsync(host.Origin + path, bearer);
        var received = Assert.Single(host.Services.Requests, request => request.PathAndQuery == path);
        Assert.DoesNotContain(bearer, received.Headers["Authorization"], StringComparison.Ordinal);
        Assert.Equal("client:sales-shop", new JsonWebToken(received.Headers["Authorization"]["Bearer ".Length..]).Subject);
    }

    [Fact]
    public async Task A_write_goes_through_with_its_key_its_version_and_its_body()
    {
        var browser = await host.SignedInAsync("budi");
        var path = $"/api/sales/v1/purchases?q={Fresh()}";
        using var response = await browser.SendAsync(
            HttpMethod.Post, path, JsonContent.Create(new { a = 1 }), ("X-CSRF", "1"), ("Idempotency-Key", "key-7"), ("If-Match", "\"3\""));
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var received = Assert.Single(host.Services.Requests, request => request.PathAndQuery == path);
        Assert.Equal(("POST", "{\"a\":1}", "key-7", "\"3\""), (received.Method, received.Body, received.Headers["Idempotency-Key"], received.Headers["If-Match"]));
    }

    [Fact]
    public async Task A_services_refusal_comes_through_untouched()
    {
        var browser = await host.SignedInAsync();
        Assert.Equal((422, "stub.refused", "lines[0].sku"), await browser.GetAsync("/api/sales/v1/problem").ProblemAsync());
    }

    [Fact]
    public async Task The_documents_of_all_services_are_for_those_who_signed_in()
    {
        var browser = await host.SignedInAsync("tuti");
        foreach (var service in Services)
        {
            var answer = await browser.GetAsync($"/api/{service}/openapi.json").OkJsonAsync();
            Assert.Equal("/openapi.json", answer.GetProperty("pathAndQuery").GetString());
            Assert.Equal(401, (await new Browser(host.Origin).GetAsync($"/api/{service}/openapi.json").ProblemAsync()).Status);
        }

        var own = await browser.GetAsync("/api/customer360/openapi.json").OkJsonAsync();
        Assert.True(own.GetProperty("paths").TryGetProperty("/api/customer360/v1/customers/{id}", out _));
    }

    [Fact]
    public async Task Public_pages_need_no_session_and_get_no_token()
    {
        foreach (var path in new[] { $"/t/{Fresh()}", $"/p/unsubscribe/{Fresh()}" })
        {
            using var response = await RunningProgram.Http.PostAsync(host.Origin + path, new FormUrlEncodedContent([new("List-Unsubscribe", "One-Click")]));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            var received = Assert.Single(host.Services.Requests, request => request.PathAndQuery == path);
            Assert.DoesNotContain("Authorization", received.Headers.Keys);
            Assert.Equal("List-Unsubscribe=One-Click", received.Body);
        }
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/api/customer/health/ready")]
    [InlineData("/api/customer/v1/../../../health")]
    [InlineData("/api/../openapi.json")]
    [InlineData("/openapi.json")]
    [InlineData("/api/customer/openapi.json/x")]
    [InlineData("//metrics")]
    [InlineData("/%2e%2e/health")]
    [InlineData("/swagger")]
    [InlineData("/.git/HEAD")]
    [InlineData("/appsettings.json")]
    [InlineData("/crm.customer.v1.CustomerReads/GetCustomer")]
    [InlineData("/crm.customer.v1.CustomerIngestion/Import")]
    public async Task What_is_not_routed_does_not_exist(string path)
    {
        // Written by hand: HttpClient tidies the path up before it sends it.
        using var socket = new System.Net.Sockets.TcpClient();
        await socket.ConnectAsync("localhost", new Uri(host.Origin).Port);
        await socket.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(socket.GetStream());
        var answer = await reader.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 404", answer, StringComparison.Ordinal);
        Assert.Contains("request.not_found", answer, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TRACE")]
    [InlineData("TRACK")]
    [InlineData("PROPFIND")]
    public async Task Methods_that_nobody_needs_are_refused(string method)
    {
        using var response = await RunningProgram.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), host.Origin + "/api/sales/v1/x"));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
    }

    [Fact]
    public async Task Bodies_have_a_limit_and_imports_a_larger_one()
    {
        var browser = await host.SignedInAsync();
        async Task<HttpStatusCode> SendAsync(string path, int bytes)
        {
            using var content = new StringContent(new string('x', bytes), Encoding.ASCII, "text/csv");
            using var response = await browser.PostAsync(path, content);
            return response.StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, await SendAsync("/api/customer/v1/things", 1_000_000));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, await SendAsync("/api/customer/v1/things", 1_100_000));
        Assert.Equal(HttpStatusCode.OK, await SendAsync("/api/customer/v1/customer-imports", 5_000_000));
    }

    [Fact]
    public async Task Every_answer_carries_the_security_headers()
    {
        foreach (var path in new[] { "/session", "/nothing", "/style.css", "/health/live" })
        {
            using var response = await RunningProgram.Http.GetAsync(host.Origin + path);
            Assert.Contains("frame-ancestors 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
            Assert.False(response.Headers.Contains("Server"));
        }
    }

    [Theory]
    [InlineData("no header", 403)]
    [InlineData("wrong header", 403)]
    [InlineData("foreign origin", 403)]
    [InlineData("null origin", 403)]
    [InlineData("cross-site", 403)]
    [InlineData("same-site", 403)]
    [InlineData("text/plain", 415)]
    [InlineData("form", 415)]
    [InlineData("right", 200)]
    public async Task A_write_with_a_session_comes_from_our_own_pages(string variant, int expected)
    {
        var browser = await host.SignedInAsync();
        var path = $"/api/sales/v1/purchases?q={Fresh()}";
        HttpContent content = variant switch
        {
            "text/plain" => new StringContent("{}", Encoding.UTF8, "text/plain"),
            "form" => new FormUrlEncodedContent([new("a", "1")]),
            _ => JsonContent.Create(new { }),
        };
        (string, string)[] headers = variant switch
        {
            "no header" => [("Origin", host.Origin)],
            "wrong header" => [("X-CSRF", "0")],
            "foreign origin" => [("X-CSRF", "1"), ("Origin", "https://evil.example")],
            "null origin" => [("X-CSRF", "1"), ("Origin", "null")],
            "cross-site" or "same-site" => [("X-CSRF", "1"), ("Sec-Fetch-Site", variant)],
            _ => [("X-CSRF", "1"), ("Origin", host.Origin), ("Sec-Fetch-Site", "same-origin")],
        };
        using var response = await browser.SendAsync(HttpMethod.Post, path, content, headers);
        Assert.Equal(expected, (int)response.StatusCode);
        if (expected == 403) Assert.Equal("auth.csrf", (await response.JsonAsync()).GetProperty("code").GetString());
        Assert.Equal(expected == 200 ? 1 : 0, host.Services.Requests.Count(request => request.PathAndQuery == path));
    }
}
