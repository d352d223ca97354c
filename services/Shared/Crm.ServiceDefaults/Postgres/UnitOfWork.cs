using System.Data;
using System.Diagnostics;
using System.Text.Json;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Messaging;
using Crm.ServiceDefaults.Security;
using Dapper;
using Npgsql;

namespace Crm.ServiceDefaults.Postgres;

/// <summary>
/// One PostgreSQL transaction with the events it causes. The edges own it: the HTTP write filter, the gRPC interceptor and the
/// inbox filter commit after the handler succeeded; handlers only read, write and <see cref="Enqueue"/>.
/// </summary>
public sealed class UnitOfWork(NpgsqlDataSource database, OutboxSignal signal, Ids ids, TimeProvider time, ActorAccessor actor) : IAsyncDisposable
{
    private readonly List<(Guid Id, object Event, TimeSpan Delay)> _events = [];
    private NpgsqlConnection? _connection;
    private NpgsqlTransaction? _transaction;

    /// <summary>The open connection inside the transaction, begun at first use (READ COMMITTED).</summary>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        if (_connection is null)
        {
            _connection = await database.OpenConnectionAsync(cancellationToken);
            _transaction = await _connection.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        }

        return _connection;
    }

    /// <summary>Publishes the event if, and only if, this transaction commits, and not before the delay is over. Its type must be registered with the bus.</summary>
    public void Enqueue(object @event, TimeSpan delay = default) => _events.Add((ids.Next(), @event, delay));

    public async Task<IReadOnlyList<T>> QueryAsync<T>(string sql, object? args, CancellationToken cancellationToken) =>
        (await (await OpenAsync(cancellationToken)).QueryAsync<T>(Command(sql, args, cancellationToken))).AsList();

    public async Task<T?> QuerySingleOrDefaultAsync<T>(string sql, object? args, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).QuerySingleOrDefaultAsync<T>(Command(sql, args, cancellationToken));

    /// <summary>Runs the statement and returns how many rows it touched.</summary>
    public async Task<int> ExecuteAsync(string sql, object? args, CancellationToken cancellationToken) =>
        await (await OpenAsync(cancellationToken)).ExecuteAsync(Command(sql, args, cancellationToken));

    public async Task CommitAsync(CancellationToken cancellationToken)
    {
        if (_events.Count > 0) await WriteOutboxAsync(cancellationToken);
        if (_transaction is not null) await _transaction.CommitAsync(cancellationToken);
        var published = _events.Count > 0;
        await DisposeAsync();
        if (published) signal.Raise();
    }

    /// <summary>Drops everything that was written and enqueued; the unit of work can then be used anew.</summary>
    public async ValueTask DisposeAsync()
    {
        _events.Clear();
        if (_transaction is not null) await _transaction.DisposeAsync();
        if (_connection is not null) await _connection.DisposeAsync();
        (_transaction, _connection) = (null, null);
    }

    private async Task WriteOutboxAsync(CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(cancellationToken);
        var headers = JsonSerializer.Serialize(new OutboxHeaders(Activity.Current?.Id, actor.Current?.Subject));
        await using var batch = new NpgsqlBatch(connection, _transaction);
        var now = time.GetUtcNow();
        foreach (var (id, @event, delay) in _events)
        {
            var row = new NpgsqlBatchCommand("INSERT INTO outbox (id, type, payload, headers, occurred_at, next_attempt_at) VALUES ($1, $2, $3, $4, $5, $6)");
            object[] values = [id, EventTypes.NameOf(@event.GetType()), JsonSerializer.Serialize(@event, @event.GetType(), EventTypes.Json), headers, now, now + delay];
            foreach (var value in values) row.Parameters.Add(new() { Value = value });
            batch.BatchCommands.Add(row);
        }

        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private CommandDefinition Command(string sql, object? args, CancellationToken cancellationToken) =>
        new(sql, args, _transaction, cancellationToken: cancellationToken);
}
