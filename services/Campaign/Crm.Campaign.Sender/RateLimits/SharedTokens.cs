using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Crm.Campaign.Sender.RateLimits;

/// <summary>
/// The buckets that all senders share, refilled by Redis' own clock. Null when Redis does not answer in time; it is then left alone for a
/// while, so that a frozen Redis costs one time-out a pause and not one a message.
/// </summary>
internal sealed partial class SharedTokens(IConfiguration configuration, IOptions<RateLimitOptions> options, TimeProvider time, ILogger<SharedTokens> log) : IAsyncDisposable
{
    /// <summary>Takes up to the wanted number; says how many, and in how many milliseconds there is the next one.</summary>
    private const string Script =
        """
        local clock = redis.call('TIME')
        local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
        local rate, capacity, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
        local tokens = capacity
        if bucket[1] then tokens = math.min(capacity, tonumber(bucket[1]) + math.max(0, now - tonumber(bucket[2])) * rate) end
        local granted = math.min(wanted, math.floor(tokens))
        tokens = tokens - granted
        redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
        redis.call('PEXPIRE', KEYS[1], math.ceil(capacity / rate * 1000) + 1000)
        return { granted, math.max(0, math.ceil((1 - tokens) / rate * 1000)) }
        """;

    private static readonly TimeSpan ToConnect = TimeSpan.FromSeconds(3);
    private readonly Lock _gate = new();
    private Task<ConnectionMultiplexer>? _connection;
    private long? _awaySince;

    public async ValueTask<(int Granted, TimeSpan Wait)?> TakeAsync(string bucket, RateLimit limit, int wanted, CancellationToken cancellationToken)
    {
        if (_awaySince is { } since && time.GetElapsedTime(since) < options.Value.RedisPause) return null;
        try
        {
            var connection = Connection();
            var redis = connection.IsCompletedSuccessfully ? await connection : await connection.WaitAsync(ToConnect, time, cancellationToken);
            var answer = await redis.GetDatabase().ScriptEvaluateAsync(Script, [bucket], [limit.PerSecond, limit.Capacity, wanted])
                .WaitAsync(options.Value.RedisTimeout, time, cancellationToken);
            if (_awaySince is not null) Back(log);
            _awaySince = null;
            return ((int)answer[0], TimeSpan.FromMilliseconds((double)answer[1]));
        }
        catch (Exception exception) when (exception is RedisException or TimeoutException)
        {
            if (_awaySince is null) Away(log, exception.Message);
            _awaySince = time.GetTimestamp();
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { IsCompletedSuccessfully: true } connected) await (await connected).DisposeAsync();
    }

    private Task<ConnectionMultiplexer> Connection()
    {
        lock (_gate)
        {
            if (_connection is { IsFaulted: false }) return _connection;
            var address = configuration.GetConnectionString("redis") ?? throw new InvalidOperationException("ConnectionStrings:redis is not set.");
            var redis = ConfigurationOptions.Parse(address);
            redis.AbortOnConnectFail = false;
            redis.ConnectTimeout = 1_000;
            redis.BacklogPolicy = BacklogPolicy.FailFast;
            redis.ClientName = "crm-campaign-sender";
            return _connection = ConnectionMultiplexer.ConnectAsync(redis);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Redis does not answer; each sender keeps to its share of the rates by itself: {Reason}")]
    private static partial void Away(ILogger log, string reason);

    [LoggerMessage(LogLevel.Information, "Redis answers again; rates are shared by all senders")]
    private static partial void Back(ILogger log);
}
