using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Crm.ServiceDefaults.Hosting;
using Npgsql;

namespace Crm.Testing;

/// <summary>A database and a virtual host of its own on the shared servers, so that test classes run side by side without meeting.</summary>
public sealed class IsolatedServers : IAsyncDisposable
{
    private readonly SharedServers _servers;
    private readonly string _name;

    private IsolatedServers(SharedServers servers, string name) => (_servers, _name) = (servers, name);

    /// <summary>Connection strings in the form that services take.</summary>
    public string Postgres { get; private set; } = "";

    public string RabbitMq { get; private set; } = "";

    /// <summary>The one Redis; keys are kept apart by fresh ids.</summary>
    public string Redis => _servers.Redis;

    public static async Task<IsolatedServers> CreateAsync(string prefix)
    {
        var servers = await SharedServers.GetAsync();
        var name = $"{prefix.Replace('-', '_')}_{new Ids(TimeProvider.System).Next().ToString("N")[16..]}";
        var isolated = new IsolatedServers(servers, name);
        await using (var database = NpgsqlDataSource.Create(servers.Postgres))
        {
            await using var create = database.CreateCommand($"CREATE DATABASE \"{name}\"");
            await create.ExecuteNonQueryAsync();
        }

        isolated.Postgres = new NpgsqlConnectionStringBuilder(servers.Postgres) { Database = name, IncludeErrorDetail = true }.ConnectionString;
        var (user, password) = servers.RabbitMqCredentials;
        await servers.ManagementAsync(HttpMethod.Put, $"/api/vhosts/{name}", null);
        await servers.ManagementAsync(HttpMethod.Put, $"/api/permissions/{name}/{user}", new { configure = ".*", write = ".*", read = ".*" });
        var address = new Uri(servers.RabbitMq);
        isolated.RabbitMq = $"amqp://{user}:{password}@{address.Host}:{address.Port}/{name}";
        return isolated;
    }

    /// <summary>Ready and unacknowledged messages of a queue, as the broker's management counts them; 0 while it does not exist.</summary>
    public async Task<long> QueueLengthAsync(string queue)
    {
        var response = await _servers.ManagementAsync(HttpMethod.Get, $"/api/queues/{_name}/{queue}", null, throwOnFailure: false);
        if (!response.IsSuccessStatusCode) return 0;
        var json = await response.JsonAsync();
        return json.TryGetProperty("messages", out var messages) ? messages.GetInt64() : 0;
    }

    /// <summary>Unlike the length, known at once: the broker counts messages only every few seconds.</summary>
    public async Task<bool> QueueExistsAsync(string queue)
    {
        using var response = await _servers.ManagementAsync(HttpMethod.Get, $"/api/queues/{_name}/{queue}", null, throwOnFailure: false);
        return response.IsSuccessStatusCode;
    }

    /// <summary>How many messages of the queue were delivered more than once.</summary>
    public async Task<long> RedeliveriesAsync(string queue)
    {
        var json = await (await _servers.ManagementAsync(HttpMethod.Get, $"/api/queues/{_name}/{queue}", null)).JsonAsync();
        return json.TryGetProperty("message_stats", out var stats) && stats.TryGetProperty("redeliver", out var redelivered) ? redelivered.GetInt64() : 0;
    }

    /// <summary>Cuts every connection to this virtual host, as a broken network would.</summary>
    public async Task CloseConnectionsAsync()
    {
        var connections = await Eventually.Answers(async () =>
        {
            var json = await (await _servers.ManagementAsync(HttpMethod.Get, $"/api/vhosts/{_name}/connections", null)).JsonAsync();
            return json.GetArrayLength() > 0 ? json.EnumerateArray().Select(item => item.GetProperty("name").GetString()!).ToArray() : null;
        });
        foreach (var name in connections) await _servers.ManagementAsync(HttpMethod.Delete, $"/api/connections/{Uri.EscapeDataString(name)}", null, throwOnFailure: false);
    }

    /// <summary>Takes the virtual host away: to its service the broker is gone.</summary>
    public Task StopBrokerAsync() => _servers.ManagementAsync(HttpMethod.Delete, $"/api/vhosts/{_name}", null);

    /// <summary>Brings it back, empty.</summary>
    public async Task StartBrokerAsync()
    {
        await _servers.ManagementAsync(HttpMethod.Put, $"/api/vhosts/{_name}", null);
        await _servers.ManagementAsync(
            HttpMethod.Put, $"/api/permissions/{_name}/{_servers.RabbitMqCredentials.User}", new { configure = ".*", write = ".*", read = ".*" });
    }

    public async ValueTask DisposeAsync()
    {
        await _servers.ManagementAsync(HttpMethod.Delete, $"/api/vhosts/{_name}", null, throwOnFailure: false);
        await using var database = NpgsqlDataSource.Create(_servers.Postgres);
        await using var drop = database.CreateCommand($"DROP DATABASE IF EXISTS \"{_name}\" WITH (FORCE)");
        await drop.ExecuteNonQueryAsync();
    }
}

/// <summary>
/// PostgreSQL, RabbitMQ and Redis of the test run: the ones that <c>CRM_POSTGRES</c>, <c>CRM_RABBITMQ</c>, <c>CRM_RABBITMQ_MANAGEMENT</c>
/// and <c>CRM_REDIS</c> name (<c>./crm test</c> starts them once for all projects), else started by this process through the app model.
/// </summary>
public sealed class SharedServers
{
    private static readonly Lazy<Task<SharedServers>> Instance = new(StartAsync);
    private readonly HttpClient _management;

    private SharedServers(string postgres, string rabbitMq, string management, string redis)
    {
        (Postgres, RabbitMq, Redis) = (postgres, rabbitMq, redis);
        var userInfo = Uri.UnescapeDataString(new Uri(rabbitMq).UserInfo).Split(':', 2);
        RabbitMqCredentials = (userInfo[0], userInfo[1]);
        _management = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(management) };
        _management.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{userInfo[0]}:{userInfo[1]}")));
    }

    public string Postgres { get; }

    public string RabbitMq { get; }

    public string Redis { get; }

    public (string User, string Password) RabbitMqCredentials { get; }

    public static Task<SharedServers> GetAsync() => Instance.Value;

    public async Task<HttpResponseMessage> ManagementAsync(HttpMethod method, string path, object? body, bool throwOnFailure = true)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        var response = await _management.SendAsync(request);
        if (throwOnFailure && !response.IsSuccessStatusCode)
        {
            throw new InvalidOperationException($"RabbitMQ's management refused {method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        }

        return response;
    }

    private static async Task<SharedServers> StartAsync()
    {
        var (postgres, rabbitMq, management, redis) = (
            Environment.GetEnvironmentVariable("CRM_POSTGRES"),
            Environment.GetEnvironmentVariable("CRM_RABBITMQ"),
            Environment.GetEnvironmentVariable("CRM_RABBITMQ_MANAGEMENT"),
            Environment.GetEnvironmentVariable("CRM_REDIS"));
        if (postgres is not null && rabbitMq is not null && management is not null && redis is not null)
        {
            return new SharedServers(postgres, rabbitMq, management, redis);
        }

        return await LocalServers.StartAsync((p, r, m, c) => new SharedServers(p, r, m, c));
    }
}
