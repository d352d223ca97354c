using System.Collections.Frozen;
using System.Text.Json;
using Crm.Analytics.Consumers;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Dapper;
using Npgsql;

namespace Crm.Analytics.Persistence;

/// <summary>The append-only record of all integration events.</summary>
public sealed class EventLog(UnitOfWork unitOfWork, EventLogPartitions partitions, ActorAccessor actor, TimeProvider time)
{
    /// <summary>Full names of the event types that are logged, by full and by short name.</summary>
    public static FrozenDictionary<string, string> Types { get; } = typeof(EventLog).Assembly.GetTypes()
        .Where(type => type.BaseType is { IsGenericType: true } parent && parent.GetGenericTypeDefinition() == typeof(EventLogConsumer<>))
        .Select(type => type.BaseType!.GetGenericArguments()[0])
        .SelectMany(type => new[] { (Key: type.Name, type.FullName), (Key: type.FullName!, type.FullName) })
        .ToFrozenDictionary(pair => pair.Key, pair => pair.FullName!, StringComparer.OrdinalIgnoreCase);

    /// <param name="actors">Who caused each; absent: the current actor all of them.</param>
    public async Task AppendAsync<TEvent>(IReadOnlyList<TEvent> messages, CancellationToken cancellationToken, IReadOnlyList<string?>? actors = null)
    {
        var now = time.GetUtcNow();
        await partitions.EnsureAsync(now, cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO event_log (event_id, type, occurred_at, recorded_at, actor, payload)
            SELECT (event.payload->>'eventId')::uuid, @type, (event.payload->>'occurredAt')::timestamptz, @now, event.actor, event.payload
            FROM (SELECT payload::jsonb AS payload, actor FROM unnest(@payloads, @actors) AS e (payload, actor)) AS event
            """,
            new
            {
                type = EventTypes.NameOf(typeof(TEvent)), now,
                payloads = messages.Select(message => JsonSerializer.Serialize(message, EventTypes.Json)).ToArray(),
                actors = (actors ?? [.. messages.Select(_ => actor.Current?.Subject)]).ToArray(),
            },
            cancellationToken);
    }
}

/// <summary>
/// Makes monthly partitions of the event log, this month's and the next one's, when the first event of a month comes. In a transaction
/// of its own: the lock on the parent table is gone before anybody writes.
/// </summary>
public sealed class EventLogPartitions(NpgsqlDataSource database)
{
    private int _ensuredMonth;

    public async Task EnsureAsync(DateTimeOffset instant, CancellationToken cancellationToken)
    {
        var month = (instant.Year * 12) + instant.Month;
        if (Volatile.Read(ref _ensuredMonth) == month) return;
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        foreach (var at in new[] { instant, instant.AddMonths(1) })
        {
            await connection.ExecuteAsync(new CommandDefinition("SELECT create_event_log_partition(@at)", new { at }, cancellationToken: cancellationToken));
        }

        Volatile.Write(ref _ensuredMonth, month);
    }
}
