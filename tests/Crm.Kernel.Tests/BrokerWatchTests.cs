using Crm.Testing;
using Dapper;
using MassTransit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace Crm.Kernel.Tests;

/// <summary>A host that ends after two seconds without messages instead of sixty.</summary>
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
    private readonly ImpatientHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task A_process_whose_receivers_ended_with_a_dying_connection_ends()
    {
        var first = await _host.WriteAsync("before");
        await Eventually.Holds(async () => Assert.Equal(1, await _host.CountAsync(first)));
        var stopping = Stopping;
        await Task.Delay(TimeSpan.FromSeconds(4));
        Assert.False(stopping.IsCancellationRequested, "A process that is well was ended.");

        // What the client does when the connection dies within the receiver's start: it cancels what is under way.
        var cancelling = new CancelsOnce();
        using (_host.Services.GetRequiredService<IBusControl>().ConnectReceiveEndpointObserver(cancelling))
        {
            await _host.Servers.CloseConnectionsAsync();
            await EndsAsync(stopping);
            Assert.NotEqual(0, cancelling.Cancelled);
        }
    }

    [Fact]
    public async Task A_process_none_of_whose_events_is_confirmed_ends_and_they_wait()
    {
        var stopping = Stopping;
        using (_host.Services.GetRequiredService<IBusControl>().ConnectPublishObserver(new NeverConfirmed()))
        {
            await _host.WriteAsync("not confirmed");
            await EndsAsync(stopping);
        }

        await using var database = new NpgsqlConnection(_host.Servers.Postgres);
        Assert.Equal(1, await database.ExecuteScalarAsync<long>("SELECT count(*) FROM outbox"));
    }

    [Fact]
    public async Task A_broker_that_is_away_ends_nobody()
    {
        var stopping = Stopping;
        await _host.Servers.StopBrokerAsync();
        await Task.Delay(TimeSpan.FromSeconds(6));
        Assert.False(stopping.IsCancellationRequested);
    }

    private CancellationToken Stopping => _host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

    private static Task EndsAsync(CancellationToken stopping) => Eventually.Holds(
        () =>
        {
            Assert.True(stopping.IsCancellationRequested, "The process goes on.");
            return Task.CompletedTask;
        },
        TimeSpan.FromSeconds(30));

    private sealed class NeverConfirmed : IPublishObserver
    {
        public Task PrePublish<T>(PublishContext<T> context)
            where T : class => throw new OperationCanceledException();

        public Task PostPublish<T>(PublishContext<T> context)
            where T : class => Task.CompletedTask;

        public Task PublishFault<T>(PublishContext<T> context, Exception exception)
            where T : class => Task.CompletedTask;
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
