using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Threading.Channels;
using Dapper;
using MassTransit;
using Npgsql;

namespace Crm.ServiceDefaults.Messaging;

/// <summary>Which event types the outbox may hold, by the name stored with the row. Never resolved from a string at run time.</summary>
public sealed class EventTypes(IEnumerable<Type> types)
{
    private readonly Dictionary<string, Type> _byName = types.ToDictionary(NameOf);

    public static JsonSerializerOptions Json { get; } = new(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };

    public static string NameOf(Type type) => type.FullName!;

    public Type Resolve(string name) => _byName.TryGetValue(name, out var type)
        ? type
        : throw new InvalidOperationException($"Event type {name} is not registered with AddMessaging(...).Publishes.");
}

/// <summary>What travels beside an event: the trace that caused it and who acted.</summary>
public sealed record OutboxHeaders(string? TraceParent, string? Actor);

/// <summary>Wakes the relay of this process right after a commit; the relay's own poll is the safety net.</summary>
public sealed class OutboxSignal
{
    private readonly Channel<byte> _channel = Channel.CreateBounded<byte>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    public void Raise() => _channel.Writer.TryWrite(0);

    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        await ((Task)_channel.Reader.ReadAsync(either.Token).AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
    }
}

/// <summary>
/// Publishes outbox rows and deletes each after the broker's confirm, on every replica (rows are taken with SKIP LOCKED). A crash
/// between confirm and delete publishes again; consumers drop the second copy by their inbox.
/// </summary>
public sealed partial class OutboxRelay(
    NpgsqlDataSource database, IBusControl bus, EventTypes types, OutboxSignal signal, TimeProvider time, ILogger<OutboxRelay> log)
    : BackgroundService
{
    public const int BatchSize = 100;
    private const string NoAnswer = "The broker did not answer.";
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PublishTimeout = TimeSpan.FromSeconds(5);
    private static readonly Meter Meter = new("Crm.Outbox");
    private static readonly Counter<long> Published = Meter.CreateCounter<long>("crm.outbox.published");
    private static readonly Counter<long> Failed = Meter.CreateCounter<long>("crm.outbox.failed");
    private static readonly ActivitySource Source = new("Crm.Outbox");

    private bool _connected = true;

    /// <summary>Batches in a row of which the broker answered nothing.</summary>
    internal int Unanswered { get; private set; }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Counted when somebody asks. An event that waits until a time of its own is late only after it.
        Meter.CreateObservableGauge("crm.outbox.pending", () => Count("count(*)"), description: "Events that are not published yet");
        Meter.CreateObservableGauge(
            "crm.outbox.age", () => Count("coalesce(extract(epoch FROM now() - min(CASE attempts WHEN 0 THEN next_attempt_at ELSE occurred_at END)), 0)"), "s", "How long the oldest event waits");
        while (!stoppingToken.IsCancellationRequested)
        {
            var relayed = 0;
            try
            {
                // Without a broker nothing is attempted: rows keep their place and drain in order when it is back.
                var connected = bus.CheckHealth().Status == BusHealthStatus.Healthy;
                if (connected != _connected) BrokerChanged(log, (_connected = connected) ? "answers" : "does not answer; events wait in the outbox");
                if (connected) relayed = await RelayBatchAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                BatchFailed(log, exception.Message);
            }

            if (relayed < BatchSize) await signal.WaitAsync(PollInterval, time, stoppingToken);
        }
    }

    private double Count(string what)
    {
        using var connection = database.OpenConnection();
        return Math.Max(0, connection.ExecuteScalar<double>($"SELECT {what} FROM outbox"));
    }

    /// <summary>Publishes up to one batch of due rows; returns how many were taken.</summary>
    internal async Task<int> RelayBatchAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var rows = (await connection.QueryAsync<Row>(
            """
            SELECT id, type, payload, headers, attempts FROM outbox
            WHERE next_attempt_at <= @now ORDER BY next_attempt_at, seq LIMIT @BatchSize FOR UPDATE SKIP LOCKED
            """,
            new { now = time.GetUtcNow(), BatchSize },
            transaction)).AsList();
        if (rows.Count == 0) return 0;

        var outcomes = await Task.WhenAll(rows.Select(row => PublishAsync(row, cancellationToken)));
        Unanswered = outcomes.All(outcome => outcome == NoAnswer) ? Unanswered + 1 : 0;
        var confirmed = rows.Where((_, index) => outcomes[index] is null).Select(row => row.Id).ToArray();
        await connection.ExecuteAsync("DELETE FROM outbox WHERE id = ANY(@confirmed)", new { confirmed }, transaction);
        foreach (var (row, error) in rows.Zip(outcomes).Where(pair => pair.Second is not null))
        {
            var delay = TimeSpan.FromSeconds(Math.Min(30, 0.2 * Math.Pow(2, row.Attempts)));
            await connection.ExecuteAsync(
                "UPDATE outbox SET attempts = attempts + 1, next_attempt_at = @next, last_error = @error WHERE id = @Id",
                new { next = time.GetUtcNow() + delay, error, row.Id },
                transaction);
        }

        await transaction.CommitAsync(cancellationToken);
        Published.Add(confirmed.Length);
        Failed.Add(rows.Count - confirmed.Length);
        return rows.Count;
    }

    private async Task<string?> PublishAsync(Row row, CancellationToken cancellationToken)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(PublishTimeout);
        try
        {
            var type = types.Resolve(row.Type);
            var headers = JsonSerializer.Deserialize<OutboxHeaders>(row.Headers, EventTypes.Json)!;
            using var activity = Source.StartActivity("outbox publish", ActivityKind.Producer, headers.TraceParent ?? "");
            var message = JsonSerializer.Deserialize(row.Payload, type, EventTypes.Json)!;
            await bus.Publish(
                message,
                type,
                context =>
                {
                    context.MessageId = row.Id;
                    if (headers.Actor is not null) context.Headers.Set("actor", headers.Actor);
                    // A message that no queue takes is a failure to retry, not a success.
                    if (context.TryGetPayload(out RabbitMqSendContext? rabbit)) rabbit.Mandatory = true;
                },
                timeout.Token);
            return null;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            PublishFailed(log, row.Type, row.Id, exception.Message);
            return exception is OperationCanceledException or ConnectionException or RabbitMQ.Client.Exceptions.AlreadyClosedException ? NoAnswer : exception.Message;
        }
    }

    [LoggerMessage(LogLevel.Warning, "The broker {State}")]
    private static partial void BrokerChanged(ILogger log, string state);

    [LoggerMessage(LogLevel.Warning, "Outbox batch failed: {Reason}")]
    private static partial void BatchFailed(ILogger log, string reason);

    [LoggerMessage(LogLevel.Warning, "Outbox event {Type} {Id} was not published and will be tried again: {Reason}")]
    private static partial void PublishFailed(ILogger log, string type, Guid id, string reason);

    private sealed record Row(Guid Id, string Type, string Payload, string Headers, int Attempts);
}
