using Aspire.Hosting;

namespace Crm.Testing;

/// <summary>The three servers, started by this test process through the app model, stopped when it ends.</summary>
internal static class LocalServers
{
    public static async Task<SharedServers> StartAsync(Func<string, string, string, string, SharedServers> create)
    {
        Environment.SetEnvironmentVariable("CRM_HOME", Path.Combine(Path.GetTempPath(), $"crm-tests-{Environment.ProcessId}"));
        var builder = DistributedApplication.CreateBuilder([]);
        var postgres = builder.AddPostgres("postgres");
        var rabbitMq = builder.AddRabbitMQ("rabbitmq").WithManagementPlugin();
        var redis = builder.AddRedis("redis");
        var application = builder.Build();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => application.StopAsync().GetAwaiter().GetResult();
        await application.StartAsync();
        return create(
            (await postgres.Resource.GetConnectionStringAsync(default))!,
            (await rabbitMq.Resource.GetConnectionStringAsync(default))!,
            rabbitMq.GetEndpoint("management").Url,
            (await redis.Resource.GetConnectionStringAsync(default))!);
    }
}
