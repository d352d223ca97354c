using System.Diagnostics;
using System.Net;
using Crm.Testing;

namespace Crm.Gateway.Tests;

[Collection(GatewayCollection.Name)]
public sealed class RateLimitTests(GatewayHost host)
{
    [Fact]
    public async Task Replicas_share_one_budget_and_each_keeps_its_own_when_redis_is_gone()
    {
        var port = RunningProgram.FreePort();
        var directory = Directory.CreateTempSubdirectory("crm-redis-");
        await using var redis = RunningProgram.Start("redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--dir", directory.FullName], []);
        Dictionary<string, string> settings = new()
        {
            ["Oidc:Authority"] = host.Provider.Issuer,
            ["ConnectionStrings:redis"] = $"127.0.0.1:{port}",
            ["RateLimits:Policies:api:Machines:PerSecond"] = "0.1",
            ["RateLimits:Policies:api:Machines:Burst"] = "6",
        };
        var (first, _) = await host.StartGatewayAsync(RunningProgram.FreePort(), settings);
        var (second, _) = await host.StartGatewayAsync(RunningProgram.FreePort(), settings);
        await Eventually.Holds(async () =>
        {
            // Both have found Redis once a caller's budget, used up at one, is used up at the other.
            var caller = Token();
            Assert.Equal(6, (await CallAsync(first, caller, 7)).Count(status => status == HttpStatusCode.OK));
            Assert.All(await CallAsync(second, caller, 2), status => Assert.Equal(HttpStatusCode.TooManyRequests, status));
        });

        var token = Token();
        await CallAsync(first, token, 6);
        using (var refused = await GatewayHost.GetAsync(second + "/session", token))
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
            Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 10);
            var problem = await refused.JsonAsync();
            Assert.Equal("request.rate_limited", problem.GetProperty("code").GetString());
        }

        Assert.All(await CallAsync(first, Token(), 6), status => Assert.Equal(HttpStatusCode.OK, status)); // somebody else is not concerned

        await redis.KillAsync();
        var after = Token();
        var watch = Stopwatch.StartNew();
        Assert.Equal(6, (await CallAsync(first, after, 20)).Count(status => status == HttpStatusCode.OK)); // limited, not open and not shut
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(3), $"{watch.Elapsed}");
        Assert.Equal(6, (await CallAsync(second, after, 20)).Count(status => status == HttpStatusCode.OK));
        directory.Delete(recursive: true);
    }

    [Fact]
    public async Task A_flood_of_bad_tokens_is_limited_by_address()
    {
        var (origin, _) = await host.StartGatewayAsync(RunningProgram.FreePort(), new()
        {
            ["Oidc:Authority"] = host.Provider.Issuer,
            ["ConnectionStrings:redis"] = "127.0.0.1:1",
            ["RateLimits:Policies:api:Anonymous:PerSecond"] = "0.1",
            ["RateLimits:Policies:api:Anonymous:Burst"] = "10",
        });
        var answers = await CallAsync(origin, "x.y.z", 15);
        Assert.Equal((10, 5), (answers.Count(status => status == HttpStatusCode.Unauthorized), answers.Count(status => status == HttpStatusCode.TooManyRequests)));
    }

    private string Token() => host.Provider.Token("crm-api", "at+jwt", token => token.Claims["sub"] = "caller-" + RunningProgram.FreePort() + TimeProvider.System.GetTimestamp());

    private static async Task<List<HttpStatusCode>> CallAsync(string origin, string token, int times)
    {
        var statuses = new List<HttpStatusCode>();
        for (var call = 0; call < times; call++)
        {
            using var response = await GatewayHost.GetAsync(origin + "/session", token);
            statuses.Add(response.StatusCode);
        }

        return statuses;
    }
}
