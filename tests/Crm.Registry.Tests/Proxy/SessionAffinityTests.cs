using System.IO.Hashing;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace Crm.Registry.Tests.Proxy;

/// <summary>The official reverse proxy with the affinity policy that takes its cookie from XXH64.</summary>
public class SessionAffinityTests
{
    [Fact]
    public async Task Hash_cookie_keeps_a_session_on_its_destination()
    {
        await using var a = await StartAsync(app => app.MapGet("/who", () => "a"));
        await using var b = await StartAsync(app => app.MapGet("/who", () => "b"));
        await using var proxy = await StartAsync(
            app => app.MapReverseProxy(),
            services => services.AddReverseProxy().LoadFromMemory(
                [new RouteConfig { RouteId = "all", ClusterId = "ab", Match = new RouteMatch { Path = "{**rest}" } }],
                [
                    new ClusterConfig
                    {
                        ClusterId = "ab",
                        LoadBalancingPolicy = "RoundRobin",
                        SessionAffinity = new SessionAffinityConfig { Enabled = true, Policy = "HashCookie", AffinityKeyName = "affinity" },
                        Destinations = new Dictionary<string, DestinationConfig>
                        {
                            ["a"] = new() { Address = a.Urls.Single() },
                            ["b"] = new() { Address = b.Urls.Single() },
                        },
                    },
                ]));
        var cookies = new CookieContainer();
        using var session = new HttpClient(new SocketsHttpHandler { CookieContainer = cookies }) { BaseAddress = new Uri(proxy.Urls.Single()) };
        using var stranger = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = session.BaseAddress };

        var first = await session.GetStringAsync("/who");
        var strangers = new HashSet<string>();
        for (var i = 0; i < 10; i++)
        {
            strangers.Add(await stranger.GetStringAsync("/who"));
            Assert.Equal(first, await session.GetStringAsync("/who"));
        }

        Assert.Equal(["a", "b"], strangers.Order());
        var expected = Convert.ToHexStringLower(XxHash64.Hash(Encoding.Unicode.GetBytes(first.ToUpperInvariant())));
        Assert.Equal(expected, cookies.GetCookies(session.BaseAddress)["affinity"]?.Value);
    }

    private static async Task<WebApplication> StartAsync(Action<WebApplication> map, Action<IServiceCollection>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        configure?.Invoke(builder.Services);
        var app = builder.Build();
        map(app);
        await app.StartAsync();
        return app;
    }
}
