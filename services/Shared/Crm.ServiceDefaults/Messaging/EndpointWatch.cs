using MassTransit;
using MassTransit.Transports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Crm.ServiceDefaults.Messaging;

/// <summary>
/// Restarts a queue's receiver that has stopped by itself. MassTransit 8 reconnects a receiver for ever, except when the broker dies
/// within the receiver's own start: the client then cancels, and a cancellation that nobody asked for ends the receiver's loop in silence
/// (MassTransit issue 5942). The service would stay up, publish, and never consume again.
/// </summary>
internal sealed partial class EndpointWatch(IBusControl bus, IConfiguration configuration, TimeProvider time, ILogger<EndpointWatch> logger) : BackgroundService
{
    /// <summary>Longer than a healthy receiver needs to come back once the broker answers, so that one that is at work on it is left alone.</summary>
    private readonly TimeSpan patience = configuration.GetValue("Messaging:RestartReceiverAfter", TimeSpan.FromSeconds(40));

    private readonly Dictionary<Uri, DateTimeOffset> unwellSince = [];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(patience / 4, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            foreach (var endpoint in bus.CheckHealth().Endpoints.Values)
            {
                if (endpoint.ReceiveEndpoint is ReceiveEndpoint receiver && IsOverdue(receiver, endpoint.Status)) await RestartAsync(receiver, endpoint.Description ?? "no reason given", stoppingToken);
            }
        }
    }

    private bool IsOverdue(ReceiveEndpoint receiver, BusHealthStatus status)
    {
        // One that was never started has its first start before it; the bus sees to that.
        if (status == BusHealthStatus.Healthy || receiver.CurrentState == ReceiveEndpoint.State.Initial)
        {
            unwellSince.Remove(receiver.InputAddress);
            return false;
        }

        var now = time.GetUtcNow();
        if (unwellSince.TryAdd(receiver.InputAddress, now) || now - unwellSince[receiver.InputAddress] < patience) return false;
        unwellSince[receiver.InputAddress] = now;
        return true;
    }

    private async Task RestartAsync(ReceiveEndpoint receiver, string why, CancellationToken stoppingToken)
    {
        Restarting(receiver.InputAddress.AbsolutePath, patience.TotalSeconds, why);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        limit.CancelAfter(patience);
        try
        {
            await receiver.Stop(limit.Token);
            stoppingToken.ThrowIfCancellationRequested();
            receiver.Start(CancellationToken.None);
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            NotRestarted(receiver.InputAddress.AbsolutePath, exception); // the next round tries again
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The receiver of {Queue} has not been well for {Seconds} s ({Why}); it is started anew")]
    private partial void Restarting(string queue, double seconds, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The receiver of {Queue} could not be started anew")]
    private partial void NotRestarted(string queue, Exception exception);
}
