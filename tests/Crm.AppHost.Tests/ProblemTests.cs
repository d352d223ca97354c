using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;

namespace Crm.AppHost.Tests;

/// <summary>What is wrong is told before anything starts: the resource, what is the matter, what to do.</summary>
public sealed class ProblemTests
{
    [Fact]
    public async Task An_occupied_port_is_named_with_its_owner()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var run = new LocalRun();
        run.Builder.AddProject("gateway", LocalRun.ProbeProject).WithHttpEndpoint(port, name: "http", env: "HTTP_PORT");
        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => run.StartAsync());
        Assert.Contains($"gateway: port {port}", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"(pid {Environment.ProcessId})", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_port_given_twice_is_refused()
    {
        var port = LocalRun.FreePort();
        await using var run = new LocalRun();
        run.AddScript("inbox", "sleep 300").WithHttpEndpoint(port, name: "http");
        run.AddScript("portal", "sleep 300").WithHttpEndpoint(port, name: "http");
        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => run.StartAsync());
        Assert.Contains($"portal: port {port} (endpoint 'http') is also given", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_program_and_a_project_that_is_not_built_are_named_together()
    {
        await using var run = new LocalRun();
        run.Builder.AddExecutable("mail", "no-such-program", run.Home);
        File.WriteAllText(run.PathOf("Fresh.csproj"), "<Project Sdk=\"Microsoft.NET.Sdk\" />");
        run.Builder.AddProject("fresh", run.PathOf("Fresh.csproj"));
        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => run.StartAsync());
        Assert.Contains("mail: the program 'no-such-program' is not on PATH", exception.Message, StringComparison.Ordinal);
        Assert.Contains("fresh: it has not been built", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_run_in_the_same_home_is_refused()
    {
        await using var run = new LocalRun();
        run.AddScript("only", "sleep 300");
        await run.StartAsync();
        await using var second = DistributedApplication.CreateBuilder([.. LocalRun.OwnServers, $"--CRM_HOME={run.Home}"]).Build();
        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => second.StartAsync());
        Assert.Contains(Environment.ProcessId.ToString(CultureInfo.InvariantCulture), exception.Message, StringComparison.Ordinal);
        Assert.Equal("Running", (await run.ResourceAsync("only")).State);
    }
}
