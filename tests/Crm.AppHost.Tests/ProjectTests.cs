using System.Globalization;
using System.Net;
using Aspire.Hosting;

namespace Crm.AppHost.Tests;

/// <summary>Projects as processes: replicas, references, restarts, commands of the status page.</summary>
public sealed class ProjectTests
{
    [Fact]
    public async Task Replicas_have_ports_of_their_own_and_can_be_scaled_while_running()
    {
        await using var run = new LocalRun();
        run.AddProbe("probe");
        await run.StartAsync();
        var one = await run.ResourceAsync("probe");
        Assert.Single(one.Replicas);

        using (var answer = await run.CommandAsync("probe/replicas/3")) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await LocalRun.EventuallyAsync(async () => (await run.ResourceAsync("probe")) is { Health: "Healthy", Replicas.Count: 3 }, "three healthy replicas");
        var three = await run.ResourceAsync("probe");
        var pids = await Task.WhenAll(three.Replicas.Select(r => run.GetAsync($"{r.Urls.Single().Address}/pid")));
        Assert.Equal(three.Replicas.Select(r => r.Pid!.Value.ToString(CultureInfo.InvariantCulture)), pids);
        Assert.Equal(3, pids.Distinct().Count());

        using (var answer = await run.CommandAsync("probe/replicas/1")) Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var left = await run.ResourceAsync("probe");
        Assert.Equal(one.Pid, Assert.Single(left.Replicas).Pid);
        Assert.All(three.Replicas.Skip(1), gone => Assert.False(LocalRun.Exists(gone.Pid!.Value)));
    }

    [Fact]
    public async Task References_list_every_replica_and_connection_strings_under_the_given_name()
    {
        await using var run = new LocalRun("--ConnectionStrings:legacy=Host=elsewhere");
        var backend = run.AddProbe("backend").WithReplicas(2);
        var legacy = run.Builder.AddConnectionString("legacy");
        run.AddProbe("frontend").WithReference(backend).WithReference(legacy, "main").WithEnvironment("BACKEND", $"<{backend.GetEndpoint("http")}>").WaitFor(backend);
        await run.StartAsync();

        var replicas = (await run.ResourceAsync("backend")).Replicas.Select(r => r.Urls.Single().Address).ToList();
        var frontend = (await run.ResourceAsync("frontend")).Urls.Single().Address;
        Assert.Equal(replicas[0], await run.GetAsync($"{frontend}/env/services__backend__http__0"));
        Assert.Equal(replicas[1], await run.GetAsync($"{frontend}/env/services__backend__http__1"));
        Assert.Equal("Host=elsewhere", await run.GetAsync($"{frontend}/env/ConnectionStrings__main"));
        Assert.Equal($"<{replicas[0]}>", await run.GetAsync($"{frontend}/env/BACKEND"));
    }

    [Fact]
    public async Task A_service_that_ends_is_started_again_on_its_port_whatever_its_exit_code()
    {
        await using var run = new LocalRun();
        run.AddProbe("probe");
        await run.StartAsync();
        var first = await run.ResourceAsync("probe");
        var url = first.Urls.Single().Address;

        foreach (var (code, restarts) in new[] { (3, 1), (0, 2) })
        {
            await run.PostAndIgnoreAsync($"{url}/exit/{code}");
            await LocalRun.EventuallyAsync(async () => (await run.ResourceAsync("probe")) is { Health: "Healthy" } r && r.Restarts == restarts, $"restart {restarts}");
            Assert.Equal("ready", await run.GetAsync($"{url}/health/ready"));
        }
        Assert.NotEqual(first.Pid, (await run.ResourceAsync("probe")).Pid);
    }

    [Fact]
    public async Task A_service_can_be_stopped_started_and_restarted_from_the_status_page()
    {
        await using var run = new LocalRun();
        run.AddProbe("probe");
        await run.StartAsync();
        var first = (await run.ResourceAsync("probe")).Pid!.Value;

        using (await run.CommandAsync("probe/stop")) Assert.False(LocalRun.Exists(first));
        Assert.Equal("Exited", (await run.ResourceAsync("probe")).State);
        using (await run.CommandAsync("probe/start")) { }
        await LocalRun.EventuallyAsync(async () => (await run.ResourceAsync("probe")).Health == "Healthy", "started again");
        var second = (await run.ResourceAsync("probe")).Pid!.Value;
        using (await run.CommandAsync("probe/restart")) Assert.False(LocalRun.Exists(second));
        await LocalRun.EventuallyAsync(async () => (await run.ResourceAsync("probe")).Health == "Healthy", "restarted");

        Assert.Contains("<title>", await run.GetAsync($"http://localhost:{run.StatusPort}/"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("probe/stop", "http://evil.example", null, HttpStatusCode.Forbidden)]
    [InlineData("probe/stop", null, "evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("probe/replicas/99", null, null, HttpStatusCode.BadRequest)]
    [InlineData("nobody/stop", null, null, HttpStatusCode.NotFound)]
    public async Task Commands_that_must_not_be_obeyed_are_refused(string path, string? origin, string? host, HttpStatusCode expected)
    {
        await using var run = new LocalRun();
        run.AddProbe("probe");
        await run.StartAsync();
        using (var answer = await run.CommandAsync(path, origin, host)) Assert.Equal(expected, answer.StatusCode);
        Assert.Equal("Healthy", (await run.ResourceAsync("probe")).Health);
    }
}
