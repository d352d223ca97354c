using System.ComponentModel.DataAnnotations;

namespace Crm.Campaign.Sender.RateLimits;

/// <summary>A token bucket: so many messages a second on average, so many at once.</summary>
public sealed record RateLimit
{
    [Range(0.01, 1e6)]
    public double PerSecond { get; init; }

    /// <summary>0: a second's worth.</summary>
    [Range(0, 1_000_000)]
    public int Burst { get; init; }

    internal int Capacity => Burst > 0 ? Burst : Math.Max(1, (int)PerSecond);
}

/// <summary>Section <c>RateLimits</c>: shared by all senders through Redis; the same for all of them.</summary>
public sealed class RateLimitOptions : IValidatableObject
{
    public const string Section = "RateLimits";

    /// <summary>By provider (a relay's name, an SMS gateway's): what was agreed with it.</summary>
    public Dictionary<string, RateLimit> Providers { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>By the recipients' domain: what its mail servers take from us; <c>*</c>: of every other domain.</summary>
    public Dictionary<string, RateLimit> Domains { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Longer than this nobody waits for Redis; each sender then keeps to its share by itself.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:05")]
    public TimeSpan RedisTimeout { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long Redis is left alone after it did not answer.</summary>
    public TimeSpan RedisPause { get; init; } = TimeSpan.FromSeconds(2);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Providers.Concat(Domains).Where(pair => pair.Value.PerSecond is not (>= 0.01 and <= 1e6) || pair.Value.Burst is not (>= 0 and <= 1_000_000))
            .Select(pair => new ValidationResult($"RateLimits: {pair.Key} needs PerSecond from 0.01 to 1000000 and Burst from 0 to 1000000.", [pair.Key]));
}
