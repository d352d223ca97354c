using System.ComponentModel.DataAnnotations;
using Crm.Analytics.Domain;
using Crm.Analytics.Jobs;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features;

/// <summary>Asks for a fit of BG/NBD, MBG/NBD and Gamma-Gamma; watch it at the Location.</summary>
internal static class StartModelFit
{
    /// <param name="CalibrationEnd">Last day of the observation, for a backtest; without it all purchases up to the current date count.</param>
    /// <param name="Currency">Without it, the one of most customers.</param>
    /// <param name="ThenScore">Rescore everybody with the result.</param>
    public sealed record Request(
        DateOnly? CalibrationEnd = null,
        [property: RegularExpression("^[A-Z]{3}$")] string? Currency = null,
        bool ThenScore = false);

    public static void Map(RouteGroupBuilder api) => api
        .MapPost("/model-fits", async (Request request, FeatureQueries features, JobStore jobs, BusinessCalendar calendar, CancellationToken cancellationToken) =>
            (await Handle(request, features, jobs, calendar, cancellationToken)).ToAccepted(fit => $"/api/analytics/v1/model-fits/{fit.Id}"))
        .WithName("StartModelFit")
        .AllowRoles(Roles.Analytics);

    private static async Task<Result<ModelFitResponse>> Handle(
        Request request, FeatureQueries features, JobStore jobs, BusinessCalendar calendar, CancellationToken cancellationToken)
    {
        if (request.CalibrationEnd > calendar.Today) return AnalyticsErrors.InTheFuture("calibrationEnd");
        if ((request.Currency ?? await features.MainCurrencyAsync(cancellationToken)) is not { } currency) return AnalyticsErrors.NoPurchases;
        if (await features.CurrentAsOfAsync(currency, cancellationToken) is not { } asOf) return AnalyticsErrors.NoPurchases;

        var parameters = new ModelFitParams(request.CalibrationEnd ?? asOf, request.ThenScore, Named: request.CalibrationEnd is not null);
        return ModelFitResponse.Of(await jobs.AddAsync(JobKind.ModelFit, currency, parameters, scheduleKey: null, cancellationToken));
    }
}
