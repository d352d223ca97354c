using System.ComponentModel.DataAnnotations;
using Crm.Analytics.Domain;
using Crm.Analytics.Jobs;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Analytics.Features;

/// <summary>Asks for new scores of all customers of a currency; watch it at the Location.</summary>
internal static class StartScoringRun
{
    /// <param name="AsOf">Last day of the observation; without it the current date by configuration.</param>
    /// <param name="ModelFitId">Without it the newest fit for everyday use.</param>
    /// <param name="HorizonDays">Of expected purchases and CLV (rounded to months there).</param>
    /// <param name="WindowFrom">First day of the window of RFM; without it 24 months before <paramref name="AsOf"/>.</param>
    /// <param name="Currency">Without it the fit's, else the one of most customers.</param>
    public sealed record Request(
        DateOnly? AsOf = null,
        Guid? ModelFitId = null,
        [property: Range(1, 3650)] int HorizonDays = ScoringJob.DefaultHorizonDays,
        DateOnly? WindowFrom = null,
        [property: RegularExpression("^[A-Z]{3}$")] string? Currency = null);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/scoring-runs", async (
            Request request, FeatureQueries features, JobStore jobs, BusinessCalendar calendar, IOptions<AnalyticsOptions> options, CancellationToken cancellationToken) =>
            (await Handle(request, features, jobs, calendar, options.Value, cancellationToken)).ToAccepted(run => $"/api/analytics/v1/scoring-runs/{run.Id}"))
        .WithName("StartScoringRun")
        .AllowRoles(Roles.Analytics);

    private static async Task<Result<ScoringRunResponse>> Handle(
        Request request, FeatureQueries features, JobStore jobs, BusinessCalendar calendar, AnalyticsOptions options, CancellationToken cancellationToken)
    {
        var named = request.ModelFitId is { } id ? await jobs.FindAsync(JobKind.ModelFit, id, cancellationToken) : null;
        if (request.ModelFitId is not null && (named is not { State: "succeeded" } || (request.Currency ?? named.Currency) != named.Currency)) return AnalyticsErrors.UnknownModelFit;
        if ((named?.Currency ?? request.Currency ?? await features.MainCurrencyAsync(cancellationToken)) is not { } currency) return AnalyticsErrors.NoPurchases;
        if (await features.CurrentAsOfAsync(currency, cancellationToken) is not { } current) return AnalyticsErrors.NoPurchases;
        if ((named ?? await jobs.LatestFitAsync(currency, cancellationToken)) is not { } fit) return AnalyticsErrors.NoModelFit;

        var asOf = request.AsOf ?? current;
        if (asOf > calendar.Today) return AnalyticsErrors.InTheFuture("asOf");
        var windowFrom = request.WindowFrom ?? asOf.AddMonths(-options.RfmWindowMonths);
        if (windowFrom > asOf) return AnalyticsErrors.EmptyPeriod with { Field = "windowFrom", Message = "windowFrom must not be after asOf." };
        if (await features.CountAsync(currency, asOf, cancellationToken) == 0) return AnalyticsErrors.NoPurchases;

        var parameters = new ScoringRunParams(asOf, fit.Id, request.HorizonDays, windowFrom);
        return ScoringRunResponse.Of(await jobs.AddAsync(JobKind.ScoringRun, currency, parameters, scheduleKey: null, cancellationToken));
    }
}
