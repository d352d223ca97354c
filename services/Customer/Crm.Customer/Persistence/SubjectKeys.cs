using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crm.Customer.Domain.Privacy;
using Crm.ServiceDefaults.Errors;
using Npgsql;

namespace Crm.Customer.Persistence;

/// <summary>
/// A key for each customer about whom something was written, in a database of its own (connection string <c>subject-keys</c>) that no backup of the others holds:
/// with the key, every copy of what it sealed is gone, wherever it lies. Keys are wrapped by one that is derived from <c>Privacy:LinkKey</c>. Without the
/// connection string nothing is sealed; what was written before is sealed by <see cref="Features.Privacy.EarlierTexts"/>. Nothing is cached: a key that was destroyed opens nothing any more.
/// </summary>
public sealed partial class SubjectKeys : IAsyncDisposable
{
    private static readonly Guid Wrapping = new("00000000-0000-8000-8000-000000000001");
    private readonly NpgsqlDataSource? _database;
    private readonly PrivacyKeys _keys;
    private readonly TimeProvider _time;
    private readonly ILogger<SubjectKeys> _log;
    private volatile bool _hasTable;

    public SubjectKeys(IConfiguration configuration, PrivacyKeys keys, TimeProvider time, ILogger<SubjectKeys> log)
    {
        (_keys, _time, _log) = (keys, time, log);
        if (configuration.GetConnectionString("subject-keys") is not { Length: > 0 } connection) return;
        var (own, main) = (new NpgsqlConnectionStringBuilder(connection) { MaxPoolSize = 4, Timeout = 5, CommandTimeout = 10 }, new NpgsqlConnectionStringBuilder(configuration.GetConnectionString("postgres")));
        if ((own.Host, own.Port, own.Database) == (main.Host, main.Port, main.Database)) throw new InvalidOperationException("ConnectionStrings:subject-keys names the service's own database: a backup would hold what was sealed and its keys.");
        _ = _keys.WrappingKey(); // refuses to start without the key that wraps
        _database = NpgsqlDataSource.Create(own);
    }

    /// <summary>Whether what is written is sealed.</summary>
    internal bool AreInUse => _database is not null;

    /// <summary>The text as it is stored in a row and column.</summary>
    internal async Task<string> SealAsync(Guid owner, Guid row, string column, string text, CancellationToken cancellationToken) =>
        _database is null ? text : SealedValue.ToText(SealedValue.Seal(await MakeAsync(owner, cancellationToken), owner, row, column, Encoding.UTF8.GetBytes(text)));

    /// <summary>The bytes as they are stored, and whether that is sealed.</summary>
    internal async Task<(byte[] Content, bool IsSealed)> SealAsync(Guid owner, Guid row, string column, byte[] content, CancellationToken cancellationToken) =>
        _database is null ? (content, false) : (SealedValue.Seal(await MakeAsync(owner, cancellationToken), owner, row, column, content), true);

    /// <summary>Reads what is sealed, fetching each key once; for one request.</summary>
    internal Reader Open() => new(this);

    /// <summary>After this nothing that was sealed for them can be read by anybody.</summary>
    internal async Task DestroyAsync(Guid[] owners, CancellationToken cancellationToken)
    {
        if (_database is null) return;
        await using var connection = await ConnectAsync(cancellationToken);
        await using var command = new NpgsqlCommand("DELETE FROM subject_keys WHERE customer_id = ANY($1)", connection) { Parameters = { new() { Value = owners } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    private async Task<byte[]> MakeAsync(Guid owner, CancellationToken cancellationToken)
    {
        if ((await FetchAsync([owner], cancellationToken)).TryGetValue(owner, out var known)) return known;
        var wrapped = SealedValue.Seal(_keys.WrappingKey(), owner, Wrapping, "key", RandomNumberGenerator.GetBytes(SealedValue.KeyLength));
        await using (var connection = await ConnectAsync(cancellationToken))
        {
            await using var command = new NpgsqlCommand("INSERT INTO subject_keys (customer_id, wrapped_key, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", connection)
            {
                Parameters = { new() { Value = owner }, new() { Value = wrapped }, new() { Value = _time.GetUtcNow() } },
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return (await FetchAsync([owner], cancellationToken))[owner]; // of two who make one at once, both get the first
    }

    private async Task<Dictionary<Guid, byte[]>> FetchAsync(Guid[] owners, CancellationToken cancellationToken)
    {
        var found = new Dictionary<Guid, byte[]>();
        if (_database is null) return found;
        await using var connection = await ConnectAsync(cancellationToken);
        await using var command = new NpgsqlCommand("SELECT customer_id, wrapped_key FROM subject_keys WHERE customer_id = ANY($1)", connection) { Parameters = { new() { Value = owners } } };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            if (SealedValue.Open(_keys.WrappingKey(), (byte[])reader[1], Wrapping, "key") is { } key) found[reader.GetGuid(0)] = key;
        }

        return found;
    }

    private async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (!_hasTable) await MakeTableAsync(cancellationToken);
            return await _database!.OpenConnectionAsync(cancellationToken);
        }
        catch (NpgsqlException exception) when (exception is not PostgresException || exception.IsTransient)
        {
            Unavailable(_log, exception);
            throw new ErrorException(PrivacyErrors.KeysUnavailable);
        }
    }

    private async Task MakeTableAsync(CancellationToken cancellationToken)
    {
        await using var connection = await _database!.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // The lock, held until the commit: two that create a table at once can both find that it is not there.
        await using var command = new NpgsqlCommand(
            """
            SELECT pg_advisory_xact_lock(hashtextextended('subject keys', 0));
            CREATE TABLE IF NOT EXISTS subject_keys (customer_id uuid PRIMARY KEY, wrapped_key bytea NOT NULL, created_at timestamptz NOT NULL);
            """,
            connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _hasTable = true;
    }

    [LoggerMessage(LogLevel.Error, "The database of the keys of single persons cannot be reached")]
    private static partial void Unavailable(ILogger log, Exception exception);

    /// <summary>Opens sealed values. What is not sealed is what it is; what cannot be opened any more is empty.</summary>
    internal sealed class Reader(SubjectKeys store)
    {
        private readonly Dictionary<Guid, byte[]?> _known = [];

        /// <summary>Fetches the keys of many texts at once.</summary>
        public async Task PrepareAsync(IEnumerable<string?> texts, CancellationToken cancellationToken)
        {
            var owners = texts.Select(SealedValue.FromText).OfType<byte[]>().Select(value => SealedValue.OwnerOf(value)!.Value).Distinct().Where(owner => !_known.ContainsKey(owner)).ToArray();
            if (owners.Length == 0) return;
            var keys = await store.FetchAsync(owners, cancellationToken);
            foreach (var owner in owners) _known[owner] = keys.GetValueOrDefault(owner);
        }

        public async Task<string?> TextAsync(string? text, Guid row, string column, CancellationToken cancellationToken) =>
            SealedValue.FromText(text) is not { } value ? text : await BytesAsync(value, row, column, cancellationToken) is { } content ? Encoding.UTF8.GetString(content) : "";

        /// <summary>Null where the key is gone.</summary>
        public async Task<byte[]?> BytesAsync(byte[] value, Guid row, string column, CancellationToken cancellationToken)
        {
            if (SealedValue.OwnerOf(value) is not { } owner) return null;
            if (!_known.TryGetValue(owner, out var key)) _known[owner] = key = (await store.FetchAsync([owner], cancellationToken)).GetValueOrDefault(owner);
            return key is null ? null : SealedValue.Open(key, value, row, column);
        }

        /// <summary>A row of a table as JSON (its own texts, and those of its <c>args</c>), with everything open.</summary>
        public async Task<string> RowAsync(string json, CancellationToken cancellationToken)
        {
            if (!json.Contains("\\u0001", StringComparison.Ordinal) || JsonNode.Parse(json) is not JsonObject row) return json;
            if (Guid.TryParse((row["entry_id"] ?? row["id"])?.ToString(), out var id))
            {
                await OpenAsync(row, id, cancellationToken);
                if (row["args"] is JsonObject args) await OpenAsync(args, id, cancellationToken);
            }

            return row.ToJsonString(JsonSerializerOptions.Web);
        }

        private async Task OpenAsync(JsonObject values, Guid row, CancellationToken cancellationToken)
        {
            foreach (var (name, value) in values.ToArray())
            {
                if (value is JsonValue text && text.TryGetValue<string>(out var said) && SealedValue.FromText(said) is not null) values[name] = await TextAsync(said, row, name, cancellationToken);
            }
        }
    }
}
