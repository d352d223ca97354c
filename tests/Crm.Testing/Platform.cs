using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Crm.Testing;

/// <summary>
/// The whole platform as <c>./crm up</c> starts it: the app host with all services as processes of their own, on free ports, with its
/// data in a temporary directory.
/// </summary>
public sealed class Platform : IAsyncLifetime
{
    private readonly string _home = Path.Combine(Path.GetTempPath(), $"crm-platform-{Environment.ProcessId}-{Path.GetRandomFileName()}");
    private readonly HttpClient _http = new(new SocketsHttpHandler());
    private Process? _appHost;

    /// <summary>Settings of the services beyond the app host's own, as environment variables.</summary>
    public Dictionary<string, string> Settings { get; } = [];

    public string Home => _home;

    /// <summary>The app host; every process of the platform descends from it.</summary>
    public int ProcessId => _appHost?.Id ?? throw new InvalidOperationException("The platform has not been started.");

    public int GatewayPort { get; } = FreePort();

    public int IngressPort { get; } = FreePort();

    public int StatusPort { get; } = FreePort();

    public int MailPort { get; } = FreePort();

    public int ProviderPort { get; } = FreePort();

    public int IdpPort { get; } = FreePort();

    public string Gateway => $"http://localhost:{GatewayPort}";

    public async Task InitializeAsync()
    {
        Directory.CreateDirectory(_home);
        await InstallMailInboxAsync();
        _appHost = Start(Output("Crm.AppHost"), [], Path.Combine(_home, "apphost.log"));
        await Eventually.Holds(
            async () =>
            {
                if (_appHost.HasExited) throw new InvalidOperationException($"The app host ended with {_appHost.ExitCode}: {File.ReadAllText(Path.Combine(_home, "apphost.log"))}");
                foreach (var resource in (await ResourcesAsync()).EnumerateArray())
                {
                    var health = resource.GetProperty("health").GetString(); // none yet for what waits or starts
                    Assert.True("Healthy".Equals(health, StringComparison.OrdinalIgnoreCase), $"{resource.GetProperty("name")} is {health ?? "not running yet"}");
                }
            },
            TimeSpan.FromMinutes(4));
    }

    /// <summary>Runs the seeder to its end, as <c>./crm seed</c> does; returns what it printed.</summary>
    public async Task<string> SeedAsync(params string[] arguments)
    {
        var log = Path.Combine(_home, $"seed-{Path.GetRandomFileName()}.log");
        using var seeder = Start(Output("Crm.Seed"), arguments, log);
        await seeder.WaitForExitAsync();
        var printed = await File.ReadAllTextAsync(log);
        Assert.True(seeder.ExitCode == 0, $"The seeder ended with {seeder.ExitCode}: {printed}");
        return printed;
    }

    public (string UserName, string Password) SignIn(string userName)
    {
        var users = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(_home, "secrets", "dev-users.json"))).GetProperty("users");
        var user = users.EnumerateArray().Single(user => user.GetProperty("userName").GetString() == userName);
        return (userName, user.GetProperty("password").GetString()!);
    }

    /// <summary>Kills every process of a resource as <c>kill -9</c> does, and waits until it is up again.</summary>
    public async Task KillAsync(string resource)
    {
        var before = await FindAsync(resource);
        foreach (var pid in Pids(before))
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
        }

        await Eventually.Holds(
            async () =>
            {
                var now = await FindAsync(resource);
                Assert.Empty(Pids(now).Intersect(Pids(before)));
                Assert.Equal("Healthy", now.GetProperty("health").GetString(), ignoreCase: true);
            },
            TimeSpan.FromMinutes(1));
    }

    /// <summary>Access token of a machine client, as a department's system gets one.</summary>
    public async Task<string> TokenAsync(string clientId)
    {
        var clients = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(_home, "secrets", "dev-users.json"))).GetProperty("clients");
        var secret = clients.EnumerateArray().Single(client => client.GetProperty("clientId").GetString() == clientId).GetProperty("clientSecret").GetString()!;
        using var form = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("client_id", clientId), new("client_secret", secret)]);
        var answer = await _http.PostAsync($"http://localhost:{IdpPort}/token", form).OkJsonAsync();
        return answer.GetProperty("access_token").GetString()!;
    }

    public async Task<JsonElement> MailsAsync() => await _http.GetAsync($"http://localhost:{MailPort}/email").OkJsonAsync();

    public async Task<string> MailSourceAsync(string id) => await _http.GetStringAsync($"http://localhost:{MailPort}/email/{id}/source");

    public async Task<JsonElement> ResourcesAsync() => await _http.GetAsync($"http://localhost:{StatusPort}/api/resources").OkJsonAsync();

    /// <summary>Processes of a resource that is healthy now; none where it is not.</summary>
    public async Task<IReadOnlyList<int>> HealthyPidsAsync(string resource)
    {
        var found = await FindAsync(resource);
        return found.GetProperty("health").GetString() == "Healthy" ? Pids(found) : [];
    }

    /// <summary>"Healthy" when the service and all it depends on are well, the broker included (its queues exist from then on).</summary>
    public async Task<string> HealthAsync(string service)
    {
        var health = await _http.GetAsync(await UrlAsync(service, "http") + "/health").OkJsonAsync();
        var status = health.GetProperty("status").GetString()!;
        return status == "Healthy" ? status : health.ToString();
    }

    /// <summary>A database of the platform's own PostgreSQL, as its superuser.</summary>
    public async Task<string> DatabaseAsync(string name)
    {
        var address = new Uri(await UrlAsync("postgres", "tcp"));
        return $"Host={address.Host};Port={address.Port};Username=postgres;Password={Secret("postgres-password")};Database={name};Include Error Detail=true";
    }

    /// <summary>Messages that are ready or unacknowledged, by queue.</summary>
    public async Task<Dictionary<string, long>> QueuesAsync() =>
        (await ManagementAsync(HttpMethod.Get, "queues?columns=name,messages").OkJsonAsync()).EnumerateArray()
            .ToDictionary(queue => queue.GetProperty("name").GetString()!, queue => queue.GetProperty("messages").GetInt64());

    /// <summary>What waits in a queue (a thousand messages at most), left there.</summary>
    public async Task<string> PeekAsync(string queue)
    {
        using var body = new StringContent("""{"count":1000,"ackmode":"ack_requeue_true","encoding":"auto"}""", Encoding.UTF8, "application/json");
        using var answer = await ManagementAsync(HttpMethod.Post, $"queues/%2F/{Uri.EscapeDataString(queue)}/get", body);
        return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    /// <summary>The platform's own Redis, as StackExchange.Redis connects to it.</summary>
    public async Task<string> RedisAsync()
    {
        var address = new Uri(await UrlAsync("redis", "tcp"));
        return $"{address.Host}:{address.Port},password={Secret("redis-password")}";
    }

    /// <summary>Cuts every connection to the broker, as a broken network would: what was not acknowledged or confirmed comes again.</summary>
    public async Task CutBrokerConnectionsAsync()
    {
        var connections = await ManagementAsync(HttpMethod.Get, "connections?columns=name").OkJsonAsync();
        foreach (var connection in connections.EnumerateArray())
        {
            using var closed = await ManagementAsync(HttpMethod.Delete, "connections/" + Uri.EscapeDataString(connection.GetProperty("name").GetString()!));
        }
    }

    public async Task DisposeAsync()
    {
        if (_appHost is { HasExited: false })
        {
            using (Process.Start("kill", ["-TERM", $"{_appHost.Id}"])) await _appHost.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);
        }

        _http.Dispose();
        if (Environment.GetEnvironmentVariable("CRM_KEEP") is null) Directory.Delete(_home, recursive: true);
    }

    private async Task<HttpResponseMessage> ManagementAsync(HttpMethod method, string path, HttpContent? body = null)
    {
        using var request = new HttpRequestMessage(method, $"{await UrlAsync("rabbitmq", "management")}/api/{path}") { Content = body };
        request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes("apphost:" + Secret("rabbitmq-password"))));
        return await _http.SendAsync(request);
    }

    private string Secret(string name) => File.ReadAllText(Path.Combine(_home, "secrets", name)).Trim();

    private async Task<string> UrlAsync(string resource, string endpoint) =>
        (await FindAsync(resource)).GetProperty("urls").EnumerateArray().Single(url => url.GetProperty("name").GetString() == endpoint).GetProperty("url").GetString()!.TrimEnd('/');

    private async Task<JsonElement> FindAsync(string name) =>
        (await ResourcesAsync()).EnumerateArray().Single(resource => resource.GetProperty("name").GetString() == name);

    private static List<int> Pids(JsonElement resource) =>
        resource.TryGetProperty("replicas", out var replicas) && replicas.GetArrayLength() > 0
            ? [.. replicas.EnumerateArray().Where(replica => replica.GetProperty("pid").ValueKind == JsonValueKind.Number).Select(replica => replica.GetProperty("pid").GetInt32())]
            : resource.GetProperty("pid").ValueKind == JsonValueKind.Number ? [resource.GetProperty("pid").GetInt32()] : [];

    private Process Start(string dll, string[] arguments, string log)
    {
        // Through a shell, so that the log is complete even when this process is gone.
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = Repository.Root };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec dotnet \"$0\" \"$@\" >\"$LOG\" 2>&1 </dev/null");
        start.ArgumentList.Add(dll);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        start.Environment["LOG"] = log;
        start.Environment["CRM_HOME"] = _home;
        start.Environment["CRM_GATEWAY_PORT"] = $"{GatewayPort}";
        start.Environment["CRM_GRPC_INGRESS_PORT"] = $"{IngressPort}";
        start.Environment["CRM_STATUS_PORT"] = $"{StatusPort}";
        start.Environment["CRM_MAIL_PORT"] = $"{MailPort}";
        start.Environment["CRM_PROVIDER_PORT"] = $"{ProviderPort}";
        start.Environment["CRM_IDP_PORT"] = $"{IdpPort}";
        foreach (var (name, value) in Settings) start.Environment[name] = value;
        // The platform brings its own servers: this is its whole path, as a user has it.
        foreach (var server in new[] { "CRM_POSTGRES", "CRM_RABBITMQ", "CRM_RABBITMQ_MANAGEMENT", "CRM_REDIS" }) start.Environment.Remove(server);
        return Process.Start(start)!;
    }

    private static async Task InstallMailInboxAsync()
    {
        var directory = Repository.PathOf("apphost", "mail-inbox");
        if (Directory.Exists(Path.Combine(directory, "node_modules"))) return;
        using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--no-audit", "--no-fund"]) { WorkingDirectory = directory })!;
        await npm.WaitForExitAsync();
        Assert.Equal(0, npm.ExitCode);
    }

    /// <summary>The built program, of the same configuration as these tests.</summary>
    private static string Output(string project) =>
        Repository.PathOf("artifacts", "bin", project, Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/')), project + ".dll");

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
