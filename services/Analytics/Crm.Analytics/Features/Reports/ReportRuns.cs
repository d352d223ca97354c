using System.Text;
using Crm.Analytics.Domain;
using Crm.Analytics.Jobs;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Reports;

/// <summary>A run of a saved report: what was asked, for which days, and what came of it.</summary>
/// <param name="Definition">As it was when the run was queued.</param>
/// <param name="DueAt">When the schedule wanted it; null where somebody asked for it.</param>
/// <param name="Rows">Null until it is over, and where it failed.</param>
/// <param name="Truncated">There were more groups than are kept.</param>
/// <param name="AsOf">What was known at this instant is in it.</param>
internal sealed record ReportRunResponse(
    Guid Id, Guid ReportId, string Name, ReportDefinition Definition, DateOnly From, DateOnly To, DateTimeOffset? DueAt, JobStatus Status, int? Rows, bool Truncated,
    DateTimeOffset? AsOf, string? FormulaVersion)
{
    public static ReportRunResponse Of(Job job)
    {
        var (parameters, result) = (job.ParamsAs<ReportParams>(), job.ResultAs<ReportResult>());
        var request = parameters.Definition.On(parameters.Today);
        var status = JobStatus.Of(job);
        // A question that cannot be answered is an answer to the job, and a failure to whoever asked.
        if (result?.ErrorCode is { } code) status = status with { State = "failed", ErrorCode = code, ErrorMessage = result.ErrorMessage };
        return new ReportRunResponse(
            job.Id, parameters.ReportId, parameters.Name, parameters.Definition, request.From, request.To, parameters.DueAt, status,
            result is { ErrorCode: null } ? result.Rows : null, result?.Truncated ?? false, result?.AsOf, result?.FormulaVersion);
    }
}

/// <summary>Runs of saved reports: asked for, listed, fetched as CSV.</summary>
internal static class ReportRuns
{
    private static string[] Readers => [.. Roles.Analytics, Roles.SalesManager, Roles.Viewer];

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/saved-reports/{id:guid}/runs", async (
                Guid id, UnitOfWork unitOfWork, JobStore jobs, BusinessCalendar calendar, CancellationToken cancellationToken) =>
                (await StartAsync(id, unitOfWork, jobs, calendar, cancellationToken)).ToAccepted(run => $"/api/analytics/v1/report-runs/{run.Id}"))
            .WithName("StartReportRun").AllowRoles([.. Roles.Analytics, Roles.SalesManager]);
        api.MapGet("/saved-reports/{id:guid}/runs", async (Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await ListAsync(id, page, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListReportRuns").AllowRoles(Readers);
        api.MapGet("/report-runs/{id:guid}", async (Guid id, JobStore jobs, CancellationToken cancellationToken) =>
                (await jobs.FindAsync(JobKind.Report, id, cancellationToken) is { } job ? (Result<ReportRunResponse>)ReportRunResponse.Of(job) : AnalyticsErrors.JobNotFound).ToOk())
            .WithName("GetReportRun").AllowRoles(Readers);
        api.MapGet("/report-runs/{id:guid}/csv", async Task<IResult> (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                await unitOfWork.QuerySingleOrDefaultAsync<string>("SELECT csv FROM report_outputs WHERE run_id = @id", new { id }, cancellationToken) is { } csv
                    ? Results.File(Encoding.UTF8.GetBytes(csv), "text/csv; charset=utf-8", $"report-{id}.csv")
                    : AnalyticsErrors.OutputNotFound.ToProblem())
            .WithName("DownloadReportRun").AllowRoles(Readers);
    }

    private static async Task<Result<ReportRunResponse>> StartAsync(
        Guid id, UnitOfWork unitOfWork, JobStore jobs, BusinessCalendar calendar, CancellationToken cancellationToken)
    {
        if (await SavedReports.FindAsync(id, unitOfWork, cancellationToken) is not { } report) return AnalyticsErrors.ReportNotFound;
        var today = report.Schedule is { } schedule ? schedule.DayOf(calendar.Now) : calendar.Today;
        return ReportRunResponse.Of(await jobs.AddAsync(JobKind.Report, report.Definition.Currency, ReportParams.Of(report, today, dueAt: null), scheduleKey: null, cancellationToken));
    }

    private static async Task<Result<Page<ReportRunResponse>>> ListAsync(Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await SavedReports.FindAsync(id, unitOfWork, cancellationToken) is null) return AnalyticsErrors.ReportNotFound;
        var jobs = await unitOfWork.QueryAsync<Job>(
            $"""
            SELECT {Job.Columns} FROM jobs WHERE kind = '{JobKind.Report}' AND params->>'reportId' = @report AND (@after::uuid IS NULL OR id < @after) ORDER BY id DESC LIMIT @limit
            """,
            new { report = id.ToString(), after = page.After<JobPosition>()?.Id, limit = page.Limit + 1 }, cancellationToken);
        return Page<ReportRunResponse>.From([.. jobs.Select(ReportRunResponse.Of)], page.Limit, run => new JobPosition(run.Id));
    }
}
