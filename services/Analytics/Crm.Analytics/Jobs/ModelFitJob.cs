using Crm.Analytics.Domain;
using Crm.Analytics.Models;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Analytics.Jobs;

/// <summary>Fits BG/NBD, MBG/NBD and Gamma-Gamma to the purchases of all customers of a currency up to a date. Short enough to start anew.</summary>
internal sealed class ModelFitJob(UnitOfWork unitOfWork, FeatureQueries features, JobStore jobs, IOptions<AnalyticsOptions> options) : IJobHandler
{
    public async Task RunAsync(RunningJob job, CancellationToken cancellationToken)
    {
        var (parameters, currency) = (job.Job.ParamsAs<ModelFitParams>(), job.Job.Currency);
        var total = await features.CountAsync(currency, parameters.CalibrationEnd, cancellationToken);
        await job.SaveAsync(unitOfWork, "reading", 0, total, null, cancellationToken);

        var histories = new List<PurchaseHistory>((int)total);
        var buyers = new List<RepeatSpend>();
        await foreach (var customer in features.AllAsync(currency, parameters.CalibrationEnd, cancellationToken))
        {
            histories.Add(customer.HistoryAt(parameters.CalibrationEnd));
            if (customer.MeanRepeatValue > 0) buyers.Add(customer.Spend);
        }

        if (histories.Count < options.Value.MinCustomers || buyers.Count < 2)
        {
            throw new ErrorException(AnalyticsErrors.TooFewCustomers(histories.Count, buyers.Count, options.Value.MinCustomers));
        }

        await job.SaveAsync(unitOfWork, "fitting", histories.Count, histories.Count, null, cancellationToken);
        var fit = FittedModels.Fit(currency, parameters.CalibrationEnd, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(histories), buyers, cancellationToken);
        if (parameters.ThenScore)
        {
            var windowFrom = parameters.CalibrationEnd.AddMonths(-options.Value.RfmWindowMonths);
            await jobs.AddAsync(
                JobKind.ScoringRun, currency, new ScoringRunParams(parameters.CalibrationEnd, job.Job.Id, ScoringJob.DefaultHorizonDays, windowFrom), $"after {job.Job.Id}", cancellationToken);
        }

        await job.CompleteAsync(unitOfWork, cancellationToken, fit);
    }
}
