using System.Collections.Concurrent;
using StackExchange.Redis;

namespace Crm.Registry.Tests.Redis;

/// <summary>The official Redis client, on the stand-ins for its pipes and its hash, against a real server.</summary>
public sealed class RedisTests(RedisServer server) : IClassFixture<RedisServer>
{
    private Task<ConnectionMultiplexer> ConnectAsync(Action<ConfigurationOptions>? configure = null)
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { "127.0.0.1", server.Port } },
            AbortOnConnectFail = false,
            ConnectTimeout = 5000,
            SyncTimeout = 20000,
            AsyncTimeout = 20000,
            ReconnectRetryPolicy = new LinearRetry(200),
            BacklogPolicy = BacklogPolicy.Default,
        };
        configure?.Invoke(options);
        return ConnectionMultiplexer.ConnectAsync(options);
    }

    [Fact]
    public async Task Soak_of_pipelined_operations_loses_and_mixes_up_nothing()
    {
        const int Workers = 16;
        const int Batches = 40;
        const int BatchSize = 100;
        await using var redis = await ConnectAsync();
        var database = redis.GetDatabase();

        await Task.WhenAll(Enumerable.Range(0, Workers).Select(async worker =>
        {
            for (var batch = 0; batch < Batches; batch++)
            {
                var writes = new List<Task>();
                var reads = new List<(string Expected, Task<RedisValue> Actual)>();
                for (var i = 0; i < BatchSize; i++)
                {
                    var key = $"soak:{worker}:{i}";
                    var value = $"{worker}/{batch}/{i}/{new string('x', i * 7 % 300)}";
                    writes.Add(database.StringSetAsync(key, value));
                    reads.Add((value, database.StringGetAsync(key)));
                    writes.Add(database.StringIncrementAsync("soak:count"));
                }
                await Task.WhenAll(writes);
                foreach (var (expected, actual) in reads)
                    Assert.Equal(expected, (string?)await actual);
            }
        }));

        Assert.Equal(Workers * Batches * BatchSize, (int)await database.StringGetAsync("soak:count"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64 * 1024 + 1)]
    [InlineData(8 * 1024 * 1024)]
    public async Task Values_of_any_size_come_back_unchanged(int size)
    {
        await using var redis = await ConnectAsync();
        var database = redis.GetDatabase();
        var value = new byte[size];
        new Random(size).NextBytes(value);

        await Task.WhenAll(Enumerable.Range(0, 4).Select(i => database.StringSetAsync($"size:{size}:{i}", value)));
        var values = await database.StringGetAsync([.. Enumerable.Range(0, 4).Select(i => (RedisKey)$"size:{size}:{i}")]);

        Assert.All(values, actual => Assert.True(((byte[])actual!).AsSpan().SequenceEqual(value)));
    }

    [Fact]
    public async Task Large_and_nested_replies_are_read()
    {
        await using var redis = await ConnectAsync();
        var database = redis.GetDatabase();
        await database.SortedSetAddAsync("scores", [.. Enumerable.Range(0, 20_000).Select(i => new SortedSetEntry($"m{i}", i))]);
        await database.HashSetAsync("hash", [.. Enumerable.Range(0, 1000).Select(i => new HashEntry($"f{i}", i))]);
        for (var i = 0; i < 50; i++)
            await database.StreamAddAsync("stream", [new NameValueEntry("number", i), new NameValueEntry("text", $"t{i}")]);

        var scores = await database.SortedSetRangeByRankWithScoresAsync("scores");
        var hash = await database.HashGetAllAsync("hash");
        var stream = await database.StreamRangeAsync("stream");
        var scanned = redis.GetServer("127.0.0.1", server.Port).Keys(pattern: "s*", pageSize: 1).Select(key => (string)key!).ToHashSet();

        Assert.Equal(Enumerable.Range(0, 20_000).Select(i => (double)i), scores.Select(entry => entry.Score));
        Assert.Equal(1000, hash.Length);
        Assert.Equal(Enumerable.Range(0, 50), stream.Select(entry => (int)entry["number"]));
        Assert.Superset(new HashSet<string> { "scores", "stream" }, scanned);
    }

    [Fact]
    public async Task Transactions_apply_only_when_their_conditions_hold()
    {
        await using var redis = await ConnectAsync();
        var database = redis.GetDatabase();
        await database.StringSetAsync("stock", 1);

        var first = database.CreateTransaction();
        first.AddCondition(Condition.StringEqual("stock", 1));
        var decremented = first.StringDecrementAsync("stock");
        var second = database.CreateTransaction();
        second.AddCondition(Condition.StringEqual("stock", 1));
        _ = second.StringDecrementAsync("stock");

        Assert.True(await first.ExecuteAsync());
        Assert.Equal(0, await decremented);
        Assert.False(await second.ExecuteAsync());
        Assert.Equal(0, (int)await database.StringGetAsync("stock"));
    }

    [Fact]
    public async Task Lua_scripts_run_whole_and_report_errors()
    {
        const string Take = """
            local left = tonumber(redis.call('GET', KEYS[1]) or ARGV[1])
            if left <= 0 then return {0, 'empty'} end
            redis.call('SET', KEYS[1], left - 1)
            return {left - 1, 'taken'}
            """;
        await using var redis = await ConnectAsync();
        var database = redis.GetDatabase();

        var results = await Task.WhenAll(Enumerable.Range(0, 300).Select(_ => database.ScriptEvaluateAsync(Take, ["bucket"], [100])));

        var outcomes = results.Select(result => (RedisResult[])result!).ToList();
        Assert.Equal(100, outcomes.Count(outcome => (string?)outcome[1] == "taken"));
        Assert.Equal(200, outcomes.Count(outcome => (string?)outcome[1] == "empty"));
        var error = await Assert.ThrowsAsync<RedisServerException>(() => database.ScriptEvaluateAsync("return redis.error_reply('NO way')"));
        Assert.Contains("NO way", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Published_messages_arrive_in_order_at_every_handler()
    {
        await using var redis = await ConnectAsync();
        await using var publisher = await ConnectAsync();
        var subscriber = redis.GetSubscriber();
        var first = new ConcurrentQueue<int>();
        var second = new ConcurrentQueue<int>();
        var pattern = new ConcurrentQueue<string>();
        var queue = await subscriber.SubscribeAsync(RedisChannel.Literal("news:1"));
        queue.OnMessage(message => first.Enqueue((int)message.Message));
        var other = await subscriber.SubscribeAsync(RedisChannel.Literal("news:1"));
        other.OnMessage(message => second.Enqueue((int)message.Message));
        // Two plain handlers on one channel: the multicast path of the client.
        await subscriber.SubscribeAsync(RedisChannel.Pattern("news:*"), (channel, _) => pattern.Enqueue($"a{channel}"));
        await subscriber.SubscribeAsync(RedisChannel.Pattern("news:*"), (channel, _) => pattern.Enqueue($"b{channel}"));

        for (var i = 0; i < 500; i++)
            await publisher.GetSubscriber().PublishAsync(RedisChannel.Literal("news:1"), i);

        await Eventually.True(() => first.Count == 500 && second.Count == 500 && pattern.Count == 1000);
        Assert.Equal(Enumerable.Range(0, 500), first);
        Assert.Equal(Enumerable.Range(0, 500), second);
        Assert.Equal(500, pattern.Count(entry => entry == "anews:1"));
        Assert.Equal(500, pattern.Count(entry => entry == "bnews:1"));
    }

    [Fact]
    public void Digest_of_a_value_is_the_one_that_the_server_documents()
    {
#pragma warning disable SER002 // The client marks digests as experimental; they are its only use of XXH3.
        var digest = ValueCondition.CalculateDigest("Hello world"u8);
#pragma warning restore SER002

        // The example in the documentation of the server's DIGEST command.
        Assert.Contains("b6acb9d84a38ff74", digest.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Tls_connection_carries_large_values_and_many_commands()
    {
        await using var redis = await ConnectAsync(options =>
        {
            options.EndPoints.Clear();
            options.EndPoints.Add("127.0.0.1", server.TlsPort);
            options.Ssl = true;
            options.CertificateValidation += (_, certificate, _, _) => certificate?.Subject == "CN=localhost";
        });
        var database = redis.GetDatabase();
        var value = new byte[3 * 1024 * 1024];
        new Random(3).NextBytes(value);

        await database.StringSetAsync("tls:large", value);
        await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => database.StringSetAsync($"tls:{i}", i)));
        var numbers = await Task.WhenAll(Enumerable.Range(0, 2000).Select(i => database.StringGetAsync($"tls:{i}")));

        Assert.Equal(Enumerable.Range(0, 2000), numbers.Select(number => (int)number));
        Assert.True(((byte[])(await database.StringGetAsync("tls:large"))!).AsSpan().SequenceEqual(value));
    }
}

/// <summary>Apart from the rest, since it takes the server away.</summary>
public sealed class RedisReconnectTests(RedisServer server) : IClassFixture<RedisServer>
{
    [Fact]
    public async Task Client_reconnects_after_the_server_was_killed()
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { "127.0.0.1", server.Port } },
            AbortOnConnectFail = false,
            ConnectTimeout = 2000,
            AsyncTimeout = 2000,
            ReconnectRetryPolicy = new LinearRetry(100),
        };
        await using var redis = await ConnectionMultiplexer.ConnectAsync(options);
        var database = redis.GetDatabase();
        var failed = new ConcurrentQueue<ConnectionFailureType>();
        redis.ConnectionFailed += (_, args) => failed.Enqueue(args.FailureType);
        var heard = new ConcurrentQueue<string>();
        await redis.GetSubscriber().SubscribeAsync(RedisChannel.Literal("after"), (_, message) => heard.Enqueue(message!));
        await database.StringSetAsync("survivor", "kept");

        for (var round = 1; round <= 2; round++)
        {
            await server.KillAsync();
            await Eventually.True(() => !redis.IsConnected);
            await Assert.ThrowsAnyAsync<RedisException>(
                () => database.StringSetAsync("lost", round).WaitAsync(TimeSpan.FromSeconds(20)));
            await server.StartAsync();
            await Eventually.True(() => redis.IsConnected, seconds: 30);

            Assert.Equal("kept", (string?)await database.StringGetAsync("survivor"));
            await Eventually.True(
                () => redis.GetSubscriber().IsConnected(RedisChannel.Literal("after")), seconds: 30);
            await database.PublishAsync(RedisChannel.Literal("after"), $"round {round}");
            var expected = round;
            await Eventually.True(() => heard.Contains($"round {expected}"));
        }

        Assert.Contains(failed, failure => failure is ConnectionFailureType.SocketClosed or ConnectionFailureType.SocketFailure);
    }
}
