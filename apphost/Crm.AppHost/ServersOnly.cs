using System.Runtime.InteropServices;
using System.Text.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Crm.AppHost;

/// <summary>
/// <c>--servers-only</c>: PostgreSQL, RabbitMQ and Redis without the platform, for test runs. Prints one line of JSON with their
/// connection strings when all are healthy, and stops them on SIGTERM or SIGINT.
/// </summary>
internal static class ServersOnly
{
    public static async Task<int> RunAsync(string[] args)
    {
        using var shutdown = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, DisableDashboard = true });
        var postgres = builder.AddPostgres("postgres").WithDataVolume();
        var rabbitmq = builder.AddRabbitMQ("rabbitmq").WithDataVolume().WithManagementPlugin();
        var redis = builder.AddRedis("redis").WithDataVolume();
        await using var app = builder.Build();
        try
        {
            await app.StartAsync(shutdown.Token);
            foreach (IResource server in (IResource[])[postgres.Resource, rabbitmq.Resource, redis.Resource])
                await app.ResourceNotifications.WaitForResourceHealthyAsync(server.Name, shutdown.Token);
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                postgres = await postgres.Resource.GetConnectionStringAsync(shutdown.Token) + ";Database=postgres",
                rabbitmq = await rabbitmq.Resource.GetConnectionStringAsync(shutdown.Token),
                rabbitmqManagement = rabbitmq.GetEndpoint("management").Url,
                redis = await redis.Resource.GetConnectionStringAsync(shutdown.Token),
            }, JsonSerializerOptions.Web));
            await Task.Delay(Timeout.InfiniteTimeSpan, shutdown.Token);
        }
        catch (OperationCanceledException) when (shutdown.IsCancellationRequested)
        {
        }
        catch (DistributedApplicationException exception)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return 1;
        }
        await app.StopAsync(CancellationToken.None);
        return 0;

        void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            shutdown.Cancel();
        }
    }
}
