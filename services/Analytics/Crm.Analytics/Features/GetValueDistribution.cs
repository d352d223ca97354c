using Crm.Analytics.Domain;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features;

/// <summary>How CLV and the probability of being alive are spread over all scored customers.</summary>
internal static class GetValueDistribution
{
    /// <summary>Bins reach this many decades below the highest CLV; the first holds everything under them.</summary>
    private const int Decades = 4;

    /// <param name="Quantiles">CLV at shares of customers, lowest first.</param>
    /// <param name="Clv">Bins whose limits are 1, 2 and 5 times a power of ten; the first begins at the lowest CLV or 0.</param>
    /// <param name="Alive">Ten bins of the probability that the customer is still active.</param>
    /// <param name="InputsAsOf">The oldest that any of the scores knows.</param>
    public sealed record Response(
        string Currency, long Customers, decimal TotalClv, decimal MeanClv, IReadOnlyList<Quantile> Quantiles, IReadOnlyList<ClvBin> Clv, IReadOnlyList<AliveBin> Alive,
        DateTimeOffset InputsAsOf, string FormulaVersion);

    public sealed record Quantile(double Share, decimal Clv);

    /// <param name="To">Not in the bin, except in the last.</param>
    public sealed record ClvBin(decimal From, decimal To, long Customers, decimal Clv);

    public sealed record AliveBin(double From, double To, long Customers, decimal Clv);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/value-distribution", async (string? currency, FeatureQueries features, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(currency, features, unitOfWork, cancellationToken)).ToOk())
        .WithName("GetValueDistribution")
        .AllowRoles(Roles.Staff);

    private static async Task<Result<Response>> Handle(string? currency, FeatureQueries features, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (currency is not null && !Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;
        currency ??= await features.MainCurrencyAsync(cancellationToken);
        if (currency is null) return AnalyticsErrors.NoPurchases;
        var shares = new[] { 0.1, 0.25, 0.5, 0.75, 0.9, 0.99 };
        var all = await unitOfWork.QuerySingleOrDefaultAsync<Row>(
            """
            SELECT count(*) AS customers, coalesce(sum(clv), 0) AS total, coalesce(min(clv), 0) AS lowest, coalesce(max(clv), 0) AS highest, coalesce(min(inputs_as_of), now()) AS inputs_as_of
            FROM customer_scores WHERE currency = @currency
            """,
            new { currency },
            cancellationToken);
        if (all is not { Customers: > 0 }) return AnalyticsErrors.NoPurchases;

        var quantiles = await unitOfWork.QueryAsync<decimal>(
            "SELECT unnest(percentile_disc(@shares) WITHIN GROUP (ORDER BY clv)) FROM customer_scores WHERE currency = @currency", new { currency, shares }, cancellationToken);
        var limits = LimitsOf(all.Highest);
        var clv = (await unitOfWork.QueryAsync<Count>(
            "SELECT width_bucket(clv, @limits) AS bin, count(*) AS customers, sum(clv) AS clv FROM customer_scores WHERE currency = @currency GROUP BY bin",
            new { currency, limits },
            cancellationToken)).ToDictionary(count => count.Bin);
        var alive = (await unitOfWork.QueryAsync<Count>(
            "SELECT least(9, floor(p_alive * 10))::int AS bin, count(*) AS customers, sum(clv) AS clv FROM customer_scores WHERE currency = @currency GROUP BY bin",
            new { currency },
            cancellationToken)).ToDictionary(count => count.Bin);
        return new Response(
            currency, all.Customers, all.Total, decimal.Round(all.Total / all.Customers, 4), [.. shares.Zip(quantiles, (share, value) => new Quantile(share, value))],
            [.. Enumerable.Range(0, limits.Length).Select(bin => new ClvBin(
                bin == 0 ? Math.Min(0, all.Lowest) : limits[bin - 1], limits[bin], clv.GetValueOrDefault(bin)?.Customers ?? 0, clv.GetValueOrDefault(bin)?.Clv ?? 0))],
            [.. Enumerable.Range(0, 10).Select(bin => new AliveBin(bin / 10.0, (bin + 1) / 10.0, alive.GetValueOrDefault(bin)?.Customers ?? 0, alive.GetValueOrDefault(bin)?.Clv ?? 0))],
            all.InputsAsOf, CustomerScorer.FormulaVersion);
    }

    /// <summary>1, 2, 5, 10, 20, ... up to the first above <paramref name="highest"/>, beginning <see cref="Decades"/> decades below it.</summary>
    internal static decimal[] LimitsOf(decimal highest)
    {
        var power = 0.01m;
        while (power * 10 <= highest) power *= 10;
        for (var decade = 0; decade < Decades && power > 0.01m; decade++) power /= 10;
        var limits = new List<decimal>();
        for (; limits.Count == 0 || limits[^1] <= highest; power *= 10)
        {
            foreach (var step in new[] { 1, 2, 5 })
            {
                if (limits.Count == 0 || limits[^1] <= highest) limits.Add(power * step);
            }
        }

        return [.. limits];
    }

    private sealed record Row(long Customers, decimal Total, decimal Lowest, decimal Highest, DateTimeOffset InputsAsOf);

    private sealed record Count(int Bin, long Customers, decimal Clv);
}
