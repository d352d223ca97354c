using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Crm.Testing;
using Dapper;

namespace Crm.Gateway.Tests;

[Collection(GatewayCollection.Name)]
public sealed class ApiClientTests(GatewayHost host)
{
    private const string Clients = "/api/gateway/v1/clients";

    [Fact]
    public async Task A_registered_client_calls_what_its_scopes_name_until_its_quota_is_used_up_and_its_usage_is_shown()
    {
        var (subject, token) = NewClient();
        await RegisterAsync(subject, ["sales:read", "customer:write"], perMinute: 1000, perDay: 4);
        await Eventually.Holds(async () => Assert.Equal((403, "auth.scope_missing", null), await GetAsync("/api/customer/v1/customers", token).ProblemAsync()));
        Assert.Equal((403, "auth.scope_missing", null), await GetAsync("/api/SALES/../customer/v1/customers", token).ProblemAsync());
        Assert.Equal((403, "auth.scope_missing", null), await PostAsync("/api/sales/v1/purchases", token).ProblemAsync());
        for (var call = 0; call < 3; call++) Assert.Equal(HttpStatusCode.OK, (await GetAsync("/api/sales/v1/purchases", token)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("/api/customer/v1/customers", token)).StatusCode);
        using (var refused = await GetAsync("/api/sales/v1/purchases", token))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 86_400);
            Assert.Equal("request.quota_exceeded", (await refused.JsonAsync()).GetProperty("code").GetString());
        }

        await Eventually.Holds(async () =>
        {
            var today = Assert.Single((await OpsAsync(HttpMethod.Get, $"{Clients}/{subject}/usage")).EnumerateArray());
            Assert.Equal((4, 1), (today.GetProperty("calls").GetInt32(), today.GetProperty("refused").GetInt32()));
        });
    }

    [Fact]
    public async Task A_minute_is_limited_a_change_takes_effect_within_seconds_and_a_client_that_is_switched_off_calls_nothing()
    {
        var (subject, token) = NewClient();
        await RegisterAsync(subject, ["*:read"], perMinute: 2, perDay: 1000);
        await Eventually.Holds(async () =>
        {
            // The minute may have just turned.
            var statuses = new List<HttpStatusCode>();
            for (var call = 0; call < 4; call++) statuses.Add((await GetAsync("/api/loyalty/v1/members", token)).StatusCode);
            Assert.Contains(HttpStatusCode.TooManyRequests, statuses);
        });
        Assert.Equal((412, "auth.client_stale", null), await PutAsync(subject, new { name = "X", department = "IT", scopes = new[] { "*:read" }, perMinute = 2, perDay = 5, isActive = false }, null).ProblemAsync());
        await PutAsync(subject, new { name = "X", department = "IT", scopes = new[] { "*:read" }, perMinute = 2, perDay = 5, isActive = false }, 1).OkJsonAsync();
        await Eventually.Holds(async () => Assert.Equal((403, "auth.client_disabled", null), await GetAsync("/api/loyalty/v1/members", token).ProblemAsync()));
    }

    [Fact]
    public async Task Without_redis_a_replica_goes_on_from_what_is_stored_of_the_day_and_an_unregistered_client_is_refused_where_that_is_asked_for()
    {
        var (subject, token) = NewClient();
        await RegisterAsync(subject, ["sales:read"], perMinute: 1000, perDay: 10);
        await using (var connection = await host.Database.OpenConnectionAsync()) await connection.ExecuteAsync("INSERT INTO api_client_usage (subject, day, calls) VALUES (@subject, (now() AT TIME ZONE 'UTC')::date, 7)", new { subject });
        var (origin, _) = await host.StartGatewayAsync(RunningProgram.FreePort(), new() { ["Oidc:Authority"] = host.Provider.Issuer, ["ConnectionStrings:redis"] = "127.0.0.1:1", ["ApiClients:RequireRegistration"] = "true" });
        var statuses = new List<HttpStatusCode>();
        for (var call = 0; call < 5; call++) statuses.Add((await GatewayHost.GetAsync(origin + "/api/sales/v1/purchases", token)).StatusCode);
        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.TooManyRequests, HttpStatusCode.TooManyRequests], statuses);
        Assert.Equal((403, "auth.client_unregistered", null), await GatewayHost.GetAsync(origin + "/api/sales/v1/purchases", NewClient().Token).ProblemAsync());
        Assert.Equal(HttpStatusCode.OK, (await GatewayHost.GetAsync(host.ScriptedOrigin + "/api/sales/v1/purchases", NewClient().Token)).StatusCode);
    }

    [Theory]
    [InlineData("""{"name":"","department":"IT","scopes":["sales:read"],"perMinute":1,"perDay":1}""", "auth.client_name_invalid", "name")]
    [InlineData("""{"name":"X","department":"IT","scopes":["sales:admin"],"perMinute":1,"perDay":1}""", "auth.client_scope_unknown", "scopes[0]")]
    [InlineData("""{"name":"X","department":"IT","scopes":["sales:read"],"perMinute":0,"perDay":1}""", "auth.client_quota_invalid", "perMinute")]
    public async Task A_wrong_registration_is_refused(string body, string code, string field)
    {
        var (subject, _) = NewClient();
        Assert.Equal((400, code, field), await PutAsync(subject, JsonSerializer.Deserialize<JsonElement>(body), null).ProblemAsync());
        Assert.Equal((404, "auth.client_not_found", null), await Send(HttpMethod.Get, $"{Clients}/{subject}", Ops).ProblemAsync());
        Assert.Equal(403, (int)(await Send(HttpMethod.Get, Clients, host.Provider.Token("crm-api", "at+jwt"))).StatusCode);
    }

    private string Ops => host.Provider.Token("crm-api", "at+jwt", token =>
    {
        token.Claims["sub"] = "ops-1";
        token.Claims["roles"] = new[] { "ops" };
    });

    private (string Subject, string Token) NewClient()
    {
        var subject = $"client:c{TimeProvider.System.GetTimestamp()}";
        return (subject, host.Provider.Token("crm-api", "at+jwt", token => token.Claims["sub"] = subject));
    }

    private Task<JsonElement> RegisterAsync(string subject, string[] scopes, int perMinute, int perDay) =>
        PutAsync(subject, new { name = "Shop", department = "Retail", scopes, perMinute, perDay }, null).OkJsonAsync();

    private Task<HttpResponseMessage> PutAsync(string subject, object body, long? version)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, $"{host.ScriptedOrigin}{Clients}/{subject}") { Content = JsonContent.Create(body, body.GetType()) };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + Ops);
        if (version is not null) request.Headers.TryAddWithoutValidation("If-Match", $"\"{version}\"");
        return RunningProgram.Http.SendAsync(request);
    }

    private async Task<JsonElement> OpsAsync(HttpMethod method, string path) => await Send(method, path, Ops).OkJsonAsync();

    private Task<HttpResponseMessage> GetAsync(string path, string token) => Send(HttpMethod.Get, path, token);

    private Task<HttpResponseMessage> PostAsync(string path, string token) => Send(HttpMethod.Post, path, token);

    private Task<HttpResponseMessage> Send(HttpMethod method, string path, string token)
    {
        var request = new HttpRequestMessage(method, host.ScriptedOrigin + path) { Content = method == HttpMethod.Post ? JsonContent.Create(new { }) : null };
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        return RunningProgram.Http.SendAsync(request);
    }
}
