using System.Net.Sockets;
using System.Text;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Npgsql;

namespace Crm.AppHost.Tests;

/// <summary>PostgreSQL and Redis as real processes: killed, they come back with what they had acknowledged.</summary>
public sealed class ServerRecoveryTests
{
    [Fact]
    public async Task Killed_servers_come_back_with_their_data_and_a_second_run_finds_it()
    {
        await using var run = new LocalRun();
        var postgres = run.Builder.AddPostgres("postgres");
        var database = postgres.AddDatabase("shop-db", "shop");
        var redis = run.Builder.AddRedis("redis");
        await run.StartAsync();
        var shop = (await database.Resource.ConnectionStringExpression.GetValueAsync(CancellationToken.None))!;
        Assert.EndsWith(";Database=shop", shop, StringComparison.Ordinal);

        await ExecuteAsync(shop, "CREATE TABLE kept (id int); INSERT INTO kept VALUES (1)");
        var cache = (await redis.Resource.GetConnectionStringAsync())!;
        Assert.Equal("+OK", await RedisAsync(cache, "SET", "kept", "yes"));

        var before = await run.ResourceAsync("postgres");
        Assert.Equal("Healthy", before.Health);
        Assert.InRange(before.MemoryBytes, 10_000_000, 500_000_000);
        LocalRun.Kill(before.Pid!.Value, "KILL");
        LocalRun.Kill((await run.ResourceAsync("redis")).Pid!.Value, "KILL");

        await LocalRun.EventuallyAsync(async () => await CountAsync(shop) == 1, "PostgreSQL answers again with its row");
        await LocalRun.EventuallyAsync(async () => await RedisAsync(cache, "GET", "kept") == "$3", "Redis answers again with its key");
        await LocalRun.EventuallyAsync(async () => (await run.ResourceAsync("postgres")) is { Health: "Healthy", Restarts: >= 1 } after && after.Pid != before.Pid, "the restart is shown");

        await run.StopAsync();
        Assert.Empty(LocalRun.ProcessesOf(run.Home));

        // The same home again: same data, same password.
        var again = DistributedApplication.CreateBuilder([.. LocalRun.OwnServers, $"--CRM_HOME={run.Home}"]);
        var sameDatabase = again.AddPostgres("postgres").AddDatabase("shop-db", "shop");
        await using var second = again.Build();
        await second.StartAsync();
        Assert.Equal(1, await CountAsync((await sameDatabase.Resource.GetConnectionStringAsync())!));
    }

    [Fact]
    public async Task Given_servers_are_used_instead_of_own_ones()
    {
        await using var owner = new LocalRun();
        var real = owner.Builder.AddPostgres("postgres");
        await owner.StartAsync();
        var connectionString = (await real.Resource.GetConnectionStringAsync())!;

        await using var guest = new LocalRun($"--CRM_POSTGRES={connectionString}");
        var database = guest.Builder.AddPostgres("postgres").AddDatabase("orders-db", "orders");
        await guest.StartAsync();

        await ExecuteAsync((await database.Resource.GetConnectionStringAsync())!, "CREATE TABLE used (id int)");
        Assert.Empty(LocalRun.ProcessesOf(guest.Home));
        Assert.Null((await guest.ResourceAsync("postgres")).Pid);
    }

    [Fact]
    public async Task A_given_server_that_does_not_answer_ends_the_start_with_the_name_of_the_setting()
    {
        await using var run = new LocalRun($"--CRM_POSTGRES=Host=127.0.0.1;Port={LocalRun.FreePort()};Username=postgres");
        run.Builder.AddPostgres("postgres");
        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => run.StartAsync());
        Assert.StartsWith("postgres: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("CRM_POSTGRES", exception.Message, StringComparison.Ordinal);
    }

    private static async Task<long> CountAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT count(*) FROM kept", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first line of the answer.</summary>
    private static async Task<string?> RedisAsync(string connectionString, params string[] command)
    {
        var parts = connectionString.Split(',');
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", int.Parse(parts[0].Split(':')[1], System.Globalization.CultureInfo.InvariantCulture));
        await using var stream = client.GetStream();
        using var reader = new StreamReader(stream);
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"AUTH {parts[1].Split('=')[1]}\r\n"));
        Assert.Equal("+OK", await reader.ReadLineAsync());
        await stream.WriteAsync(Encoding.ASCII.GetBytes(string.Join(' ', command) + "\r\n"));
        return await reader.ReadLineAsync();
    }
}
