using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Crm.AppHost.Tests;

/// <summary>An app host of a test's own: own home, own status page; stopped and removed at the end.</summary>
internal sealed class LocalRun : IAsyncDisposable
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(60) };
    private DistributedApplication? application;

    public LocalRun(params string[] args)
    {
        Home = Directory.CreateTempSubdirectory("apphost-test-").FullName;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(Home, (UnixFileMode)Convert.ToInt32("755", 8));
        StatusPort = FreePort();
        Builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
        {
            ProjectDirectory = Home,
            Args = [.. OwnServers, $"--CRM_HOME={Home}", $"--CRM_STATUS_PORT={StatusPort}", .. args],
        });
    }

    /// <summary>The test run itself may have been given servers: these tests start their own.</summary>
    public static string[] OwnServers { get; } = ["--CRM_POSTGRES=", "--CRM_RABBITMQ=", "--CRM_REDIS="];

    public string Home { get; }
    public int StatusPort { get; }
    public IDistributedApplicationBuilder Builder { get; }

    public static string ProbeProject { get; } = Path.Combine(RepositoryRoot(), "tests/Crm.AppHost.Probe/Crm.AppHost.Probe.csproj");

    public static string AppHostAssembly { get; } = Path.Combine(
        AppContext.BaseDirectory, "../../Crm.AppHost", Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), "Crm.AppHost.dll");

    public IResourceBuilder<ProjectResource> AddProbe(string name) => Builder.AddProject(name, ProbeProject)
        .WithHttpEndpoint(name: "http", env: "HTTP_PORT").WithHttpHealthCheck("/health/ready");

    /// <summary>A shell script; "$1" is a file that the test reads.</summary>
    public IResourceBuilder<ExecutableResource> AddScript(string name, string script)
        => Builder.AddExecutable(name, "/bin/sh", Home, "-c", script, "sh", PathOf("events"));

    public string PathOf(string file) => Path.Combine(Home, file);

    public async Task<DistributedApplication> StartAsync(int seconds = 90)
    {
        application = Builder.Build();
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        await application.StartAsync(timeout.Token);
        return application;
    }

    public async Task StopAsync() => await application!.StopAsync();

    public async Task<Resource> ResourceAsync(string name)
        => (await http.GetFromJsonAsync<Resource>($"http://localhost:{StatusPort}/api/resources/{name}", JsonSerializerOptions.Web))!;

    public async Task<HttpResponseMessage> CommandAsync(string path, string? origin = null, string? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://localhost:{StatusPort}/api/resources/{path}");
        if (origin is not null) request.Headers.Add("Origin", origin);
        if (host is not null) request.Headers.Host = host;
        return await http.SendAsync(request);
    }

    public Task<string> GetAsync(string url) => http.GetStringAsync(url);

    public async Task PostAndIgnoreAsync(string url)
    {
        try
        {
            using var response = await http.PostAsync(url, null);
        }
        catch (HttpRequestException)
        {
            // The service ended before it answered, as asked.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (application is not null) await application.DisposeAsync();
        http.Dispose();
        Directory.Delete(Home, recursive: true);
    }

    public static async Task EventuallyAsync(Func<Task<bool>> condition, string what, int seconds = 60)
    {
        var watch = Stopwatch.StartNew();
        Exception? last = null;
        while (watch.Elapsed < TimeSpan.FromSeconds(seconds))
        {
            try
            {
                if (await condition()) return;
                last = null;
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                last = exception;
            }
            await Task.Delay(100);
        }
        Assert.Fail($"Not within {seconds} s: {what}. {last?.Message}");
    }

    public static Task EventuallyAsync(Func<bool> condition, string what, int seconds = 60) => EventuallyAsync(() => Task.FromResult(condition()), what, seconds);

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public static bool Exists(int pid)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] != 'Z';
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Every process whose command line or working directory lies in a home.</summary>
    public static List<int> ProcessesOf(string home)
    {
        var found = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) || pid == Environment.ProcessId) continue;
            try
            {
                var directory = new FileInfo($"{folder}/cwd").LinkTarget ?? "";
                if (directory.StartsWith(home, StringComparison.Ordinal) || File.ReadAllText($"{folder}/cmdline").Contains(home, StringComparison.Ordinal)) found.Add(pid);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // Ended meanwhile.
            }
        }
        return found.FindAll(Exists);
    }

    public static void Kill(int pid, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", pid.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    private static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !folder.EnumerateFiles("*.sln").Any()) folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the repository.");
    }

    internal sealed record Resource(
        string Name, string Type, string State, int? Pid, List<Url> Urls, int Restarts, string? Health, long MemoryBytes, int WantedReplicas, List<Replica> Replicas);

    internal sealed record Replica(int Index, string State, int? Pid, List<Url> Urls, int Restarts, string? Health, int? ExitCode);

    internal sealed record Url(string Name, [property: System.Text.Json.Serialization.JsonPropertyName("url")] string Address);
}
