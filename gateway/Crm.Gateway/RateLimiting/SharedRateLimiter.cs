using System.Threading.RateLimiting;

namespace Crm.Gateway.RateLimiting;

/// <summary>
/// One caller's limiter: takes tokens from Redis a few at a time (they are good for a second), so that most calls need no round trip;
/// without Redis it keeps a bucket of the same size by itself. It is never open.
/// </summary>
internal sealed class SharedRateLimiter(string key, TokenBucket bucket, RedisTokenBuckets redis, TimeProvider time) : RateLimiter
{
    private static readonly TimeSpan StashLifetime = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly int _batch = (int)Math.Clamp(Math.Min(bucket.PerSecond / 20, bucket.Burst / 20.0), 1, 100);
    private int _stash;
    private long _stashedAt;
    private double _localTokens = bucket.Burst;
    private long _refilledAt = time.GetTimestamp();
    private long _usedAt = time.GetTimestamp();

    public override TimeSpan? IdleDuration => time.GetElapsedTime(Volatile.Read(ref _usedAt));

    public override RateLimiterStatistics? GetStatistics() => null;

    protected override RateLimitLease AttemptAcquireCore(int permitCount)
    {
        Volatile.Write(ref _usedAt, time.GetTimestamp());
        lock (_gate)
        {
            if (_stash < permitCount || time.GetElapsedTime(_stashedAt) > StashLifetime) return Lease.Refused(TimeSpan.Zero);
            _stash -= permitCount;
            return Lease.Granted;
        }
    }

    protected override async ValueTask<RateLimitLease> AcquireAsyncCore(int permitCount, CancellationToken cancellationToken)
    {
        if (permitCount == 0) return Lease.Granted;
        if (await redis.TakeAsync(key, bucket, _batch, cancellationToken) is not var (granted, wait)) return TakeLocally();
        if (granted == 0) return Lease.Refused(wait);
        lock (_gate)
        {
            // A stash that is still good grows; an old one is forgotten.
            _stash = (time.GetElapsedTime(_stashedAt) > StashLifetime ? 0 : _stash) + granted - 1;
            _stashedAt = time.GetTimestamp();
        }

        return Lease.Granted;
    }

    private Lease TakeLocally()
    {
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _localTokens = Math.Min(bucket.Burst, _localTokens + (time.GetElapsedTime(_refilledAt, now).TotalSeconds * bucket.PerSecond));
            _refilledAt = now;
            if (_localTokens < 1) return Lease.Refused(TimeSpan.FromSeconds((1 - _localTokens) / bucket.PerSecond));
            _localTokens -= 1;
            return Lease.Granted;
        }
    }

    private sealed class Lease(bool acquired, TimeSpan wait) : RateLimitLease
    {
        public static readonly Lease Granted = new(true, TimeSpan.Zero);

        public override bool IsAcquired => acquired;

        public override IEnumerable<string> MetadataNames => acquired ? [] : [MetadataName.RetryAfter.Name];

        public static Lease Refused(TimeSpan wait) => new(false, wait);

        public override bool TryGetMetadata(string metadataName, out object? metadata)
        {
            metadata = wait;
            return !acquired && metadataName == MetadataName.RetryAfter.Name;
        }
    }
}
