using System.Collections.Concurrent;
using Crm.Campaign.Sender.Sending;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Sender.RateLimits;

/// <summary>
/// How many messages a provider, or a recipient's domain, may be given now, all senders together. Tokens are leased from Redis in blocks, so
/// that most messages need no round trip; without Redis each sender keeps to one N-th of the rate, N being the senders that hold a lease.
/// </summary>
internal sealed class RateLimiter(SharedTokens shared, SenderLease lease, IOptions<RateLimitOptions> options, TimeProvider time)
{
    private const string EveryOtherDomain = "*";

    /// <summary>Tokens that are not used so long after they were leased are forgotten: they must not add up to a burst.</summary>
    private static readonly TimeSpan StashLifetime = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, Bucket> _buckets = new(StringComparer.Ordinal);

    public bool LimitsDomains => options.Value.Domains.Count > 0;

    public ValueTask<RateGrant> TakeForProviderAsync(string provider, int wanted, CancellationToken cancellationToken) =>
        options.Value.Providers.TryGetValue(provider, out var limit)
            ? TakeAsync("campaign:rate:provider:" + provider.ToLowerInvariant(), limit, wanted, cancellationToken)
            : ValueTask.FromResult(new RateGrant(wanted, TimeSpan.Zero));

    public ValueTask<RateGrant> TakeForDomainAsync(string domain, int wanted, CancellationToken cancellationToken) =>
        options.Value.Domains.TryGetValue(domain, out var limit) || options.Value.Domains.TryGetValue(EveryOtherDomain, out limit)
            ? TakeAsync("campaign:rate:domain:" + domain.ToLowerInvariant(), limit, wanted, cancellationToken)
            : ValueTask.FromResult(new RateGrant(wanted, TimeSpan.Zero));

    /// <summary>Puts back what was taken and not used, for the next who asks this sender.</summary>
    public void GiveBackToProvider(string provider, int count)
    {
        if (_buckets.TryGetValue("campaign:rate:provider:" + provider.ToLowerInvariant(), out var bucket)) bucket.Stash(count, time.GetTimestamp(), time);
    }

    private async ValueTask<RateGrant> TakeAsync(string key, RateLimit limit, int wanted, CancellationToken cancellationToken)
    {
        if (_buckets.Count > 10_000) _buckets.Clear(); // domains of recipients: without end
        var bucket = _buckets.GetOrAdd(key, static _ => new Bucket());
        var granted = bucket.FromStash(wanted, time);
        if (granted == wanted) return new RateGrant(granted, TimeSpan.Zero);

        var missing = wanted - granted;
        var block = (int)Math.Clamp(Math.Min(limit.PerSecond / 20, limit.Capacity), 1, 100);
        if (await shared.TakeAsync(key, limit, Math.Max(missing, block), cancellationToken) is not var (leased, wait))
        {
            var (local, localWait) = bucket.Locally(missing, limit, Math.Max(1, lease.Senders), time);
            return new RateGrant(granted + local, local < missing ? localWait : TimeSpan.Zero);
        }

        bucket.SharedAgain();
        var used = Math.Min(leased, missing);
        if (leased > used) bucket.Stash(leased - used, time.GetTimestamp(), time);
        return new RateGrant(granted + used, used < missing ? wait : TimeSpan.Zero);
    }

    private sealed class Bucket
    {
        private readonly Lock _gate = new();
        private int _stash;
        private long _stashedAt;
        private double _local;
        private long? _localAt;

        public int FromStash(int wanted, TimeProvider time)
        {
            lock (_gate)
            {
                if (_stash == 0) return 0;
                if (time.GetElapsedTime(_stashedAt) > StashLifetime) _stash = 0;
                var taken = Math.Min(wanted, _stash);
                _stash -= taken;
                return taken;
            }
        }

        public void Stash(int count, long now, TimeProvider time)
        {
            lock (_gate)
            {
                _stash = (time.GetElapsedTime(_stashedAt, now) > StashLifetime ? 0 : _stash) + count;
                _stashedAt = now;
            }
        }

        /// <summary>Begins empty: what the shared bucket just gave must not be given again.</summary>
        public (int Granted, TimeSpan Wait) Locally(int wanted, RateLimit limit, int senders, TimeProvider time)
        {
            var (rate, capacity) = (limit.PerSecond / senders, Math.Max(1.0, (double)limit.Capacity / senders));
            lock (_gate)
            {
                var now = time.GetTimestamp();
                _local = _localAt is { } at ? Math.Min(capacity, _local + time.GetElapsedTime(at, now).TotalSeconds * rate) : 0;
                _localAt = now;
                var granted = Math.Min(wanted, (int)_local);
                _local -= granted;
                return (granted, TimeSpan.FromSeconds(Math.Max(0, (1 - _local) / rate)));
            }
        }

        public void SharedAgain()
        {
            lock (_gate) _localAt = null;
        }
    }
}

/// <param name="Wait">Until there is one more; zero where all were granted.</param>
internal readonly record struct RateGrant(int Granted, TimeSpan Wait);
