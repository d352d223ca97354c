using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Operations;

/// <summary>How a service is getting on: its queues, its outbox, and how many dead letters wait for a decision.</summary>
internal static class ReadOperations
{
    private const int CountedTo = 100_000;

    /// <param name="Queues">Null: the broker does not answer.</param>
    /// <param name="DeadLetters">Waiting for a decision.</param>
    public sealed record Response(string Service, DateTimeOffset At, OutboxState Outbox, IReadOnlyList<QueueState>? Queues, IReadOnlyList<DeadLettersOfQueue> DeadLetters);

    /// <param name="Pending">Events that are due and not published yet; counted to 100,000.</param>
    /// <param name="LagSeconds">How long the oldest of them waits.</param>
    /// <param name="Scheduled">Events that wait for a time of their own; counted to 100,000.</param>
    /// <param name="Failing">What the broker refused, by type and answer; at most 20.</param>
    public sealed record OutboxState(long Pending, double LagSeconds, long Scheduled, IReadOnlyList<FailingEvents> Failing);

    public sealed record FailingEvents(string Type, string Error, long Events, int Attempts);

    public sealed record DeadLettersOfQueue(string Queue, long Waiting, DateTimeOffset OldestAt);

    public static void Map(RouteGroupBuilder api) => api.MapGet("/operations", Handle).WithName("GetOperations").WithSummary("Queues, outbox and dead letters of the service").AllowRoles(Roles.Ops);

    private static async Task<Response> Handle(UnitOfWork unitOfWork, Broker broker, OperationsOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var outbox = await unitOfWork.QuerySingleOrDefaultAsync<(long Pending, double Lag, long Scheduled)>(
            """
            SELECT
                (SELECT count(*) FROM (SELECT FROM outbox WHERE next_attempt_at <= @now OR attempts > 0 LIMIT @CountedTo) due),
                (SELECT coalesce(extract(epoch FROM @now - min(CASE attempts WHEN 0 THEN next_attempt_at ELSE occurred_at END)), 0)::float8
                 FROM outbox WHERE next_attempt_at <= @now OR attempts > 0),
                (SELECT count(*) FROM (SELECT FROM outbox WHERE next_attempt_at > @now AND attempts = 0 LIMIT @CountedTo) later)
            """,
            new { now, CountedTo },
            cancellationToken);
        var failing = await unitOfWork.QueryAsync<FailingEvents>(
            """
            SELECT type, coalesce(last_error, '') AS error, count(*) AS events, max(attempts) AS attempts
            FROM (SELECT type, last_error, attempts FROM outbox WHERE attempts > 0 LIMIT @CountedTo) failed GROUP BY type, last_error ORDER BY 3 DESC, 1 LIMIT 20
            """,
            new { CountedTo },
            cancellationToken);
        var letters = await unitOfWork.QueryAsync<DeadLettersOfQueue>(
            "SELECT queue, count(*) AS waiting, min(first_failed_at) AS oldest_at FROM dead_letters WHERE state = 'waiting' GROUP BY queue ORDER BY queue", null, cancellationToken);
        return new Response(
            options.Service, now, new OutboxState(outbox.Pending, Math.Max(0, outbox.Lag), outbox.Scheduled, failing),
            await broker.QueuesAsync(options.OtherQueues, cancellationToken), letters);
    }
}
