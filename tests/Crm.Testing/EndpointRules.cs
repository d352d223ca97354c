using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Testing;

/// <summary>Deny by default, checked over the routes that a service really maps.</summary>
public static class EndpointRules
{
    /// <summary>Every route asks for a role or a calling workload, or is one of the prefixes that are public on purpose.</summary>
    public static void AssertAuthorised(IServiceProvider services, params string[] publicPrefixes)
    {
        string[] open = ["/health", "/openapi.json", .. publicPrefixes];
        foreach (var endpoint in services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>())
        {
            var route = "/" + endpoint.RoutePattern.RawText?.TrimStart('/');
            if (open.Any(prefix => route.StartsWith(prefix, StringComparison.Ordinal))) continue;
            if (route.Contains("unimplemented", StringComparison.OrdinalIgnoreCase)) continue;
            var requirements = endpoint.Metadata.GetOrderedMetadata<AuthorizationPolicy>().SelectMany(policy => policy.Requirements).ToList();
            var rights = requirements.Any(requirement => requirement is
                Microsoft.AspNetCore.Authorization.Infrastructure.RolesAuthorizationRequirement or
                Microsoft.AspNetCore.Authorization.Infrastructure.ClaimsAuthorizationRequirement);
            Xunit.Assert.True(rights, $"{endpoint.DisplayName} ({route}) names no role or caller.");
        }
    }
}
