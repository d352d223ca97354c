using Crm.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;

namespace Crm.Kernel.Tests;

/// <summary>A host that starts a receiver anew after two seconds instead of forty.</summary>
public sealed class ImpatientHost : SampleHost
{
    protected override Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        settings["Messaging:RestartReceiverAfter"] = "00:00:02";
        return Task.CompletedTask;
    }
}

public sealed class EndpointWatchTests(ImpatientHost host) : IClassFixture<ImpatientHost>
{
    [Fact]
    public async Task A_receiver_whose_start_was_cancelled_by_a_dying_broker_is_started_anew()
    {
        var first = await host.WriteAsync("before");
        await Eventually.Holds(async () => Assert.Equal(1, await host.CountAsync(first)));

        // What the client does when the connection dies within the receiver's start: it cancels what is under way.
        var cancelling = new CancelsOnce();
        using var connected = host.Services.GetRequiredService<IBusControl>().ConnectReceiveEndpointObserver(cancelling);
        await host.Servers.CloseConnectionsAsync();
        await Eventually.Holds(() =>
        {
            Assert.NotEqual(0, cancelling.Cancelled);
            return Task.CompletedTask;
        }, TimeSpan.FromSeconds(30));

        var second = await host.WriteAsync("after");
        await Eventually.Holds(async () => Assert.Equal(1, await host.CountAsync(second)), TimeSpan.FromSeconds(30));
        await Eventually.Holds(async () => Assert.StartsWith("{\"status\":\"Healthy\"", await host.Anonymous().GetStringAsync("/health")), TimeSpan.FromSeconds(30));
    }

    private sealed class CancelsOnce : IReceiveEndpointObserver
    {
        private readonly HashSet<Uri> _seen = [];

        public int Cancelled => _seen.Count;

        public Task Ready(ReceiveEndpointReady ready)
        {
            lock (_seen)
            {
                if (_seen.Add(ready.InputAddress)) throw new OperationCanceledException();
            }

            return Task.CompletedTask;
        }

        public Task Stopping(ReceiveEndpointStopping stopping) => Task.CompletedTask;
        public Task Completed(ReceiveEndpointCompleted completed) => Task.CompletedTask;
        public Task Faulted(ReceiveEndpointFaulted faulted) => Task.CompletedTask;
    }
}
