using Crm.ServiceDefaults.Security;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Transforms;
using Yarp.ReverseProxy.Transforms.Builder;

namespace Crm.Gateway.Proxy;

/// <summary>Routes and clusters are in <c>appsettings.json</c>; here are the addresses and what every forwarded request has in common.</summary>
internal static class ProxyRegistration
{
    public static void AddProxy(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<InternalTokens>();
        builder.Services.AddRequestTimeouts();
        builder.Services.AddReverseProxy()
            .LoadFromConfig(builder.Configuration.GetSection("ReverseProxy"))
            .AddConfigFilter<ServiceDestinations>()
            // A connection stays with the pod that it was made to. Shorter than the pods' preStop, so that none leads to one that stops.
            .ConfigureHttpClient((_, handler) => handler.PooledConnectionLifetime = TimeSpan.FromSeconds(5))
            .AddTransforms(AddTransforms);
    }

    private static void AddTransforms(TransformBuilderContext context)
    {
        // What proves something to the gateway proves nothing further on, and must not be seen there.
        context.AddRequestHeaderRemove("Authorization");
        context.AddRequestHeaderRemove("Cookie");
        context.AddRequestHeaderRemove("X-CSRF");
        context.AddResponseHeaderRemove("Server");
        if (context.Route.AuthorizationPolicy is null or "anonymous") return;

        var audience = ServiceDestinations.ServiceOf(context.Cluster!);
        context.AddRequestTransform(request =>
        {
            var tokens = request.HttpContext.RequestServices.GetRequiredService<InternalTokens>();
            request.ProxyRequest.Headers.TryAddWithoutValidation("Authorization", "Bearer " + tokens.For(request.HttpContext.User, audience));
            return default;
        });
    }
}

/// <summary>Fills each cluster from <c>services:NAME:ENDPOINT:N</c>, the form in which the app host and the charts pass addresses.</summary>
internal sealed class ServiceDestinations(IConfiguration configuration) : IProxyConfigFilter
{
    /// <summary>The service behind a cluster, which is also the audience of its tokens.</summary>
    public static string ServiceOf(ClusterConfig cluster) => cluster.Metadata?.GetValueOrDefault("Service") ?? cluster.ClusterId;

    public ValueTask<ClusterConfig> ConfigureClusterAsync(ClusterConfig cluster, CancellationToken cancel)
    {
        var section = $"services:{ServiceOf(cluster)}:{cluster.Metadata?.GetValueOrDefault("Endpoint") ?? "http"}";
        var destinations = configuration.GetSection(section).GetChildren()
            .ToDictionary(child => child.Key, child => new DestinationConfig { Address = AddressOf(child.Value!) });
        return destinations.Count == 0
            ? throw new InvalidOperationException($"No address: {section}:0 is not set.")
            : ValueTask.FromResult(cluster with { Destinations = destinations });
    }

    /// <summary>The gRPC clients balance over what <c>dns:///</c> resolves to; the proxy speaks to the same host and port over HTTP.</summary>
    private static string AddressOf(string address) =>
        address.StartsWith("dns:///", StringComparison.Ordinal) ? "http://" + address["dns:///".Length..] : address;

    public ValueTask<RouteConfig> ConfigureRouteAsync(RouteConfig route, ClusterConfig? cluster, CancellationToken cancel) => ValueTask.FromResult(route);
}

/// <summary>The internal token of a request: the caller as the service sees them, for that one service, for a minute.</summary>
internal sealed class InternalTokens(InternalTokenIssuer issuer)
{
    public string For(System.Security.Claims.ClaimsPrincipal caller, string audience) =>
        issuer.Mint(Actor.From(caller) with { CallingService = null }, audience);
}
