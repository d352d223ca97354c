using Crm.Analytics.Contracts.Events.V1;
using Crm.Analytics.Features.Reports;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Analytics.Jobs;

/// <param name="Today">The day that the period is told from, in the schedule's zone.</param>
/// <param name="DueAt">Null where somebody asked for the run.</param>
internal sealed record ReportParams(Guid ReportId, string Name, string Owner, ReportDefinition Definition, DateOnly Today, DateTimeOffset? DueAt)
{
    public static ReportParams Of(SavedReportResponse report, DateOnly today, DateTimeOffset? dueAt) => new(report.Id, report.Name, report.Owner, report.Definition, today, dueAt);
}

internal sealed record ReportResult(int Rows, bool Truncated, DateTimeOffset AsOf, string FormulaVersion, string? ErrorCode, string? ErrorMessage);

/// <summary>
/// Makes a saved report's table and tells its owner. Table, event and the end of the job are one transaction, so a worker that is killed
/// leaves nothing and the next one makes it once. A question that is refused ends the job with its reason, and the owner is told that.
/// </summary>
internal sealed class ReportJob(UnitOfWork unitOfWork, Ids ids, TimeProvider time) : IJobHandler
{
    private const int LongQuerySeconds = 600;

    public async Task RunAsync(RunningJob job, CancellationToken cancellationToken)
    {
        var parameters = job.Job.ParamsAs<ReportParams>();
        var request = parameters.Definition.On(parameters.Today);
        var report = await RunReport.Handle(request, unitOfWork, time, cancellationToken, LongQuerySeconds);
        var result = report.TryGet(out var made, out var error)
            ? new ReportResult(made.Groups.Count, made.Truncated, made.AsOf, made.FormulaVersion, null, null)
            : new ReportResult(0, false, time.GetUtcNow(), MetricCatalogue.FormulaVersion, error.Code, error.Message);
        if (made is not null)
        {
            // Nothing where the report was deleted meanwhile.
            await unitOfWork.ExecuteAsync(
                "INSERT INTO report_outputs (run_id, report_id, csv) SELECT @Id, id, @csv FROM saved_reports WHERE id = @ReportId",
                new { job.Job.Id, parameters.ReportId, csv = RunReport.ToCsv(made) }, cancellationToken);
        }

        unitOfWork.Enqueue(new ReportProduced(
            ids.Next(), time.GetUtcNow(), job.Job.Id, parameters.ReportId, parameters.Name, parameters.Owner, parameters.DueAt, request.From, request.To, result.Rows,
            result.ErrorCode, result.ErrorMessage));
        await job.CompleteAsync(unitOfWork, cancellationToken, result);
    }
}
