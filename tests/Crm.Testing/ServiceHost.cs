using System.Net.Http.Headers;
using Crm.ServiceDefaults.Security;
using Grpc.Net.Client;
using MassTransit;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Crm.Testing;

/// <summary>
/// One service as it really runs (its own Program, database, virtual host of the broker), with a database of its own. Use it as a class
/// fixture: <c>public sealed class SalesHost() : ServiceHost&lt;Program&gt;("sales")</c>; tests keep apart by fresh ids.
/// </summary>
public class ServiceHost<TProgram>(string service) : IAsyncLifetime
    where TProgram : class
{
    private readonly Dictionary<string, string?> _settings = [];
    private WebApplicationFactory<TProgram>? _factory;

    /// <summary>Set before the host starts to test another environment or clock.</summary>
    public string EnvironmentName { get; protected init; } = "Development";

    public TimeProvider? Time { get; init; }

    public IsolatedServers Servers { get; private set; } = null!;

    public IServiceProvider Services => Factory.Services;

    public NpgsqlDataSource Database => Services.GetRequiredService<NpgsqlDataSource>();

    private WebApplicationFactory<TProgram> Factory => _factory ?? throw new InvalidOperationException("The host has not been started.");

    /// <summary>Configuration beyond the connections and keys, e.g. the address of a stub; called once before the start.</summary>
    protected virtual Task ConfigureAsync(IDictionary<string, string?> settings) => Task.CompletedTask;

    /// <summary>Replacements in the container (rare: prefer real parts).</summary>
    protected virtual void ConfigureServices(IServiceCollection services)
    {
    }

    public virtual async Task InitializeAsync()
    {
        Servers = await IsolatedServers.CreateAsync(service);
        _settings["ConnectionStrings:postgres"] = Servers.Postgres;
        _settings["ConnectionStrings:rabbitmq"] = Servers.RabbitMq;
        _settings["ConnectionStrings:redis"] = Servers.Redis;
        _settings["Postgres:MigrateOnStart"] = "true";
        _settings["InternalTokens:Issuer"] = service;
        _settings["InternalTokens:PrivateKey"] = TestKeys.PrivateKey(service);
        foreach (var workload in new[] { "gateway", "sales", "loyalty", "service", "campaign", "customer" }) _settings[$"InternalTokens:TrustedIssuers:{workload}"] = TestKeys.PublicKey(workload);
        await ConfigureAsync(_settings);
        _factory = CreateFactory();
        _ = _factory.Server;
        // The bus starts in the background; what a test publishes before the queues are there passes them by.
        if (Services.GetService<IBusControl>() is { } bus) await bus.WaitForHealthStatus(BusHealthStatus.Healthy, TimeSpan.FromSeconds(60));
    }

    /// <summary>Another replica of the same service: same database, same queues.</summary>
    public WebApplicationFactory<TProgram> StartReplica()
    {
        var replica = CreateFactory();
        _ = replica.Server;
        return replica;
    }

    /// <summary>Stops the service (as SIGTERM would) and starts it anew on the same database and queues.</summary>
    public async Task RestartAsync()
    {
        await Factory.DisposeAsync();
        _factory = CreateFactory();
        _ = _factory.Server;
    }

    /// <summary>A client with the roles given, as the gateway would pass them on. No roles: signed in but without any right.</summary>
    public HttpClient ClientFor(params string[] roles) => ClientFor(TestKeys.Person(roles));

    public HttpClient ClientFor(Actor actor)
    {
        var client = Factory.CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false });
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", TestKeys.Token("gateway", service, actor, Time));
        return client;
    }

    public HttpClient Anonymous() => Factory.CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false });

    /// <summary>A gRPC channel to the service, authenticated as a call from <paramref name="caller"/>.</summary>
    public GrpcChannel GrpcFrom(string caller, params string[] roles)
    {
        var token = TestKeys.Token(caller, service, TestKeys.Person(roles), Time);
        var client = Factory.CreateDefaultClient(new BearerHandler(token));
        return GrpcChannel.ForAddress(client.BaseAddress!, new GrpcChannelOptions { HttpClient = client });
    }

    public virtual async Task DisposeAsync()
    {
        if (_factory is not null) await _factory.DisposeAsync();
        await Servers.DisposeAsync();
    }

    private WebApplicationFactory<TProgram> CreateFactory() => new WebApplicationFactory<TProgram>().WithWebHostBuilder(web =>
    {
        web.UseEnvironment(EnvironmentName);
        foreach (var (key, value) in _settings) web.UseSetting(key, value);
        web.ConfigureTestServices(services =>
        {
            if (Time is not null) services.AddSingleton(Time);
            ConfigureServices(services);
        });
    });

    private sealed class BearerHandler(string token) : DelegatingHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
