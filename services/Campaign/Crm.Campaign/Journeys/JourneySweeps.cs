using Crm.Campaign.Domain.Journeys;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Journeys;

/// <summary>
/// What no event tells: dates that come round, segments that somebody has come into, customers whose profile followed their event, and
/// contacts of journeys that were ended. Each step is one transaction under the journey's advisory lock, on whichever replica has it.
/// </summary>
internal sealed partial class JourneySweeps(
    IServiceScopeFactory scopes, IOptions<JourneyOptions> options, TimeProvider time, ILogger<JourneySweeps> log) : BackgroundService
{
    private const int EndedSlice = 2_000;
    private static readonly TimeSpan PendingKept = TimeSpan.FromDays(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Workers == 0) return;
        using var timer = new PeriodicTimer(options.Value.SweepInterval, time);
        do
        {
            foreach (var (id, state) in await JourneysAsync(stoppingToken))
            {
                try
                {
                    while (await StepAsync(id, state, stoppingToken))
                    {
                    }
                }
                catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
                {
                    SweepFailed(log, id, exception);
                }
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<IReadOnlyList<(Guid Id, string State)>> JourneysAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            return await scope.ServiceProvider.GetRequiredService<UnitOfWork>().QueryAsync<(Guid, string)>(
                """
                SELECT j.id, j.state FROM journeys j
                WHERE j.state = 'active' AND (j.trigger_on IN ('date', 'segmentEntered') OR EXISTS (SELECT FROM journey_pending p WHERE p.journey_id = j.id))
                    OR j.state = 'ended' AND EXISTS (SELECT FROM journey_entries e WHERE e.journey_id = j.id AND e.state = 'waiting')
                ORDER BY j.id
                """,
                null,
                cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            SweepFailed(log, Guid.Empty, exception);
            return [];
        }
    }

    private async Task<bool> StepAsync(Guid id, string state, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var services = scope.ServiceProvider;
        var unitOfWork = services.GetRequiredService<UnitOfWork>();
        var alone = await unitOfWork.QuerySingleOrDefaultAsync<bool>("SELECT pg_try_advisory_xact_lock(hashtextextended('journey_sweep' || @id::text, 0))", new { id }, cancellationToken);
        if (!alone) return false;

        var more = state == "ended" ? await CloseAsync(id, unitOfWork, cancellationToken) : await SweepAsync(id, services, unitOfWork, cancellationToken);
        await unitOfWork.CommitAsync(cancellationToken);
        return more;
    }

    private async Task<bool> SweepAsync(Guid id, IServiceProvider services, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var open = await unitOfWork.QuerySingleOrDefaultAsync<OpenJourney>(
            $"SELECT {OpenJourney.Columns} FROM journeys WHERE id = @id AND state = 'active' FOR SHARE", new { id }, cancellationToken);
        if (open is null) return false;
        await AdmitPendingAsync(open, services.GetRequiredService<JourneyEntrance>(), unitOfWork, cancellationToken);
        return open.TriggerOn switch
        {
            "date" => await services.GetRequiredService<DateSweep>().RunAsync(open, cancellationToken),
            "segmentEntered" => await services.GetRequiredService<SegmentSweep>().RunAsync(open, cancellationToken),
            _ => false,
        };
    }

    private async Task AdmitPendingAsync(OpenJourney open, JourneyEntrance entrance, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var known = await unitOfWork.QueryAsync<Candidate>(
            """
            DELETE FROM journey_pending p USING audience a WHERE p.journey_id = @Id AND a.customer_id = p.customer_id AND a.profile_version IS NOT NULL
            RETURNING p.customer_id, p.occasion, p.occurred_at
            """,
            new { open.Id },
            cancellationToken);
        await unitOfWork.ExecuteAsync("DELETE FROM journey_pending WHERE journey_id = @Id AND since < @before", new { open.Id, before = now - PendingKept }, cancellationToken);
        await entrance.EnterAsync(open, known, cancellationToken);
    }

    /// <summary>Contacts of an ended journey leave, slice by slice.</summary>
    private async Task<bool> CloseAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var closed = await unitOfWork.QueryAsync<ClosedEntry>(
            """
            WITH slice AS (
                SELECT customer_id, occasion FROM journey_entries WHERE journey_id = @id AND state = 'waiting' LIMIT @EndedSlice FOR NO KEY UPDATE SKIP LOCKED),
            closed AS (
                UPDATE journey_entries e SET state = 'ended', step = e.step + 1, due_at = @now, waits_for = NULL, heard = '{}'
                FROM slice s WHERE e.journey_id = @id AND e.customer_id = s.customer_id AND e.occasion = s.occasion
                RETURNING e.entry_id, e.step, e.version, e.node),
            logged AS (
                INSERT INTO journey_log (entry_id, step, node, outcome, at) SELECT entry_id, step, node, 'journey_ended', @now FROM closed)
            SELECT version, node, count(*)::int AS entries FROM closed GROUP BY version, node
            """,
            new { id, EndedSlice, now },
            cancellationToken);
        var counts = new JourneyCounts(id);
        foreach (var row in closed) counts.Add(row.Version, row.Node, waiting: -row.Entries, left: row.Entries);
        await counts.WriteAsync(unitOfWork, cancellationToken);
        return closed.Sum(row => row.Entries) == EndedSlice;
    }

    [LoggerMessage(LogLevel.Error, "Journey {JourneyId} could not be looked after and is looked after again")]
    private static partial void SweepFailed(ILogger log, Guid journeyId, Exception exception);

    private sealed record ClosedEntry(int Version, string Node, int Entries);
}
