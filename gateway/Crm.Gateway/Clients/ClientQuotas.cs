using System.Collections.Concurrent;
using System.Globalization;
using Crm.Gateway.RateLimiting;

namespace Crm.Gateway.Clients;

/// <summary>
/// Calls by client in the running minute and day (UTC), counted in Redis over all replicas. Where Redis does not answer each replica counts by itself, from what is
/// stored of the day: limited, not open and not shut.
/// </summary>
internal sealed class ClientQuotas(RedisTokenBuckets redis, TimeProvider time)
{
    /// <summary>Counts a call unless a window is full; says which one is (1 minute, 2 day). A day's counter that was lost starts from what is stored.</summary>
    private const string Script = """
        redis.call('SET', KEYS[2], ARGV[4], 'NX', 'EX', 172800)
        if tonumber(redis.call('GET', KEYS[1]) or '0') >= tonumber(ARGV[1]) then return 1 end
        if tonumber(redis.call('GET', KEYS[2])) >= tonumber(ARGV[2]) then return 2 end
        redis.call('INCR', KEYS[1])
        redis.call('EXPIRE', KEYS[1], ARGV[3])
        redis.call('INCR', KEYS[2])
        return 0
        """;

    private readonly ConcurrentDictionary<string, Windows> _own = new();

    /// <summary>Null: granted. Else how long until the window that is full is over.</summary>
    public async ValueTask<TimeSpan?> TakeAsync(ApiClient client, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var (minute, day) = (now.ToString("yyyyMMddHHmm", CultureInfo.InvariantCulture), now.ToString("yyyyMMdd", CultureInfo.InvariantCulture));
        var answer = await redis.RunAsync(
            Script, [$"quota:{{{client.Subject}}}:{minute}", $"quota:{{{client.Subject}}}:{day}"], [client.PerMinute, client.PerDay, 120, client.UsedToday], cancellationToken);
        var full = answer is null ? _own.GetOrAdd(client.Subject, _ => new Windows()).Take(client, minute, day) : (int)answer;
        return full switch
        {
            0 => null,
            1 => TimeSpan.FromSeconds(60 - now.Second),
            _ => now.UtcDateTime.Date.AddDays(1) - now.UtcDateTime,
        };
    }

    private sealed class Windows
    {
        private readonly Lock _gate = new();
        private (string Of, long Calls) _minute = ("", 0);
        private (string Of, long Calls) _day = ("", 0);

        public int Take(ApiClient client, string minute, string day)
        {
            lock (_gate)
            {
                if (_minute.Of != minute) _minute = (minute, 0);
                _day = (day, _day.Of == day ? Math.Max(_day.Calls, client.UsedToday) : client.UsedToday);
                if (_minute.Calls >= client.PerMinute) return 1;
                if (_day.Calls >= client.PerDay) return 2;
                (_minute.Calls, _day.Calls) = (_minute.Calls + 1, _day.Calls + 1);
                return 0;
            }
        }
    }
}
