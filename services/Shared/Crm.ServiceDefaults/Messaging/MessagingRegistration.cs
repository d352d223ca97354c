using System.Reflection;
using System.Runtime.ExceptionServices;
using Crm.ServiceDefaults.Security;
using Grpc.Core;
using MassTransit;
using MassTransit.Middleware;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Crm.ServiceDefaults.Messaging;

/// <summary>What a service says about its messages.</summary>
public sealed class MessagingBuilder(IBusRegistrationConfigurator bus)
{
    internal List<Type> Published { get; } = [];

    /// <summary>Registers every event of the contracts assembly as publishable by this service's outbox.</summary>
    public void Publishes(Assembly contracts) =>
        Published.AddRange(contracts.GetExportedTypes().Where(type => type is { IsClass: true, IsAbstract: false }
            && type.Namespace?.Contains(".Events.", StringComparison.Ordinal) == true
            && type.GetProperty("EventId") is not null));

    /// <summary>Registers a message that is not an integration event (work of one service's own queue).</summary>
    public void Publishes<T>() => Published.Add(typeof(T));

    /// <summary>One durable queue per consumer class: <c>service-event-kebab</c>.</summary>
    public void AddConsumers(Assembly assembly) => bus.AddConsumers(assembly);

    /// <summary>Chosen consumers and their definitions.</summary>
    public void AddConsumers(params Type[] types) => bus.AddConsumers(types);
}

public static class MessagingRegistration
{
    /// <summary>RabbitMQ with outbox relay and inbox. The service runs, and accepts writes, while the broker is away.</summary>
    public static void AddMessaging(this WebApplicationBuilder builder, string service, Action<MessagingBuilder> configure)
    {
        var address = builder.Configuration.GetConnectionString("rabbitmq")
            ?? throw new InvalidOperationException("ConnectionStrings:rabbitmq is not set.");

        builder.Services.AddMassTransit(bus =>
        {
            var messaging = new MessagingBuilder(bus);
            configure(messaging);
            builder.Services.AddSingleton(new EventTypes(messaging.Published));
            bus.DisableUsageTelemetry();
            bus.SetEndpointNameFormatter(new KebabCaseEndpointNameFormatter(service, includeNamespace: false));
            bus.AddConfigureEndpointsCallback(ConfigureEndpoint);
            bus.ConfigureHealthCheckOptions(options =>
            {
                // A shared dependency in readiness would take all replicas out together; it shows on /health as degraded.
                options.Tags.Clear();
                options.Tags.Add("dependency");
                options.MinimalFailureStatus = HealthStatus.Degraded;
            });
            bus.UsingRabbitMq((context, rabbit) =>
            {
                rabbit.Host(new Uri(address), host =>
                {
                    host.Heartbeat(TimeSpan.FromSeconds(15));
                    host.RequestedConnectionTimeout(TimeSpan.FromSeconds(5));
                    host.PublisherConfirmation = true;
                });
                rabbit.AutoStart = true;
                rabbit.ConfigureEndpoints(context);
            });
        });
        builder.Services.Configure<MassTransitHostOptions>(options =>
        {
            options.WaitUntilStarted = false; // see BrokerWatch
            options.StopTimeout = TimeSpan.FromSeconds(15);
            options.ConsumerStopTimeout = TimeSpan.FromSeconds(12);
        });
        builder.Services.AddSingleton<OutboxSignal>();
        builder.Services.AddSingleton<OutboxRelay>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<OutboxRelay>());
        builder.Services.AddHostedService<Retention>();
        builder.Services.AddHostedService<BrokerWatch>();
    }

    private static void ConfigureEndpoint(IRegistrationContext context, string name, IReceiveEndpointConfigurator endpoint)
    {
        endpoint.PrefetchCount = 16;
        endpoint.ConcurrentMessageLimit = 2;
        if (endpoint is IRabbitMqReceiveEndpointConfigurator rabbit)
        {
            rabbit.SetQuorumQueue();
            rabbit.SetQueueArgument("x-delivery-limit", 20);
            // What the broker gives up on (a consumer that dies with it every time) is kept, beside MassTransit's own _error queues.
            rabbit.BindDeadLetterQueue("crm-dead-letter", "crm-dead-letter", queue => queue.SetQuorumQueue());
        }

        // Parts of a process that stops may be gone already: what fails then goes back to its queue, for the next process, not to _error.
        var stopping = context.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        endpoint.ConfigureError(failed =>
        {
            failed.UseExecute(message => { if (stopping.IsCancellationRequested) ExceptionDispatchInfo.Throw(message.Exception); });
            failed.UseFilter(context.GetService<IFilter<ExceptionReceiveContext>>() ?? new ErrorTransportFilter());
        });

        static bool IsAway(Exception exception) => exception is NpgsqlException { IsTransient: true } or TimeoutException or RpcException { StatusCode: StatusCode.Unavailable or StatusCode.DeadlineExceeded };

        // Infrastructure that is away is waited for (under the broker's 30 minutes); anything else gets five quick tries, then _error.
        endpoint.UseMessageRetry(retry =>
        {
            retry.Handle<Exception>(IsAway);
            retry.Exponential(120, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(200));
        });
        endpoint.UseMessageRetry(retry =>
        {
            retry.Ignore<Exception>(IsAway);
            retry.Intervals(50, 200, 500, 1000, 2000);
        });
        endpoint.UseConsumeFilter(typeof(ConsumerActorFilter<>), context);
        endpoint.UseConsumeFilter(typeof(InboxFilter<>), context);
    }
}

/// <summary>Makes who caused the event the actor of its consumer's own writes and calls.</summary>
public sealed class ConsumerActorFilter<T>(ActorAccessor accessor) : IFilter<ConsumeContext<T>>
    where T : class
{
    public async Task Send(ConsumeContext<T> context, IPipe<ConsumeContext<T>> next)
    {
        using var acting = accessor.ActAs(context.Headers.Get<string>("actor") is { } subject ? Actor.OnBehalfOf(subject) : Actor.System);
        await next.Send(context);
    }

    public void Probe(ProbeContext context) => context.CreateFilterScope("actor");
}
