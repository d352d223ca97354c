using System.Net.Http.Json;
using System.Text.Json;
using Crm.Testing;
using Npgsql;

namespace Crm.Gateway.Tests;

/// <summary>
/// The gateway and the development identity provider as processes on free ports, with real PostgreSQL and Redis, and stub services behind.
/// </summary>
public sealed class GatewayHost : IAsyncLifetime
{
    private readonly List<RunningProgram> _programs = [];
    private readonly string _usersFile = Path.Combine(Path.GetTempPath(), $"crm-dev-users-{Environment.ProcessId}-{RunningProgram.FreePort()}", "dev-users.json");
    private IsolatedServers _servers = null!;

    internal StubServices Services { get; private set; } = null!;

    internal ScriptedProvider Provider { get; private set; } = null!;

    internal RunningProgram Idp { get; private set; } = null!;

    internal string UsersFile => _usersFile;

    internal string IdpOrigin { get; private set; } = "";

    /// <summary>With the development identity provider.</summary>
    internal string Origin { get; private set; } = "";

    internal string GrpcIngress { get; private set; } = "";

    /// <summary>A second gateway, with the scripted provider.</summary>
    internal string ScriptedOrigin { get; private set; } = "";

    internal NpgsqlDataSource Database { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _servers = await IsolatedServers.CreateAsync("gateway");
        Database = NpgsqlDataSource.Create(_servers.Postgres);
        Services = await StubServices.StartAsync();
        Provider = await ScriptedProvider.StartAsync();
        var (port, idpPort) = (RunningProgram.FreePort(), RunningProgram.FreePort());
        Origin = $"http://localhost:{port}";
        IdpOrigin = $"http://localhost:{idpPort}";
        Idp = RunningProgram.Project("Crm.DevIdp", new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["HTTP_PORT"] = $"{idpPort}",
            ["DevIdp:UsersFile"] = _usersFile,
            ["DevIdp:RedirectUris:0"] = Origin + "/signin/callback",
            ["DevIdp:ClientSecrets:gateway"] = "secret-of-the-gateway",
            ["DevIdp:AttemptsPerMinute"] = "10000",
        });
        _programs.Add(Idp);
        await Idp.ReadyAsync(IdpOrigin + "/health/ready");
        (_, GrpcIngress) = await StartGatewayAsync(port, new() { ["Oidc:Authority"] = IdpOrigin });
        (ScriptedOrigin, _) = await StartGatewayAsync(RunningProgram.FreePort(), new() { ["Oidc:Authority"] = Provider.Issuer });
    }

    /// <summary>Another gateway (a replica, or one with other settings) until the tests end.</summary>
    internal async Task<(string Origin, string Ingress)> StartGatewayAsync(int port, Dictionary<string, string> settings)
    {
        var ingress = RunningProgram.FreePort();
        var program = RunningProgram.Project("Crm.Gateway", GatewaySettings(port, ingress).Concat(settings));
        _programs.Add(program);
        await program.ReadyAsync($"http://localhost:{port}/health/ready");
        return ($"http://localhost:{port}", $"http://localhost:{ingress}");
    }

    internal Dictionary<string, string> GatewaySettings(int port, int ingress)
    {
        var settings = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
            ["BIND_ADDRESS"] = "127.0.0.1",
            ["HTTP_PORT"] = $"{port}",
            ["GRPC_INGRESS_PORT"] = $"{ingress}",
            ["ConnectionStrings:postgres"] = _servers.Postgres,
            ["ConnectionStrings:redis"] = _servers.Redis,
            ["Postgres:MigrateOnStart"] = "true",
            ["InternalTokens:Issuer"] = "gateway",
            ["InternalTokens:PrivateKey"] = TestKeys.PrivateKey("gateway"),
            ["Oidc:ClientSecret"] = "secret-of-the-gateway",
            ["RateLimits:Policies:sign-in:Anonymous:Burst"] = "10000",
            ["RateLimits:Policies:api:Anonymous:Burst"] = "10000",
        };
        foreach (var service in new[] { "customer", "sales", "service", "loyalty", "campaign", "analytics" })
        {
            settings[$"services:{service}:http:0"] = Services.HttpAddress;
            settings[$"services:{service}:grpc:0"] = Services.GrpcAddress;
        }

        return settings;
    }

    internal async Task<string> PasswordOfAsync(string userName)
    {
        using var file = JsonDocument.Parse(await File.ReadAllTextAsync(_usersFile));
        return file.RootElement.GetProperty("users").EnumerateArray().Single(user => user.GetProperty("userName").GetString() == userName).GetProperty("password").GetString()!;
    }

    internal async Task<Browser> SignedInAsync(string userName = "demo")
    {
        var browser = new Browser(Origin);
        await browser.SignInAsync(userName, await PasswordOfAsync(userName));
        return browser;
    }

    /// <summary>An access token by client credentials, as a department's system gets one.</summary>
    internal async Task<string> AccessTokenAsync(string clientId)
    {
        using var file = JsonDocument.Parse(await File.ReadAllTextAsync(_usersFile));
        var secret = file.RootElement.GetProperty("clients").EnumerateArray().Single(client => client.GetProperty("clientId").GetString() == clientId).GetProperty("clientSecret").GetString()!;
        using var form = new FormUrlEncodedContent([new("grant_type", "client_credentials"), new("client_id", clientId), new("client_secret", secret)]);
        using var response = await RunningProgram.Http.PostAsync(IdpOrigin + "/token", form);
        return (await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>()).GetProperty("access_token").GetString()!;
    }

    /// <summary>GET with a bearer token.</summary>
    internal static Task<HttpResponseMessage> GetAsync(string url, string token, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer " + token);
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        return RunningProgram.Http.SendAsync(request);
    }

    public async Task DisposeAsync()
    {
        foreach (var program in _programs) await program.DisposeAsync();
        await Services.DisposeAsync();
        await Provider.DisposeAsync();
        await Database.DisposeAsync();
        await _servers.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(_usersFile)!, recursive: true);
    }
}

/// <summary>One set of processes for all tests; they keep apart by their own sessions, clients and ids.</summary>
[CollectionDefinition(Name)]
public sealed class GatewayCollection : ICollectionFixture<GatewayHost>
{
    public const string Name = "gateway";
}
