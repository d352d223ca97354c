using System.ComponentModel.DataAnnotations;
using Crm.Analytics.Domain;
using Crm.Analytics.Jobs;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Alerts;

/// <summary>Asks for a scan for alerts, and tells where it is.</summary>
internal static class AlertScans
{
    /// <param name="Currency">Without it, the one of most customers.</param>
    public sealed record Request([property: RegularExpression("^[A-Z]{3}$")] string? Currency = null);

    public sealed record Response(Guid Id, string Currency, DateOnly AsOf, JobStatus Status, AlertScanResult? Result);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/alert-scans", async (Request request, FeatureQueries features, JobStore jobs, CancellationToken cancellationToken) =>
                (await StartAsync(request, features, jobs, cancellationToken)).ToAccepted(scan => $"/api/analytics/v1/alert-scans/{scan.Id}"))
            .WithName("StartAlertScan").AllowRoles(Roles.Analytics);
        api.MapGet("/alert-scans/{id:guid}", async (Guid id, JobStore jobs, CancellationToken cancellationToken) =>
                (await jobs.FindAsync(JobKind.AlertScan, id, cancellationToken) is { } job ? (Result<Response>)Of(job) : AnalyticsErrors.JobNotFound).ToOk())
            .WithName("GetAlertScan").AllowRoles(Roles.Analytics);
    }

    private static async Task<Result<Response>> StartAsync(Request request, FeatureQueries features, JobStore jobs, CancellationToken cancellationToken)
    {
        if ((request.Currency ?? await features.MainCurrencyAsync(cancellationToken)) is not { } currency) return AnalyticsErrors.NoPurchases;
        if (await features.CurrentAsOfAsync(currency, cancellationToken) is not { } asOf) return AnalyticsErrors.NoPurchases;
        return Of(await jobs.AddAsync(JobKind.AlertScan, currency, new AlertScanParams(asOf), scheduleKey: null, cancellationToken));
    }

    private static Response Of(Job job) => new(
        job.Id, job.Currency, job.ParamsAs<AlertScanParams>().AsOf, JobStatus.Of(job), job.ResultAs<AlertScanResult>());
}
