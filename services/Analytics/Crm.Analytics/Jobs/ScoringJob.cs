using Crm.Analytics.Contracts.Events.V1;
using Crm.Analytics.Domain;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Analytics.Jobs;

/// <summary>
/// Scores every customer of a currency in three phases, each of which can be taken up where it was left: scores in batches by customer
/// id, ranks of the whole population in one statement, events in batches. Readers see the old scores until all new ones are there.
/// </summary>
internal sealed class ScoringJob(
    UnitOfWork unitOfWork, FeatureQueries features, ScoreStore scores, JobStore jobs, BusinessCalendar calendar, Ids ids, TimeProvider time,
    IOptions<AnalyticsOptions> options) : IJobHandler
{
    public const int DefaultHorizonDays = 365;
    private const int EventSize = 500;
    private const int EventsPerStep = 10;

    public async Task RunAsync(RunningJob job, CancellationToken cancellationToken)
    {
        var parameters = job.Job.ParamsAs<ScoringRunParams>();
        if (job.Job.Phase is null) await StartAsync(job, parameters, cancellationToken);
        if (job.Job.Phase == "scoring") await ScoreAsync(job, parameters, cancellationToken);
        if (job.Job.Phase == "ranking") await RankAsync(job, parameters, cancellationToken);
        await PublishAsync(job, parameters, cancellationToken);
        await scores.ForgetUnrankedAsync(job.Job.Id, cancellationToken);
        await job.CompleteAsync(unitOfWork, cancellationToken);
    }

    private async Task StartAsync(RunningJob job, ScoringRunParams parameters, CancellationToken cancellationToken)
    {
        // Whatever these customers bought is committed, so this run sees it; what comes later marks them anew.
        if (parameters.AsOf == await features.CurrentAsOfAsync(job.Job.Currency, cancellationToken))
        {
            await unitOfWork.ExecuteAsync(
                "DELETE FROM rescoring_queue q USING customers c WHERE c.customer_id = q.customer_id AND c.currency = @Currency", new { job.Job.Currency }, cancellationToken);
        }

        var total = await features.CountAsync(job.Job.Currency, parameters.AsOf, cancellationToken);
        await job.SaveAsync(unitOfWork, "scoring", 0, total, Guid.Empty.ToString(), cancellationToken);
    }

    private async Task ScoreAsync(RunningJob job, ScoringRunParams parameters, CancellationToken cancellationToken)
    {
        var fit = await jobs.FindAsync(JobKind.ModelFit, parameters.ModelFitId, cancellationToken);
        var models = fit?.ResultAs<FittedModels>() ?? throw new ErrorException(AnalyticsErrors.UnknownModelFit);
        var scorer = new CustomerScorer(models, parameters.AsOf, parameters.HorizonDays, options.Value);
        while (true)
        {
            var after = Guid.Parse(job.Job.Cursor!);
            var (customers, last) = await features.BatchAsync(
                job.Job.Currency, parameters.AsOf, parameters.WindowFrom, after, options.Value.ScoringBatch, cancellationToken);
            if (last is null) break;
            await scores.AddUnrankedAsync(job.Job.Id, customers.Select(scorer.Score), cancellationToken);
            await job.SaveAsync(unitOfWork, "scoring", job.Job.Done + customers.Count, Math.Max(job.Job.Total, job.Job.Done + customers.Count), last.ToString(), cancellationToken);
        }

        await job.SaveAsync(unitOfWork, "ranking", job.Job.Done, job.Job.Done, null, cancellationToken);
    }

    private async Task RankAsync(RunningJob job, ScoringRunParams parameters, CancellationToken cancellationToken)
    {
        var computation = new Computation(
            job.Job.Id, job.Job.Currency, CustomerScorer.ModelVersion(options.Value.AliveModel, parameters.ModelFitId), parameters.HorizonDays,
            calendar.ObservedUntil(parameters.AsOf), time.GetUtcNow());
        var customers = await scores.RankAsync(computation, cancellationToken);
        if (customers == 0) throw new ErrorException(AnalyticsErrors.NoPurchases);
        var ranks = await scores.RanksOfAsync(job.Job.Id, cancellationToken);
        await job.StoreResultAsync(unitOfWork, new ScoringRunResult(customers, computation.ModelVersion, computation.InputsAsOf, computation.ComputedAt, ranks), cancellationToken);
        await job.SaveAsync(unitOfWork, "publishing", 0, customers, Guid.Empty.ToString(), cancellationToken);
    }

    private async Task PublishAsync(RunningJob job, ScoringRunParams parameters, CancellationToken cancellationToken)
    {
        var result = job.Job.ResultAs<ScoringRunResult>()!;
        while (true)
        {
            var scored = await scores.OfRunAsync(job.Job.Id, Guid.Parse(job.Job.Cursor!), EventSize * EventsPerStep, cancellationToken);
            if (scored.Count == 0) return;
            foreach (var part in scored.Chunk(EventSize))
            {
                unitOfWork.Enqueue(new CustomersScored(ids.Next(), time.GetUtcNow(), result.ModelVersion, result.ComputedAt, result.InputsAsOf, part));
            }

            await job.SaveAsync(unitOfWork, "publishing", job.Job.Done + scored.Count, job.Job.Total, scored[^1].CustomerId.ToString(), cancellationToken);
        }
    }
}
