using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Statistics;

/// <param name="Backlog">Recipients in the ledger who are not settled yet; grows while the audience is still being walked.</param>
/// <param name="PerSecond">Settled a second, over the last ten seconds; null with the first event.</param>
/// <param name="SecondsToEmpty">Of the backlog at that rate; null where nothing moves.</param>
/// <param name="Workers">Senders that are alive; they work for all campaigns.</param>
public sealed record CampaignProgress(
    string State, bool Dispatched, long Recipients, long Planned, long Sending, long Sent, long Failed, long Skipped, long Unknown, long Backlog,
    double? PerSecond, double? SecondsToEmpty, long Workers, DateTimeOffset AsOf);

/// <summary>
/// Progress as server-sent events: one at once, then one whenever something has changed, until the campaign ends (event <c>end</c>). Each
/// event tells everything, so whoever reconnects has missed nothing; the id lets the rate go on. 204 tells a client that has seen the end
/// not to come back.
/// </summary>
internal static class StreamProgress
{
    private const string End = "end";
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan RateWindow = TimeSpan.FromSeconds(10);

    /// <summary>An event at least so often, changed or not: proxies cut what is silent for a minute.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);

    /// <summary>Then the client connects anew, perhaps to another replica.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/progress", HandleAsync)
            .WithName("StreamProgress").WithSummary("Progress as server-sent events").Produces<CampaignProgress>(200, "text/event-stream").Produces(204)
            .AllowRoles(MarketingRights.Readers);

    private static async Task<IResult> HandleAsync(
        Guid id, HttpContext http, UnitOfWork unitOfWork, TimeProvider time, IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        if (await ReadAsync(id, unitOfWork, time, cancellationToken) is not { } first) return CampaignErrors.CampaignNotFound.ToProblem();
        var lastEventId = http.Request.Headers["Last-Event-ID"].ToString();
        if (lastEventId == End && IsOver(first)) return TypedResults.NoContent();

        http.Response.Headers["X-Accel-Buffering"] = "no"; // for proxies in front of the gateway
        return TypedResults.ServerSentEvents(EventsAsync(id, first, Sample.Parse(lastEventId), unitOfWork, time, lifetime.ApplicationStopping, cancellationToken));
    }

    private static async IAsyncEnumerable<SseItem<CampaignProgress>> EventsAsync(
        Guid id, CampaignProgress first, Sample? before, UnitOfWork unitOfWork, TimeProvider time, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, cancellationToken);
        using var timer = new PeriodicTimer(Interval, time);
        var samples = new Queue<Sample>();
        if (before is not null && first.AsOf - before.At is var age && age > TimeSpan.Zero && age < RateWindow) samples.Enqueue(before);
        var (next, last, started) = (first, (CampaignProgress?)null, first.AsOf);
        while (true)
        {
            if (last is null || Differs(next, last) || next.AsOf - last.AsOf >= Silence)
            {
                last = next;
                yield return new SseItem<CampaignProgress>(WithRate(next, samples), IsOver(next) ? End : "progress")
                {
                    EventId = IsOver(next) ? End : new Sample(next.AsOf, Settled(next)).ToString(),
                    ReconnectionInterval = Interval,
                };
            }

            if (IsOver(next) || next.AsOf - started > Longest) yield break;
            samples.Enqueue(new Sample(next.AsOf, Settled(next)));
            while (next.AsOf - samples.Peek().At > RateWindow) samples.Dequeue();
            if (!await TickAsync(timer, either.Token) || await ReadAsync(id, unitOfWork, time, cancellationToken) is not { } read) yield break;
            next = read;
        }
    }

    private static async Task<bool> TickAsync(PeriodicTimer timer, CancellationToken cancellationToken)
    {
        try
        {
            return await timer.WaitForNextTickAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return false; // the client has gone, or this replica stops
        }
    }

    private static async Task<CampaignProgress?> ReadAsync(Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var read = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT c.state, c.dispatched_at IS NOT NULL AS dispatched, coalesce(sum(d.recipients), 0)::bigint AS recipients,
                coalesce(sum(d.recipients) FILTER (WHERE d.state = 'planned'), 0)::bigint AS planned,
                coalesce(sum(d.recipients) FILTER (WHERE d.state = 'sending'), 0)::bigint AS sending,
                coalesce(sum(d.recipients) FILTER (WHERE d.state = 'sent'), 0)::bigint AS sent,
                coalesce(sum(d.recipients) FILTER (WHERE d.state = 'failed'), 0)::bigint AS failed,
                coalesce(sum(d.recipients) FILTER (WHERE d.state = 'skipped'), 0)::bigint AS skipped,
                coalesce(sum(d.recipients) FILTER (WHERE d.state = 'unknown'), 0)::bigint AS unknown,
                (SELECT count(*) FROM sender_leases WHERE lease_until > now()) AS workers
            FROM campaigns c LEFT JOIN delivery_counts d ON d.campaign_id = c.id WHERE c.id = @id GROUP BY c.id
            """,
            new { id },
            cancellationToken);
        await unitOfWork.DisposeAsync(); // a stream that waits holds no connection
        return read is null ? null : new CampaignProgress(
            read.State, read.Dispatched, read.Recipients, read.Planned, read.Sending, read.Sent, read.Failed, read.Skipped, read.Unknown,
            read.Planned + read.Sending, null, null, read.Workers, time.GetUtcNow());
    }

    private static CampaignProgress WithRate(CampaignProgress progress, Queue<Sample> samples)
    {
        if (!samples.TryPeek(out var oldest) || progress.AsOf <= oldest.At) return progress;
        var rate = Math.Max(0, (Settled(progress) - oldest.Settled) / (progress.AsOf - oldest.At).TotalSeconds);
        return progress with { PerSecond = Math.Round(rate, 2), SecondsToEmpty = rate > 0 ? Math.Round(progress.Backlog / rate, 1) : progress.Backlog == 0 ? 0 : null };
    }

    private static bool IsOver(CampaignProgress progress) => progress.State is "finished" or "cancelled";

    private static bool Differs(CampaignProgress one, CampaignProgress other) => one with { AsOf = other.AsOf } != other;

    private static long Settled(CampaignProgress progress) => progress.Sent + progress.Failed + progress.Unknown;

    private sealed record Row(
        string State, bool Dispatched, long Recipients, long Planned, long Sending, long Sent, long Failed, long Skipped, long Unknown, long Workers);

    /// <summary>What an event's id says.</summary>
    private sealed record Sample(DateTimeOffset At, long Settled)
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{At.ToUnixTimeMilliseconds()}-{Settled}");

        /// <summary>Null for anything that is not an id of ours: the stream then begins like a new one.</summary>
        public static Sample? Parse(string id) =>
            id.Split('-') is [var at, var settled]
            && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds < 253_402_300_799_999
            && long.TryParse(settled, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                ? new Sample(DateTimeOffset.FromUnixTimeMilliseconds(milliseconds), count)
                : null;
    }
}
