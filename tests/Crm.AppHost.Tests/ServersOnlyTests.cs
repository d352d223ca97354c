using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using RabbitMQ.Client;

namespace Crm.AppHost.Tests;

/// <summary>The app host as a process with the three real servers, as the test run uses it.</summary>
public sealed class ServersOnlyTests : IDisposable
{
    private readonly string home = Directory.CreateTempSubdirectory("apphost-servers-").FullName;

    public ServersOnlyTests()
    {
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(home, (UnixFileMode)Convert.ToInt32("755", 8));
    }

    public void Dispose()
    {
        foreach (var pid in LocalRun.ProcessesOf(home)) LocalRun.Kill(pid, "KILL");
        Directory.Delete(home, recursive: true);
    }

    [Fact]
    public async Task Servers_start_once_print_one_line_survive_kills_and_leave_nothing_behind()
    {
        using (var first = Start())
        {
            var servers = await ReadLineAsync(first);
            await UseAsync(servers);
            AssertLoopbackOnly();

            // The broker killed: it comes back under the same address.
            var broker = LocalRun.ProcessesOf(home).Single(pid => File.ReadAllText($"/proc/{pid}/comm").StartsWith("beam", StringComparison.Ordinal));
            LocalRun.Kill(broker, "KILL");
            await LocalRun.EventuallyAsync(() => !LocalRun.Exists(broker), "the broker is gone");
            await LocalRun.EventuallyAsync(async () =>
            {
                await UseAsync(servers);
                return true;
            }, "the broker is back", 90);

            LocalRun.Kill(first.Id, "TERM");
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
            await first.WaitForExitAsync(patience.Token);
            Assert.Equal(0, first.ExitCode);
            Assert.Equal("", await first.StandardOutput.ReadToEndAsync());
            Assert.Empty(LocalRun.ProcessesOf(home));
        }

        // Killed itself: the kernel ends the servers.
        using (var second = Start())
        {
            await UseAsync(await ReadLineAsync(second));
            LocalRun.Kill(second.Id, "KILL");
            await LocalRun.EventuallyAsync(() => LocalRun.ProcessesOf(home).Count == 0, "no server is left", 40);
        }
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet", [LocalRun.AppHostAssembly, "--servers-only"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["CRM_HOME"] = home;
        foreach (var name in (string[])["CRM_POSTGRES", "CRM_RABBITMQ", "CRM_REDIS"]) start.Environment.Remove(name);
        var process = Process.Start(start)!;
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        return process;
    }

    private static async Task<JsonElement> ReadLineAsync(Process process)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        var line = await process.StandardOutput.ReadLineAsync(patience.Token);
        Assert.NotNull(line);
        return JsonSerializer.Deserialize<JsonElement>(line);
    }

    private static async Task UseAsync(JsonElement servers)
    {
        var connectionString = servers.GetProperty("postgres").GetString()!;
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("SELECT current_database() || ' ' || rolsuper FROM pg_roles WHERE rolname = current_user", connection);
        Assert.Equal("postgres true", await command.ExecuteScalarAsync());

        var factory = new ConnectionFactory { Uri = new Uri(servers.GetProperty("rabbitmq").GetString()!), AutomaticRecoveryEnabled = false };
        await using var broker = await factory.CreateConnectionAsync();
        await using var channel = await broker.CreateChannelAsync();
        var queue = await channel.QueueDeclareAsync("probe", durable: true, exclusive: false, autoDelete: false);
        Assert.Equal("probe", queue.QueueName);
        await broker.CloseAsync();

        Assert.Matches("^127\\.0\\.0\\.1:\\d+,password=.+$", servers.GetProperty("redis").GetString());
    }

    /// <summary>AMQP, management, Erlang's distribution and port mapper, PostgreSQL, Redis: none can be reached from outside.</summary>
    private void AssertLoopbackOnly()
    {
        var inodes = LocalRun.ProcessesOf(home).SelectMany(OpenFiles)
            .Select(fd => new FileInfo(fd).LinkTarget).OfType<string>().Where(target => target.StartsWith("socket:[", StringComparison.Ordinal)).ToHashSet();
        var listening = new[] { "/proc/net/tcp", "/proc/net/tcp6" }.SelectMany(File.ReadLines)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(f => f.Length > 9 && f[3] == "0A" && inodes.Contains($"socket:[{f[9]}]")).Select(f => f[1].Split(':')[0]).ToList();
        // 127.0.0.1 and ::1, as /proc writes them.
        Assert.True(listening.Count >= 6, string.Create(CultureInfo.InvariantCulture, $"{listening.Count} listeners"));
        Assert.All(listening, address => Assert.Contains(address, (string[])["0100007F", "00000000000000000000000001000000"]));
    }

    /// <summary>Nothing for a process that has ended since it was listed (PostgreSQL's workers come and go).</summary>
    private static string[] OpenFiles(int pid)
    {
        try
        {
            return Directory.GetFiles($"/proc/{pid}/fd");
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
