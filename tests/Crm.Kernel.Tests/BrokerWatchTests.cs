using Crm.Testing;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Crm.Kernel.Tests;

/// <summary>A host that ends after two seconds without messages instead of forty.</summary>
public sealed class ImpatientHost : SampleHost
{
    protected override Task ConfigureAsync(IDictionary<string, string?> settings)
    {
        settings["Messaging:RestartAfter"] = "00:00:02";
        return Task.CompletedTask;
    }
}

/// <summary>A host for each test: it does not outlive it.</summary>
public sealed class BrokerWatchTests : IAsyncLifetime
{
    private readonly ImpatientHost host = new();

    public Task InitializeAsync() => host.InitializeAsync();

    public Task DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task A_process_whose_receivers_ended_with_a_dying_connection_ends()
    {
        var first = await host.WriteAsync("before");
        await Eventually.Holds(async () => Assert.Equal(1, await host.CountAsync(first)));
        var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await Task.Delay(TimeSpan.FromSeconds(4));
        Assert.False(stopping.IsCancellationRequested, "A process that is well was ended.");

        // What the client does when the connection dies within the receiver's start: it cancels what is under way.
        var cancelling = new CancelsOnce();
        using (host.Services.GetRequiredService<IBusControl>().ConnectReceiveEndpointObserver(cancelling))
        {
            await host.Servers.CloseConnectionsAsync();
            await Eventually.Holds(() => Task.FromResult(cancelling.Cancelled > 0 ? true : throw new InvalidOperationException("Nothing was cancelled.")), TimeSpan.FromSeconds(30));
            await Eventually.Holds(() => Task.FromResult(stopping.IsCancellationRequested ? true : throw new InvalidOperationException("It goes on.")), TimeSpan.FromSeconds(30));
        }
    }

    [Fact]
    public async Task A_broker_that_is_away_ends_nobody()
    {
        var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        await host.Servers.StopBrokerAsync();
        await Task.Delay(TimeSpan.FromSeconds(6));
        Assert.False(stopping.IsCancellationRequested);
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
