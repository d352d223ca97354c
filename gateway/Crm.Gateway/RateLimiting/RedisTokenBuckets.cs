using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Timeout;
using StackExchange.Redis;

namespace Crm.Gateway.RateLimiting;

/// <summary>
/// The buckets that all replicas share. Answers null when Redis cannot tell in time; after some of that it is left alone for a while
/// (circuit breaker), so that its absence costs callers nothing.
/// </summary>
internal sealed partial class RedisTokenBuckets : IAsyncDisposable
{
    /// <summary>Refills by the server's clock, takes up to the wanted number; says how many, and otherwise in how many milliseconds one.</summary>
    private const string Script = """
        local at = redis.call('TIME')
        local now = tonumber(at[1]) + tonumber(at[2]) / 1000000
        local rate, burst, wanted = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
        local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
        local tokens = burst
        if bucket[1] then tokens = math.min(burst, tonumber(bucket[1]) + math.max(0, now - tonumber(bucket[2])) * rate) end
        local granted = math.min(wanted, math.floor(tokens))
        tokens = tokens - granted
        redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
        redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate * 1000) + 1000)
        local wait = 0
        if granted == 0 then wait = math.ceil((1 - tokens) / rate * 1000) end
        return { granted, wait }
        """;

    private readonly Lazy<Task<ConnectionMultiplexer>> _connection;
    private readonly ResiliencePipeline _pipeline;

    public RedisTokenBuckets(IConfiguration configuration, IOptions<RateLimitOptions> options, TimeProvider time, ILogger<RedisTokenBuckets> log)
    {
        var address = configuration.GetConnectionString("redis") ?? throw new InvalidOperationException("ConnectionStrings:redis is not set.");
        _connection = new(() =>
        {
            var redis = ConfigurationOptions.Parse(address);
            redis.AbortOnConnectFail = false;
            redis.ConnectTimeout = 1000;
            redis.BacklogPolicy = BacklogPolicy.FailFast;
            redis.ClientName = "crm-gateway";
            return ConnectionMultiplexer.ConnectAsync(redis);
        });
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<RedisException>().Handle<TimeoutRejectedException>().Handle<TimeoutException>(),
                FailureRatio = 0.5,
                MinimumThroughput = 4,
                SamplingDuration = TimeSpan.FromSeconds(5),
                BreakDuration = TimeSpan.FromSeconds(2),
                OnOpened = _ => { Away(log); return default; },
                OnClosed = _ => { Back(log); return default; },
            })
            .AddTimeout(options.Value.RedisTimeout)
            .Build();
    }

    public async ValueTask<(int Granted, TimeSpan Wait)?> TakeAsync(string key, TokenBucket bucket, int wanted, CancellationToken cancellationToken) =>
        await RunAsync(Script, [key], [bucket.PerSecond, bucket.Burst, wanted], cancellationToken) is { } answer ? ((int)answer[0], TimeSpan.FromMilliseconds((double)answer[1])) : null;

    /// <summary>Null when Redis cannot tell in time.</summary>
    internal async ValueTask<RedisResult?> RunAsync(string script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipeline.ExecuteAsync(
                static async (state, token) =>
                {
                    var connection = await state.Buckets._connection.Value.WaitAsync(token);
                    return await connection.GetDatabase().ScriptEvaluateAsync(state.script, state.keys, state.arguments).WaitAsync(token);
                },
                (Buckets: this, script, keys, arguments),
                cancellationToken);
        }
        catch (Exception exception) when (exception is RedisException or TimeoutRejectedException or TimeoutException or BrokenCircuitException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is { IsValueCreated: true, Value.IsCompletedSuccessfully: true }) await (await _connection.Value).DisposeAsync();
    }

    [LoggerMessage(LogLevel.Warning, "Redis does not answer: each replica limits rates by itself")]
    private static partial void Away(ILogger log);

    [LoggerMessage(LogLevel.Information, "Redis answers again: rates are limited over all replicas")]
    private static partial void Back(ILogger log);
}
