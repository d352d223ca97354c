using Crm.Analytics.Contracts.Events.V1;
using Crm.Analytics.Domain;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Crm.Analytics.Jobs;

/// <summary>
/// Rescores customers within seconds of a purchase or return, with the fit of the latest scoring run and placed among its population.
/// While a run is open, it waits: what was marked before is part of the run.
/// </summary>
internal sealed partial class Rescoring(IServiceScopeFactory scopes, IOptions<AnalyticsOptions> options, TimeProvider time, ILogger<Rescoring> log) : BackgroundService
{
    public const int BatchSize = 500;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.RunJobs) return;
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            var more = false;
            try
            {
                await using var scope = scopes.CreateAsyncScope();
                more = await scope.ServiceProvider.GetRequiredService<RescoringStep>().RunAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException or ErrorException or InvalidOperationException)
            {
                Failed(log, exception.Message);
            }

            if (!more) await Task.Delay(options.Value.RescoreInterval, time, stoppingToken);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Rescoring failed and is tried again: {Reason}")]
    private static partial void Failed(ILogger log, string reason);
}

/// <summary>One batch per currency: queue entries, scores and events are one transaction.</summary>
internal sealed class RescoringStep(
    UnitOfWork unitOfWork, FeatureQueries features, ScoreStore scores, JobStore jobs, BusinessCalendar calendar, Ids ids, TimeProvider time,
    IOptions<AnalyticsOptions> options)
{
    /// <summary>Returns whether a full batch was found, so that there may be more.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        if (!await IsDueAsync(cancellationToken))
        {
            await unitOfWork.DisposeAsync();
            return false;
        }

        var more = false;
        foreach (var run in await jobs.LatestScoringRunsAsync(cancellationToken))
        {
            var customers = await unitOfWork.QueryAsync<Guid>(
                """
                DELETE FROM rescoring_queue WHERE customer_id IN (
                    SELECT q.customer_id FROM rescoring_queue q JOIN customers c USING (customer_id)
                    WHERE c.currency = @Currency ORDER BY q.marked_at LIMIT @BatchSize FOR UPDATE OF q SKIP LOCKED)
                RETURNING customer_id
                """,
                new { run.Currency, Rescoring.BatchSize },
                cancellationToken);
            if (customers.Count > 0) await RescoreAsync(run, customers, cancellationToken);
            more |= customers.Count == Rescoring.BatchSize;
        }

        await unitOfWork.CommitAsync(cancellationToken);
        return more;
    }

    private Task<bool> IsDueAsync(CancellationToken cancellationToken) => unitOfWork.QuerySingleOrDefaultAsync<bool>(
        $"""
        SELECT EXISTS (SELECT FROM rescoring_queue)
           AND NOT EXISTS (SELECT FROM jobs WHERE state IN ('queued', 'running') AND kind = '{JobKind.ScoringRun}')
        """,
        null,
        cancellationToken);

    private async Task RescoreAsync(Job run, IReadOnlyList<Guid> customers, CancellationToken cancellationToken)
    {
        var (parameters, result) = (run.ParamsAs<ScoringRunParams>(), run.ResultAs<ScoringRunResult>()!);
        var fit = await jobs.FindAsync(JobKind.ModelFit, parameters.ModelFitId, cancellationToken);
        var asOf = await features.CurrentAsOfAsync(run.Currency, cancellationToken) ?? parameters.AsOf;
        var windowFrom = asOf.AddMonths(-options.Value.RfmWindowMonths);
        var scorer = new CustomerScorer(fit!.ResultAs<FittedModels>()!, asOf, parameters.HorizonDays, options.Value);
        var found = await features.OfAsync(customers, run.Currency, asOf, windowFrom, cancellationToken);
        await scores.RemoveAsync(customers.Except(found.Select(customer => customer.CustomerId)), cancellationToken);
        if (found.Count == 0) return;

        // PostgreSQL keeps microseconds; the scores are read back by this instant.
        var now = time.GetUtcNow();
        now = now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
        var computation = new Computation(
            run.Id, run.Currency, CustomerScorer.ModelVersion(options.Value.AliveModel, parameters.ModelFitId), parameters.HorizonDays, calendar.ObservedUntil(asOf), now);
        var placed = await scores.PlaceAsync([.. found.Select(scorer.Score)], result.Ranks, computation, cancellationToken);
        if (placed.Count > 0) unitOfWork.Enqueue(new CustomersScored(ids.Next(), now, computation.ModelVersion, now, computation.InputsAsOf, placed));
    }
}
