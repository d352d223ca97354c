using System.ComponentModel.DataAnnotations;

namespace Crm.Gateway.RateLimiting;

/// <summary>Token buckets by policy name (as the routes name them) and kind of caller.</summary>
public sealed class RateLimitOptions
{
    [Required]
    public Dictionary<string, RateLimitPolicy> Policies { get; set; } = [];

    /// <summary>Longer than this nobody waits for Redis; the replica then limits by itself.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:01")]
    public TimeSpan RedisTimeout { get; set; } = TimeSpan.FromMilliseconds(80);
}

public sealed class RateLimitPolicy
{
    /// <summary>Signed in, by subject.</summary>
    [Required]
    public TokenBucket People { get; set; } = new();

    /// <summary>Bearer tokens, by client.</summary>
    [Required]
    public TokenBucket Machines { get; set; } = new();

    /// <summary>By address.</summary>
    [Required]
    public TokenBucket Anonymous { get; set; } = new();
}

/// <summary>Room for <see cref="Burst"/> calls, refilled at <see cref="PerSecond"/>.</summary>
public sealed class TokenBucket
{
    [Range(0.01, 1e9)]
    public double PerSecond { get; set; } = 10;

    [Range(1, 1_000_000_000)]
    public int Burst { get; set; } = 30;
}
