using System.Collections.Concurrent;
using MassTransit;

namespace Crm.Testing;

/// <summary>Listens on the same virtual host as a service, as another service would, and publishes to it.</summary>
public sealed class BusProbe : IAsyncDisposable
{
    private readonly ConcurrentQueue<(Guid? MessageId, object Message)> _seen = new();
    private IBusControl? _bus;

    /// <summary>Connects; collects every event of the types given.</summary>
    public static async Task<BusProbe> StartAsync(string rabbitMq, params Type[] events)
    {
        var probe = new BusProbe();
        probe._bus = Bus.Factory.CreateUsingRabbitMq(rabbit =>
        {
            rabbit.Host(new Uri(rabbitMq));
            rabbit.ReceiveEndpoint(new TemporaryEndpointDefinition(), endpoint =>
            {
                foreach (var type in events)
                {
                    typeof(BusProbe).GetMethod(nameof(Collect), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!
                        .MakeGenericMethod(type).Invoke(probe, [endpoint]);
                }
            });
        });
        await probe._bus.StartAsync(TimeSpan.FromSeconds(30));
        return probe;
    }

    public IReadOnlyList<T> Seen<T>() => [.. _seen.Select(item => item.Message).OfType<T>()];

    public IReadOnlyList<Guid?> MessageIds<T>() => [.. _seen.Where(item => item.Message is T).Select(item => item.MessageId)];

    /// <summary>Publishes as an outbox relay would: the message id decides what is a duplicate.</summary>
    public Task PublishAsync<T>(T message, Guid messageId)
        where T : class => _bus!.Publish(message, context => context.MessageId = messageId);

    public async ValueTask DisposeAsync()
    {
        if (_bus is not null) await _bus.StopAsync(TimeSpan.FromSeconds(10));
    }

    private void Collect<T>(IReceiveEndpointConfigurator endpoint)
        where T : class => endpoint.Handler<T>(context =>
        {
            _seen.Enqueue((context.MessageId, context.Message));
            return Task.CompletedTask;
        });
}
