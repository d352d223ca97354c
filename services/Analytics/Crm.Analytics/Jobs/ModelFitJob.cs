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

        var end = parameters.CalibrationEnd;
        // The histogram knows the latest state; what was known earlier is read from the days.
        var counted = await features.HistogramAsync(currency, end, cancellationToken);
        var spends = counted is null ? null : await features.RepeatSpendsAsync(currency, cancellationToken);
        var all = counted is null ? await CollectAsync(currency, end, cancellationToken) : [];
        var histogram = counted ?? PurchaseHistogram.Of([.. all.Select(customer => customer.HistoryAt(end))]);
        var buyers = spends ?? [.. all.Where(customer => customer.MeanRepeatValue > 0).Select(customer => customer.Spend)];
        if (histogram.Customers < options.Value.MinCustomers || buyers.Count < 2)
        {
            throw new ErrorException(AnalyticsErrors.TooFewCustomers(histogram.Customers, buyers.Count, options.Value.MinCustomers));
        }

        await job.SaveAsync(unitOfWork, "validating", 0, histogram.Customers, null, cancellationToken);
        var validation = await ValidateAsync(currency, end, cancellationToken);
        await job.SaveAsync(unitOfWork, "fitting", histogram.Customers, histogram.Customers, null, cancellationToken);
        var fit = FittedModels.Fit(currency, end, histogram, buyers, validation, cancellationToken);
        if (parameters.ThenScore)
        {
            var windowFrom = parameters.CalibrationEnd.AddMonths(-options.Value.RfmWindowMonths);
            await jobs.AddAsync(
                JobKind.ScoringRun, currency, new ScoringRunParams(parameters.CalibrationEnd, job.Job.Id, ScoringJob.DefaultHorizonDays, windowFrom), $"after {job.Job.Id}", cancellationToken);
        }

        await job.CompleteAsync(unitOfWork, cancellationToken, fit);
    }

    /// <summary>Fits the first two thirds of the time (at most 26 weeks are left) and compares with the rest; null where that is too short.</summary>
    private async Task<Validation?> ValidateAsync(string currency, DateOnly end, CancellationToken cancellationToken)
    {
        if (await features.FirstDayAsync(currency, cancellationToken) is not { } start) return null;
        var held = Math.Min(26 * 7, (end.DayNumber - start.DayNumber) / 3);
        if (held < 28) return null;
        var calibration = end.AddDays(-held);
        var before = await CollectAsync(currency, calibration, cancellationToken);
        if (before.Count < options.Value.MinCustomers) return null;
        var after = (await CollectAsync(currency, end, cancellationToken)).ToDictionary(customer => customer.CustomerId, customer => customer.PurchaseDays);
        var chosen = PurchaseModelChoice.Choose(PurchaseHistogram.Of([.. before.Select(customer => customer.HistoryAt(calibration))]), cancellationToken)!;
        return new Validation(calibration, end, chosen.Name, chosen.Refused, PurchaseModelChoice.Validate(
            chosen.Model,
            before.Select(customer => (customer.HistoryAt(calibration), customer.FirstDay, after.GetValueOrDefault(customer.CustomerId, customer.PurchaseDays) - customer.PurchaseDays)),
            held / 7.0));
    }

    private async Task<List<CustomerFeatures>> CollectAsync(string currency, DateOnly asOf, CancellationToken cancellationToken)
    {
        var all = new List<CustomerFeatures>();
        await foreach (var customer in features.AllAsync(currency, asOf, cancellationToken)) all.Add(customer);
        return all;
    }
}
