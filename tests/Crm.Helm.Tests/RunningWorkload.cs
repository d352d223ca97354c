using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Crm.ServiceDefaults.Security;
using Crm.Testing;

namespace Crm.Helm.Tests;

/// <summary>A workload as a pod runs it: its built program as a process, everything it needs to know in its environment.</summary>
public sealed class RunningWorkload : IAsyncDisposable
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler()) { Timeout = TimeSpan.FromSeconds(30) };
    private readonly ConcurrentQueue<string> _output = new();
    private readonly Process _process;
    private readonly string _name;

    private RunningWorkload(string name, Process process, int http, int grpc, int metrics) =>
        (_name, _process, HttpPort, GrpcPort, MetricsPort) = (name, process, http, grpc, metrics);

    public int HttpPort { get; }

    public int GrpcPort { get; }

    public int MetricsPort { get; }

    public string Http => $"http://127.0.0.1:{HttpPort}";

    public string Output => string.Join('\n', _output);

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <param name="program">The project's name, or the path of a program that was built elsewhere.</param>
    /// <param name="name">The workload's: issuer and audience of its internal tokens.</param>
    public static Task<RunningWorkload> StartAsync(string program, string name, IsolatedServers servers, params (string Key, string Value)[] settings) =>
        StartAsync(new ProcessStartInfo("dotnet", [PathOf(program)]), name, servers, settings);

    /// <summary>Starts a command that becomes the workload's process.</summary>
    public static async Task<RunningWorkload> StartAsync(ProcessStartInfo start, string name, IsolatedServers servers, params (string Key, string Value)[] settings)
    {
        var (http, grpc, metrics) = (FreePort(), FreePort(), FreePort());
        (start.RedirectStandardOutput, start.RedirectStandardError, start.WorkingDirectory) = (true, true, Path.GetTempPath());
        var environment = new Dictionary<string, string?>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["BIND_ADDRESS"] = "127.0.0.1",
            ["HTTP_PORT"] = $"{http}",
            ["GRPC_PORT"] = $"{grpc}",
            ["GRPC_INGRESS_PORT"] = $"{grpc}", // the gateway's name for it
            ["METRICS_PORT"] = $"{metrics}",
            ["ConnectionStrings__postgres"] = servers.Postgres,
            ["ConnectionStrings__rabbitmq"] = servers.RabbitMq,
            ["ConnectionStrings__redis"] = servers.Redis,
            ["Postgres__MigrateOnStart"] = "true",
            ["InternalTokens__Issuer"] = name,
            ["InternalTokens__PrivateKey"] = TestKeys.PrivateKey(name),
        };
        foreach (var caller in new[] { "gateway", "sales", "loyalty", "service" }) environment["InternalTokens__TrustedIssuers__" + caller] = TestKeys.PublicKey(caller);
        foreach (var (key, value) in settings) environment[key] = value;
        foreach (var (key, value) in environment) start.Environment[key] = value;

        var workload = new RunningWorkload(name, new Process { StartInfo = start }, http, grpc, metrics);
        workload.Begin();
        await workload.ReadyAsync();
        return workload;
    }

    public static string PathOf(string program) => Path.IsPathRooted(program)
        ? program
        : Repository.PathOf("artifacts", "bin", program, Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), program + ".dll");

    /// <summary>A client with the roles given, as the gateway would pass them on.</summary>
    public HttpClient ClientFor(params string[] roles)
    {
        var client = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(Http) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TestKeys.Token("gateway", _name, TestKeys.Person(roles)));
        return client;
    }

    /// <summary>What Prometheus reads.</summary>
    public Task<string> ScrapeAsync() => Client.GetStringAsync($"http://127.0.0.1:{MetricsPort}/metrics");

    /// <summary>SIGTERM, and the wait until it has drained; its exit code.</summary>
    public async Task<int> StopAsync()
    {
        using (Process.Start("kill", ["-TERM", $"{_process.Id}"]))
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(40));
            await _process.WaitForExitAsync(patience.Token);
        }

        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private Task ReadyAsync() => Eventually.Holds(
        async () =>
        {
            if (_process.HasExited) throw new InvalidOperationException($"{_name} ended with {_process.ExitCode}:\n{Output}");
            using var response = await Client.GetAsync(Http + "/health/ready");
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        },
        TimeSpan.FromSeconds(120));

    private void Begin()
    {
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    private void Keep(string? line)
    {
        if (line is null) return;
        _output.Enqueue(line);
        while (_output.Count > 200) _output.TryDequeue(out _);
    }
}
