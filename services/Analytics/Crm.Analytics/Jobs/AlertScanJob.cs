using Crm.Analytics.Domain.Alerts;
using Crm.Analytics.Models.Inference;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Analytics.Jobs;

internal sealed record AlertScanParams(DateOnly AsOf);

internal sealed record AlertScanResult(long Customers, long Raised, double AcceptedTrendP);

/// <summary>
/// Looks for alerts of all eight kinds in a currency: first how small a p-value must be for trends to stand over the whole population, then
/// customers page by page, then units. Each page is one transaction with the job's position, so that a resumed scan raises nothing twice.
/// </summary>
internal sealed class AlertScanJob(
    UnitOfWork unitOfWork, AlertFacts facts, AlertStore alerts, OfferStore offers, IOptions<AnalyticsOptions> options) : IJobHandler
{
    private const double TrendFalseDiscoveryRate = 0.05;

    public async Task RunAsync(RunningJob job, CancellationToken cancellationToken)
    {
        var (asOf, currency, batch) = (job.Job.ParamsAs<AlertScanParams>().AsOf, job.Job.Currency, options.Value.AlertBatch);
        var result = job.Job.ResultAs<AlertScanResult>();
        if (result is null)
        {
            var (customers, accepted) = await TrendCutAsync(currency, asOf, batch, cancellationToken);
            result = new AlertScanResult(customers, 0, accepted);
            await alerts.ExpireAsync(cancellationToken);
            await job.StoreResultAsync(unitOfWork, result, cancellationToken);
            await job.SaveAsync(unitOfWork, "customers", 0, customers, null, cancellationToken);
        }

        var after = job.Job.Cursor is { } cursor ? Guid.Parse(cursor) : Guid.Empty;
        var done = job.Job.Done;
        while (true)
        {
            var page = await facts.NextAsync(currency, after, batch, cancellationToken);
            if (page.Count == 0) break;
            var drafts = await FindAsync(page, currency, asOf, result.AcceptedTrendP, cancellationToken);
            result = result with { Raised = result.Raised + await alerts.RaiseAsync(job.Job.Id, currency, drafts, cancellationToken) };
            (after, done) = (page[^1], done + page.Count);
            await job.StoreResultAsync(unitOfWork, result, cancellationToken);
            await job.SaveAsync(unitOfWork, "customers", done, result.Customers, after.ToString(), cancellationToken);
        }

        var units = (await facts.PacesAsync(currency, asOf, cancellationToken)).Select(AlertRules.Pace).OfType<AlertDraft>().ToArray();
        result = result with { Raised = result.Raised + await alerts.RaiseAsync(job.Job.Id, currency, units, cancellationToken) };
        await job.CompleteAsync(unitOfWork, cancellationToken, result);
    }

    private async Task<List<AlertDraft>> FindAsync(
        IReadOnlyList<Guid> customers, string currency, DateOnly asOf, double acceptedTrendP, CancellationToken cancellationToken)
    {
        var drafts = new List<AlertDraft>();
        var categories = await facts.CategoriesAsync(currency, asOf, cancellationToken);
        drafts.AddRange((await facts.DriftAsync(customers, currency, asOf, categories, cancellationToken)).Select(AlertRules.Drift).OfType<AlertDraft>());
        drafts.AddRange((await facts.TrendsAsync(customers, currency, asOf, cancellationToken)).Select(customer => AlertRules.Trend(customer, acceptedTrendP)).OfType<AlertDraft>());
        drafts.AddRange((await facts.MarginsAsync(customers, currency, asOf, cancellationToken)).Select(AlertRules.Margin).OfType<AlertDraft>());
        var target = await facts.CompanyMixAsync(currency, asOf, categories, cancellationToken);
        drafts.AddRange((await facts.AlignmentAsync(customers, currency, asOf, categories, cancellationToken)).Select(customer => AlertRules.Alignment(customer, target)).OfType<AlertDraft>());

        if (await offers.CatalogueAsync(currency, cancellationToken) is { } catalogue)
        {
            var owned = await offers.OwnedAsync(customers, currency, asOf.AddMonths(-options.Value.RfmWindowMonths), cancellationToken);
            var excluded = await offers.ExcludedAsync(cancellationToken);
            foreach (var customer in owned)
            {
                // The best offer of each kind: a desk that is shown everything looks at nothing.
                drafts.AddRange(catalogue.For([.. customer], excluded).Where(offer => offer.ExpectedValue >= options.Value.AlertLeastOfferValue)
                    .GroupBy(offer => offer.Kind).Select(kind => AlertRules.Offer(customer.Key, kind.First())));
            }
        }

        return drafts;
    }

    private async Task<(long Customers, double AcceptedP)> TrendCutAsync(string currency, DateOnly asOf, int batch, CancellationToken cancellationToken)
    {
        var (after, count, pValues) = (Guid.Empty, 0L, new List<double>());
        while (true)
        {
            var page = await facts.NextAsync(currency, after, batch, cancellationToken);
            if (page.Count == 0) return (count, FalseDiscovery.Threshold(pValues, TrendFalseDiscoveryRate));
            pValues.AddRange((await facts.TrendsAsync(page, currency, asOf, cancellationToken)).Select(customer => Trend.Of(customer.Revenue)?.P ?? 1));
            (after, count) = (page[^1], count + page.Count);
        }
    }
}
