using Crm.Analytics.Domain;
using Crm.Analytics.Models.Clusters;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Jobs;

internal sealed record SegmentationParams(int MaxClusters);

/// <param name="Reason">Why there are none: the customers do not fall into groups.</param>
internal sealed record SegmentationResult(int Customers, int Segments, double? Silhouette, string? Reason, string FormulaVersion);

/// <summary>Looks for groups among the scored customers of a currency and replaces the segments in the transaction that ends the job.</summary>
internal sealed class SegmentationJob(UnitOfWork unitOfWork) : IJobHandler
{
    private const int LeastCustomers = 20;
    private const int MaxFitted = 100_000;
    private const int Seed = 1;

    public async Task RunAsync(RunningJob job, CancellationToken cancellationToken)
    {
        var (currency, run) = (job.Job.Currency, job.Job.Id);
        var customers = await unitOfWork.QueryAsync<Row>(
            "SELECT customer_id, net_spend, purchase_days, days_since_last, p_alive FROM customer_scores WHERE currency = @currency ORDER BY customer_id LIMIT @MaxFitted",
            new { currency, MaxFitted }, cancellationToken);
        if (customers.Count < LeastCustomers) throw new ErrorException(AnalyticsErrors.TooFewToSegment(customers.Count, LeastCustomers));
        await job.SaveAsync(unitOfWork, "clustering", 0, customers.Count, null, cancellationToken);

        var rows = KMeans.Standardise([.. customers.Select(row => SegmentProfiles.Row(row.NetSpend, row.PurchaseDays, row.DaysSinceLast, row.PAlive))]);
        var found = KMeans.Best(rows, job.Job.ParamsAs<SegmentationParams>().MaxClusters, Seed, cancellationToken);
        await unitOfWork.ExecuteAsync("DELETE FROM machine_segments WHERE currency = @currency", new { currency }, cancellationToken);
        await unitOfWork.ExecuteAsync("DELETE FROM machine_segment_members WHERE currency = @currency", new { currency }, cancellationToken);
        if (found is not null)
        {
            var sizes = found.Sizes;
            for (var segment = 0; segment < sizes.Length; segment++)
            {
                var (name, profile) = SegmentProfiles.Describe(found.Centres[segment], sizes[segment], customers.Count);
                await unitOfWork.ExecuteAsync(
                    """
                    INSERT INTO machine_segments (run_id, currency, segment, customers, name_id, name_en, profile_id, profile_en, centre)
                    VALUES (@run, @currency, @segment, @customers, @nameId, @nameEn, @profileId, @profileEn, @centre)
                    """,
                    new { run, currency, segment, customers = sizes[segment], nameId = name.Id, nameEn = name.En, profileId = profile.Id, profileEn = profile.En, centre = found.Centres[segment] },
                    cancellationToken);
            }

            await unitOfWork.ExecuteAsync(
                """
                INSERT INTO machine_segment_members (customer_id, currency, segment, run_id)
                SELECT customer, @currency, segment, @run FROM unnest(@ids, @members) AS a (customer, segment)
                ON CONFLICT (customer_id) DO UPDATE SET currency = excluded.currency, segment = excluded.segment, run_id = excluded.run_id
                """,
                new { currency, run, ids = customers.Select(row => row.CustomerId).ToArray(), members = found.Members }, cancellationToken);
        }

        await job.CompleteAsync(unitOfWork, cancellationToken, new SegmentationResult(
            customers.Count, found?.Centres.Length ?? 0, found?.Silhouette, found is null ? "no_clear_groups" : null, "k-means/1"));
    }

    private sealed record Row(Guid CustomerId, decimal NetSpend, int PurchaseDays, int DaysSinceLast, double PAlive);
}
