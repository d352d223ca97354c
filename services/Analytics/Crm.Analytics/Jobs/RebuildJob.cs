using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Jobs;

/// <summary>
/// Drops all projections and makes them anew from the event log, in batches that are each saved with the position in the log. Events that
/// come meanwhile are projected as always: counting one twice changes nothing.
/// </summary>
internal sealed class RebuildJob(UnitOfWork unitOfWork, Projections projections) : IJobHandler
{
    private const int Batch = 200;

    public async Task RunAsync(RunningJob job, CancellationToken cancellationToken)
    {
        if (job.Job.Phase is null)
        {
            var total = await unitOfWork.QuerySingleOrDefaultAsync<long>(
                "SELECT count(*) FROM event_log WHERE type = ANY(@types)", new { types = Projections.Types.ToArray() }, cancellationToken);
            await projections.DropAsync(cancellationToken);
            await job.SaveAsync(unitOfWork, "replaying", 0, total, $"-infinity|{Guid.Empty}", cancellationToken);
        }

        while (true)
        {
            var position = job.Job.Cursor!.Split('|');
            var events = await unitOfWork.QueryAsync<Row>(
                """
                SELECT event_id, type, recorded_at::text AS at, payload::text AS payload FROM event_log
                WHERE type = ANY(@types) AND (recorded_at, event_id) > (@at::timestamptz, @id) ORDER BY recorded_at, event_id LIMIT @Batch
                """,
                new { types = Projections.Types.ToArray(), at = position[0], id = Guid.Parse(position[1]), Batch },
                cancellationToken);
            if (events.Count == 0) break;
            foreach (var row in events) await projections.ApplyAsync(row.Type, row.Payload, cancellationToken);
            var done = job.Job.Done + events.Count;
            await job.SaveAsync(unitOfWork, "replaying", done, Math.Max(done, job.Job.Total), $"{events[^1].At}|{events[^1].EventId}", cancellationToken);
        }

        await job.CompleteAsync(unitOfWork, cancellationToken, new RebuildResult(job.Job.Done));
    }

    private sealed record Row(Guid EventId, string Type, string At, string Payload);
}

internal sealed record RebuildResult(long Events);
