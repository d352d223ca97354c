using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Crm.ServiceDefaults.Security;
using Dapper;
using Npgsql;

namespace Crm.Analytics.Features;

/// <summary>
/// Tells as server-sent events which types of events came, so that a screen asks anew for what it shows. No more than the type's name: what a person
/// may see, the service that owns it decides. An event may be told more than once, within a few seconds.
/// </summary>
internal static class StreamEventTypes
{
    /// <param name="Types">Short names; empty: nothing happened, and the connection is alive.</param>
    public sealed record Happened(IReadOnlyList<string> Types);

    /// <summary>Something at least so often: proxies cut what is silent for a minute.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>Then the client connects anew, with a session that is still good, perhaps to another replica.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/event-types/stream", (HttpContext http, EventTypeFeed feed, TimeProvider time, IHostApplicationLifetime lifetime, CancellationToken cancellationToken) =>
        {
            http.Response.Headers["X-Accel-Buffering"] = "no"; // for proxies in front of the gateway
            return TypedResults.ServerSentEvents(EventsAsync(feed, time, lifetime.ApplicationStopping, cancellationToken));
        })
        .WithName("StreamEventTypes")
        .Produces<Happened>(200, "text/event-stream")
        .AllowRoles(Roles.Staff);

    private static async IAsyncEnumerable<SseItem<Happened>> EventsAsync(
        EventTypeFeed feed, TimeProvider time, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var listener = feed.Listen();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        var started = time.GetUtcNow();
        yield return Item([]);
        while (time.GetUtcNow() - started < Longest)
        {
            var read = await NextAsync(listener.Types, time, end.Token);
            if (end.IsCancellationRequested) yield break;
            yield return Item(read);
        }
    }

    private static SseItem<Happened> Item(IReadOnlyList<string> types) => new(new Happened(types), "happened") { ReconnectionInterval = TimeSpan.FromSeconds(2) };

    private static async Task<IReadOnlyList<string>> NextAsync(ChannelReader<IReadOnlyList<string>> types, TimeProvider time, CancellationToken end)
    {
        using var silence = new CancellationTokenSource(Silence, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, end);
        try
        {
            return await types.ReadAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            return [];
        }
    }
}

/// <summary>
/// Reads once a second what types came to the event log, for all who listen to this replica, and nothing while nobody does. Transactions commit in another order
/// than their instants: each look goes back a few seconds, and tells a type again when it holds more.
/// </summary>
internal sealed partial class EventTypeFeed(NpgsqlDataSource database, TimeProvider time, ILogger<EventTypeFeed> log) : BackgroundService
{
    private const int Behind = 16;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LookBack = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Listener, byte> _listeners = new();

    public Listener Listen()
    {
        var listener = new Listener(this);
        _listeners[listener] = 0;
        return listener;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var known = new Dictionary<string, Seen>();
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (_listeners.IsEmpty) continue;
            try
            {
                var now = (await ReadAsync(stoppingToken)).ToDictionary(seen => seen.Type);
                var fresh = now.Values.Where(seen => !known.TryGetValue(seen.Type, out var before) || seen.Last > before.Last || seen.Events > before.Events)
                    .Select(seen => seen.Type.Split('.')[^1]).Order(StringComparer.Ordinal).ToList();
                known = now;
                if (fresh.Count == 0) continue;
                foreach (var listener in _listeners.Keys) listener.Tell(fresh);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                ReadFailed(log, exception.Message);
            }
        }
    }

    private async Task<IEnumerable<Seen>> ReadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return await connection.QueryAsync<Seen>(new CommandDefinition(
            "SELECT type, count(*) AS events, max(recorded_at) AS last FROM event_log WHERE recorded_at > @since GROUP BY type",
            new { since = time.GetUtcNow() - LookBack },
            cancellationToken: cancellationToken));
    }

    [LoggerMessage(LogLevel.Warning, "The types of new events could not be read and are read again: {Reason}")]
    private static partial void ReadFailed(ILogger log, string reason);

    private sealed record Seen(string Type, long Events, DateTimeOffset Last);

    /// <summary>Who is too slow to read misses what is older: the next one tells it to look again all the same.</summary>
    internal sealed class Listener(EventTypeFeed feed) : IDisposable
    {
        private readonly Channel<IReadOnlyList<string>> _types =
            Channel.CreateBounded<IReadOnlyList<string>>(new BoundedChannelOptions(Behind) { FullMode = BoundedChannelFullMode.DropOldest });

        public ChannelReader<IReadOnlyList<string>> Types => _types.Reader;

        public void Tell(IReadOnlyList<string> types) => _types.Writer.TryWrite(types);

        public void Dispose() => feed._listeners.TryRemove(this, out _);
    }
}
