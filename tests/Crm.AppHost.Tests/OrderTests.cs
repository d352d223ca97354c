using Aspire.Hosting;

namespace Crm.AppHost.Tests;

/// <summary>Who starts after whom, who stops before whom; told by scripts that write to one file.</summary>
public sealed class OrderTests
{
    /// <summary>Says when it starts and when it is asked to stop.</summary>
    private const string Noted = "echo start-NAME >>\"$1\"; trap 'echo stop-NAME >>\"$1\"; exit 0' TERM; while :; do sleep 0.1; done";

    /// <summary>The same for a server that is well only a second after its start.</summary>
    private const string Server = """
        echo start-service >>"$1"
        sleep 1
        exec node -e '
          const note = text => require("node:fs").appendFileSync(process.argv[1], text + "\n");
          const server = require("node:http").createServer((request, response) => response.end("well"));
          process.on("SIGTERM", () => { note("stop-service"); process.exit(0); });
          note("serve-service");
          server.listen(process.env.PORT, "localhost");
        ' "$1"
        """;

    [Fact]
    public async Task Resources_wait_for_health_start_and_completion_and_stop_in_reverse()
    {
        await using var run = new LocalRun();
        var database = run.AddScript("database", Noted.Replace("NAME", "database", StringComparison.Ordinal));
        var migration = run.AddScript("migration", "sleep 1; echo migrated >>\"$1\"; exit 0").WaitForStart(database);
        var service = run.AddScript("service", Server)
            .WithHttpEndpoint(name: "http", env: "PORT").WithHttpHealthCheck("/").WaitForCompletion(migration);
        run.AddScript("gateway", Noted.Replace("NAME", "gateway", StringComparison.Ordinal)).WaitFor(service);
        using var waited = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var start = run.StartAsync();
        await LocalRun.EventuallyAsync(() => File.Exists(run.PathOf("events")) && File.ReadAllLines(run.PathOf("events")).Contains("start-gateway"), "the gateway has started");
        await start;
        // The trap is set right after the first line is written.
        await Task.Delay(300, waited.Token);
        await run.StopAsync();

        Assert.Equal(
            ["start-database", "migrated", "start-service", "serve-service", "start-gateway", "stop-gateway", "stop-service", "stop-database"],
            File.ReadAllLines(run.PathOf("events")));
    }

    [Fact]
    public async Task A_failed_migration_ends_the_start_and_says_which()
    {
        await using var run = new LocalRun();
        var migration = run.AddScript("migration", "exit 7");
        run.AddScript("service", "echo started >>\"$1\"; sleep 60").WaitForCompletion(migration);
        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => run.StartAsync());
        Assert.Contains("service: it waits for 'migration'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("7", exception.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(run.PathOf("events")));
    }

    [Fact]
    public async Task A_process_that_ignores_the_request_to_stop_is_killed_with_its_children()
    {
        await using var run = new LocalRun();
        run.AddScript("stubborn", "trap '' TERM; sleep 300 & echo $! >>\"$1\"; while :; do sleep 1; done");
        await run.StartAsync();
        await LocalRun.EventuallyAsync(() => File.Exists(run.PathOf("events")) && File.ReadAllLines(run.PathOf("events")).Length == 1, "the script runs");
        await run.StopAsync();
        Assert.Empty(LocalRun.ProcessesOf(run.Home));
    }
}
