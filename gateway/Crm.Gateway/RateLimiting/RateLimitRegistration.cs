using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Claims;
using System.Threading.RateLimiting;
using Crm.Gateway.Authentication;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;

namespace Crm.Gateway.RateLimiting;

internal static class RateLimitRegistration
{
    /// <summary>The policies of section <c>RateLimits</c>; each caller has a bucket of its own in each.</summary>
    public static void AddRateLimits(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<RateLimitOptions>().BindConfiguration("RateLimits").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<RedisTokenBuckets>();
        var policies = builder.Configuration.GetSection("RateLimits").Get<RateLimitOptions>()?.Policies ?? [];
        builder.Services.AddRateLimiter(limiter =>
        {
            limiter.OnRejected = RejectAsync;
            foreach (var (name, policy) in policies) limiter.AddPolicy(name, http => PartitionOf(http, name, policy));
        });
    }

    private static RateLimitPartition<string> PartitionOf(HttpContext http, string name, RateLimitPolicy policy)
    {
        var (caller, bucket) = http.User.Identity?.AuthenticationType switch
        {
            SessionHandler.SchemeName => ("person:" + http.User.FindFirstValue("sub"), policy.People),
            BearerHandler.SchemeName => ("client:" + http.User.FindFirstValue("sub"), policy.Machines),
            _ => ("address:" + Network(http.Connection.RemoteIpAddress), policy.Anonymous),
        };
        return RateLimitPartition.Get($"rate:{name}:{caller}", key => new SharedRateLimiter(
            key, bucket, http.RequestServices.GetRequiredService<RedisTokenBuckets>(), http.RequestServices.GetRequiredService<TimeProvider>()));
    }

    /// <summary>An IPv6 customer has at least a /64: every address in it is the same caller.</summary>
    private static string Network(IPAddress? address)
    {
        if (address is null) return "";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexStringLower(address.GetAddressBytes()[..8]) : address.ToString();
    }

    private static async ValueTask RejectAsync(OnRejectedContext context, CancellationToken cancellationToken)
    {
        var wait = context.Lease.TryGetMetadata(MetadataName.RetryAfter, out var after) ? after : TimeSpan.FromSeconds(1);
        var http = context.HttpContext;
        http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
        http.Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        await http.RequestServices.GetRequiredService<IProblemDetailsService>().TryWriteAsync(new ProblemDetailsContext
        {
            HttpContext = http,
            ProblemDetails = new ProblemDetails { Status = StatusCodes.Status429TooManyRequests, Detail = "Too many requests. Try again after the time in Retry-After." },
        });
    }
}
