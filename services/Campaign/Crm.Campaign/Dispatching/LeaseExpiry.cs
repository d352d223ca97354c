using Crm.Campaign.Delivery;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Dispatching;

/// <summary>
/// Gives up senders that no longer renew their lease. What such a one had claimed may have reached the relay or not: it becomes
/// <c>unknown</c>, is shown, and is not sent again by itself. Channels that hand over in this database take the same delivery once only:
/// there it is planned again.
/// </summary>
internal sealed partial class LeaseExpiry(IServiceScopeFactory scopes, TimeProvider time, ILogger<LeaseExpiry> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await ExpireAsync(stoppingToken);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                ExpiryFailed(log, exception.Message);
            }
        }
    }

    private async Task ExpireAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var unitOfWork = scope.ServiceProvider.GetRequiredService<UnitOfWork>();

        // The database's clock, the only one that all senders share. A claim holds its lease's row until it commits, so that none is missed.
        var lost = await unitOfWork.QueryAsync<Guid>(
            """
            WITH gone AS (DELETE FROM sender_leases WHERE lease_until < now() RETURNING worker, host),
                forgotten AS (DELETE FROM lost_senders WHERE lost_at < @now - interval '30 days')
            INSERT INTO lost_senders (worker, host, lost_at) SELECT worker, host, @now FROM gone RETURNING worker
            """,
            new { now = time.GetUtcNow() },
            cancellationToken);
        if (lost.Count > 0)
        {
            var unknown = await unitOfWork.QuerySingleOrDefaultAsync<long>(
                """
                WITH lost AS (
                    UPDATE deliveries SET state = CASE WHEN channel = ANY(@here) THEN 'planned' ELSE 'unknown' END,
                        reason = CASE WHEN channel = ANY(@here) THEN NULL ELSE 'sender_lost' END
                    WHERE state = 'sending' AND worker = ANY(@workers)
                    RETURNING campaign_id, chunk, state, worker),
                told AS (
                    UPDATE lost_senders s SET unknown = l.unknown
                    FROM (SELECT worker, count(*) FILTER (WHERE state = 'unknown') AS unknown FROM lost GROUP BY worker) l WHERE s.worker = l.worker),
                counted AS (
                    UPDATE chunks c SET unknown = c.unknown + l.unknown, due_at = CASE WHEN l.planned THEN @now ELSE c.due_at END
                    FROM (SELECT campaign_id, chunk, count(*) FILTER (WHERE state = 'unknown') AS unknown, bool_or(state = 'planned') AS planned FROM lost GROUP BY campaign_id, chunk) l
                    WHERE c.campaign_id = l.campaign_id AND c.seq = l.chunk)
                SELECT count(*) FROM lost WHERE state = 'unknown'
                """,
                new { workers = lost.ToArray(), here = ChannelNames.HandedOverHere, now = time.GetUtcNow() },
                cancellationToken);
            SendersLost(log, lost.Count, unknown);
        }

        await unitOfWork.CommitAsync(cancellationToken);
    }

    [LoggerMessage(LogLevel.Warning, "{Senders} senders were given up; {Deliveries} deliveries are unknown")]
    private static partial void SendersLost(ILogger log, int senders, long deliveries);

    [LoggerMessage(LogLevel.Warning, "Leases of senders could not be checked and are checked again: {Reason}")]
    private static partial void ExpiryFailed(ILogger log, string reason);
}
