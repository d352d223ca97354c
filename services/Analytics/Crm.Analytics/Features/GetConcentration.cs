using Crm.Analytics.Domain;
using Crm.Analytics.Models;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features;

/// <summary>"80/20" as it is measured: how unevenly net revenue is spread over the customers who bought in a period.</summary>
internal static class GetConcentration
{
    /// <param name="To">First day after the period.</param>
    /// <param name="TopFifthShare">Share of revenue of the best 20 % of customers.</param>
    /// <param name="SmallestFractionFor80Percent">Smallest share of customers who together make 80 % of revenue.</param>
    /// <param name="LorenzCurve">Share of revenue of the poorest 0, 1, ..., 100 %.</param>
    public sealed record Response(
        string Currency, DateOnly From, DateOnly To, int Customers, decimal Total, double TopFifthShare, double SmallestFractionFor80Percent, double Gini,
        double HerfindahlHirschman, AbcClasses Abc, int NegativeCustomers, decimal NegativeTotal, double[] LorenzCurve, string FormulaVersion);

    public sealed record AbcClasses(int A, int B, int C);

    public static void Map(RouteGroupBuilder api) => api
        .MapGet("/concentration", async (
            DateOnly? from, DateOnly? to, string? currency, FeatureQueries features, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
            (await Handle(from, to, currency, features, unitOfWork, cancellationToken)).ToOk())
        .WithName("GetConcentration")
        .AllowRoles(Roles.Staff);

    /// <summary>Without <paramref name="to"/> up to the current date, without <paramref name="from"/> the twelve months before it.</summary>
    private static async Task<Result<Response>> Handle(
        DateOnly? from, DateOnly? to, string? currency, FeatureQueries features, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (currency is not null && !Currencies.IsCode(currency)) return AnalyticsErrors.CurrencyInvalid;
        currency ??= await features.MainCurrencyAsync(cancellationToken);
        if (currency is null || await features.CurrentAsOfAsync(currency, cancellationToken) is not { } asOf) return AnalyticsErrors.NoPurchases;

        var end = to ?? asOf.AddDays(1);
        var start = from ?? end.AddMonths(-12);
        if (start >= end) return AnalyticsErrors.EmptyPeriod;
        var revenue = await unitOfWork.QueryAsync<decimal>(
            "SELECT sum(net_revenue) FROM purchase_days WHERE currency = @currency AND day >= @start AND day < @end AND orders > 0 GROUP BY customer_id",
            new { currency, start, end },
            cancellationToken);
        if (Concentration.Of(revenue) is not { } measured) return AnalyticsErrors.NoPurchases;

        var (a, b, c) = measured.AbcClasses();
        return new Response(
            currency, start, end, measured.Customers, measured.Total, measured.ShareOfBest(0.2), measured.SmallestFractionHolding(0.8), measured.Gini,
            measured.HerfindahlHirschman, new AbcClasses(a, b, c), measured.NegativeCustomers, measured.NegativeTotal, measured.LorenzCurve(),
            CustomerScorer.FormulaVersion);
    }
}
