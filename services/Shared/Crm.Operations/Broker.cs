using MassTransit;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;

namespace Crm.Operations;

/// <summary>A queue as the broker sees it now.</summary>
/// <param name="Ready">Messages that nobody has taken yet; those that a consumer works on are not among them.</param>
/// <param name="Consumers">0 with messages ready: nobody works.</param>
/// <param name="Exists">False: no process has consumed it on this broker yet.</param>
public sealed record QueueState(string Name, long Ready, int Consumers, bool Exists);

/// <summary>Asks the broker, and sends a message back to one queue, over a connection of its own that is made when somebody asks.</summary>
public sealed class Broker(IBusControl bus, IConfiguration configuration) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly ConnectionFactory _factory = new()
    {
        Uri = new Uri(configuration.GetConnectionString("rabbitmq")!), AutomaticRecoveryEnabled = false, ClientProvidedName = "operations",
        RequestedConnectionTimeout = Patience,
    };

    private readonly SemaphoreSlim _alone = new(1);
    private IConnection? _connection;

    /// <summary>The queues that this process consumes, and the others that are named; null: the broker does not answer.</summary>
    public Task<IReadOnlyList<QueueState>?> QueuesAsync(IEnumerable<string> others, CancellationToken cancellationToken)
    {
        var names = bus.CheckHealth().Endpoints.Values.Select(endpoint => endpoint.InputAddress)
            .Where(address => !address.Query.Contains("temporary", StringComparison.Ordinal)).Select(address => address.Segments[^1]);
        return AnsweredAsync<IReadOnlyList<QueueState>>(
            async (connection, stop) =>
            {
                var states = new List<QueueState>();
                foreach (var name in names.Concat(others).Distinct().Order(StringComparer.Ordinal)) states.Add(await StateAsync(connection, name, stop));
                return states;
            },
            cancellationToken);
    }

    /// <summary>Sends each message to its queue and waits until the broker has it; false: it did not take them all, and some may be there.</summary>
    public async Task<bool> SendAsync(IReadOnlyList<QueuedMessage> messages, CancellationToken cancellationToken) =>
        await AnsweredAsync(
            async (connection, stop) =>
            {
                await using var channel = await connection.CreateChannelAsync(new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), stop);
                foreach (var message in messages)
                {
                    var properties = new BasicProperties { ContentType = message.ContentType, MessageId = message.MessageId.ToString(), DeliveryMode = DeliveryModes.Persistent };
                    // Mandatory: a queue that is gone is an error, not a place to lose the message in.
                    await channel.BasicPublishAsync("", message.Queue, mandatory: true, properties, message.Body, stop);
                }

                return "sent";
            },
            cancellationToken) is not null;

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
        _alone.Dispose();
    }

    private static async Task<QueueState> StateAsync(IConnection connection, string name, CancellationToken cancellationToken)
    {
        try
        {
            // A queue that is not there closes the channel that asked.
            await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
            var answer = await channel.QueueDeclarePassiveAsync(name, cancellationToken);
            return new QueueState(name, answer.MessageCount, (int)answer.ConsumerCount, Exists: true);
        }
        catch (OperationInterruptedException exception) when (exception.ShutdownReason?.ReplyCode == 404)
        {
            return new QueueState(name, 0, 0, Exists: false);
        }
    }

    private async Task<T?> AnsweredAsync<T>(Func<IConnection, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
        where T : class
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        await _alone.WaitAsync(cancellationToken);
        try
        {
            if (_connection is { IsOpen: false }) await _connection.DisposeAsync();
            if (_connection is not { IsOpen: true }) _connection = await _factory.CreateConnectionAsync(limit.Token);
            return await ask(_connection, limit.Token);
        }
        catch (Exception exception) when (exception is RabbitMQClientException or IOException or System.Net.Sockets.SocketException
            || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
        finally
        {
            _alone.Release();
        }
    }
}

/// <param name="ContentType">Decides how the consumer reads the body.</param>
public sealed record QueuedMessage(string Queue, Guid MessageId, string? ContentType, ReadOnlyMemory<byte> Body);
