using System.Collections.Concurrent;
using System.Collections.Frozen;
using Dapper;
using Npgsql;

namespace Crm.Gateway.Clients;

/// <summary>Section <c>ApiClients</c>.</summary>
internal sealed class ApiClientOptions
{
    /// <summary>Bearer tokens of clients that nobody registered are refused.</summary>
    public bool RequireRegistration { get; init; }
}

/// <summary>A registered client: the subject of its tokens, its scopes (<c>sales:read</c>, <c>*:write</c>), its quotas.</summary>
internal sealed class ApiClient
{
    public string Subject { get; init; } = "";
    public string[] Scopes { get; init; } = [];
    public int PerMinute { get; init; }
    public int PerDay { get; init; }
    public bool IsActive { get; init; }

    /// <summary>Calls that are stored for today: what the day's quota starts from where the counters were lost.</summary>
    public long UsedToday { get; init; }

    public bool May(string service, bool isRead) => Scopes.Any(scope => scope == (isRead ? service + ":read" : service + ":write") || scope == (isRead ? "*:read" : "*:write"));
}

/// <summary>
/// The registered clients, as of a few seconds ago, and what they have called: counted here and added to the database as often. A call costs no query; a change takes
/// effect at all replicas within seconds; a crash loses seconds of figures and nothing else.
/// </summary>
internal sealed partial class ApiClients(NpgsqlDataSource database, TimeProvider time, ILogger<ApiClients> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private readonly ConcurrentDictionary<(string Subject, DateOnly Day), (long Calls, long Refused)> _counted = new();
    private volatile FrozenDictionary<string, ApiClient> _known = FrozenDictionary<string, ApiClient>.Empty;

    public ApiClient? Find(string subject) => _known.GetValueOrDefault(subject);

    public void Count(string subject, bool granted) => _counted.AddOrUpdate(
        (subject, DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime)),
        granted ? (1, 0) : (0, 1),
        (_, before) => granted ? (before.Calls + 1, before.Refused) : (before.Calls, before.Refused + 1));

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // The first request finds who is registered; without the database, as sessions, nobody is.
        await ExchangeAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken)) await ExchangeAsync(stoppingToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await ExchangeAsync(cancellationToken);
    }

    private async Task ExchangeAsync(CancellationToken cancellationToken)
    {
        var taken = new List<(string Subject, DateOnly Day, long Calls, long Refused)>();
        try
        {
            foreach (var key in _counted.Keys)
            {
                if (_counted.TryRemove(key, out var count)) taken.Add((key.Subject, key.Day, count.Calls, count.Refused));
            }

            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            if (taken.Count > 0)
            {
                await connection.ExecuteAsync(new CommandDefinition(
                    """
                    INSERT INTO api_client_usage AS u (subject, day, calls, refused) SELECT * FROM unnest(@subjects, @days, @calls, @refused) AS t (subject, day, calls, refused) ORDER BY 1, 2
                    ON CONFLICT (subject, day) DO UPDATE SET calls = u.calls + excluded.calls, refused = u.refused + excluded.refused
                    """,
                    new { subjects = taken.Select(row => row.Subject).ToArray(), days = taken.Select(row => row.Day).ToArray(), calls = taken.Select(row => row.Calls).ToArray(), refused = taken.Select(row => row.Refused).ToArray() },
                    cancellationToken: cancellationToken));
                taken.Clear();
            }

            var rows = await connection.QueryAsync<ApiClient>(new CommandDefinition(
                """
                SELECT c.subject, c.scopes, c.per_minute, c.per_day, c.is_active, coalesce(u.calls, 0) AS used_today
                FROM api_clients c LEFT JOIN api_client_usage u ON u.subject = c.subject AND u.day = @today
                """,
                new { today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime) },
                cancellationToken: cancellationToken));
            _known = rows.ToFrozenDictionary(client => client.Subject);
        }
        catch (NpgsqlException exception)
        {
            foreach (var row in taken) _counted.AddOrUpdate((row.Subject, row.Day), (row.Calls, row.Refused), (_, now) => (now.Calls + row.Calls, now.Refused + row.Refused));
            Unreachable(log, exception.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Clients and their usage were not exchanged with the database: {Reason}")]
    private static partial void Unreachable(ILogger log, string reason);
}
