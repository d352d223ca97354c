using MassTransit;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Crm.ServiceDefaults.Messaging;

/// <summary>
/// Ends a process whose messages have stopped although the broker answers; whoever runs it starts it anew. MassTransit 8 reconnects for ever,
/// except when a connection dies while it is being made: it may keep the closed one, miss that a consumer's channel is gone, or wait for
/// confirmations that never come (ADR 6). The broker is asked over a connection of the watch's own, since those states look healthy from within.
/// </summary>
internal sealed partial class BrokerWatch(IBusControl bus, OutboxRelay relay, IConfiguration configuration, IHostApplicationLifetime host, ILogger<BrokerWatch> log) : BackgroundService
{
    /// <summary>Longer than a healthy process needs to be back once the broker answers. In real time, as the broker's, also where a test turns the clock.</summary>
    private readonly TimeSpan _patience = configuration.GetValue("Messaging:RestartAfter", TimeSpan.FromSeconds(60));
    private readonly ConnectionFactory _broker = new() { Uri = new Uri(configuration.GetConnectionString("rabbitmq")!), AutomaticRecoveryEnabled = false, ClientProvidedName = "watch" };
    private IConnection? _connection;

    /// <summary>A bus stopped while it starts (in the background, a broker may be missing) leaves consumers on a disposed container: stopping comes here first, and waits.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(3));
        await ((Task)bus.WaitForHealthStatus(BusHealthStatus.Healthy, timeout.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_connection is not null) await _connection.DisposeAsync();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_patience / 4);
        for (var unwell = 0; await timer.WaitForNextTickAsync(stoppingToken);)
        {
            if (await StoppedAsync(stoppingToken) is not { } stopped) unwell = 0;
            else if (++unwell > 4) Ending(log, stopped, _patience.TotalSeconds);
            if (unwell > 4) host.StopApplication();
        }
    }

    /// <summary>What has stopped; null: nothing, or the broker does not answer or takes nothing from anybody, which waiting mends.</summary>
    private async Task<string?> StoppedAsync(CancellationToken stoppingToken)
    {
        string? asked = null;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            if (_connection is { IsOpen: false }) await _connection.DisposeAsync();
            if (_connection is not { IsOpen: true }) _connection = await _broker.CreateConnectionAsync(limit.Token);
            await using var channel = await _connection.CreateChannelAsync(new CreateChannelOptions(true, true), limit.Token);
            foreach (var queue in bus.CheckHealth().Endpoints.Values.Select(endpoint => endpoint.InputAddress).Where(address => !address.Query.Contains("temporary", StringComparison.Ordinal)))
                if (await channel.ConsumerCountAsync(asked = queue.Segments[^1], limit.Token) == 0) return $"Nobody consumes {asked}";
            if (relay.Unanswered < 2) return null;
            // A message that no queue wants is confirmed too, unless an alarm of the broker (memory, disk) holds everybody's.
            await channel.BasicPublishAsync("", "crm-watch", ReadOnlyMemory<byte>.Empty, limit.Token);
            return "No event that is published is confirmed";
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            return exception is OperationInterruptedException { ShutdownReason.ReplyCode: 404 } ? $"There is no queue {asked}" : null;
        }
    }

    [LoggerMessage(LogLevel.Critical, "{What}, for {Seconds} s, although the broker answers; this process ends, to be started anew")]
    private static partial void Ending(ILogger log, string what, double seconds);
}
