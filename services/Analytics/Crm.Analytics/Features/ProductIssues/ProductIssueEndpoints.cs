using System.ComponentModel.DataAnnotations;
using Crm.Analytics.Contracts.Events.V1;
using Crm.Analytics.Domain;
using Crm.Analytics.Jobs;
using Crm.Analytics.Models.Inference;
using Crm.Analytics.Models.Signals;
using Crm.Analytics.Persistence;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.ProductIssues;

/// <summary>Early warning: scans, suspected issues, the chart behind one, and the end of one.</summary>
internal static class ProductIssueEndpoints
{
    /// <param name="AsOf">Last day of the scan; without it today.</param>
    public sealed record ScanRequest(DateOnly? AsOf = null);

    public sealed record ScanResponse(Guid Id, DateOnly AsOf, JobStatus Status, IssueScanResult? Result);

    public sealed record CloseRequest([property: Required, StringLength(1000, MinimumLength = 1)] string Reason);

    /// <param name="Low">Lower limit of the rate at the baseline, exact Poisson 99.7 %; an observed rate outside is marked.</param>
    public sealed record ChartWeek(DateOnly From, long Events, double Exposure, double? Rate, double? Low, double? High, bool Outside);

    public sealed record Chart(string Sku, string Signal, double Baseline, IReadOnlyList<ChartWeek> Weeks, RateAlarm? Alarm, string FormulaVersion);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/product-issue-scans", async (ScanRequest request, JobStore jobs, BusinessCalendar calendar, CancellationToken cancellationToken) =>
                (await StartAsync(request, jobs, calendar, cancellationToken)).ToAccepted(scan => $"/api/analytics/v1/product-issue-scans/{scan.Id}"))
            .WithName("StartProductIssueScan").AllowRoles([.. Roles.Analytics, Roles.ServiceSupervisor]);
        api.MapGet("/product-issue-scans/{id:guid}", async (Guid id, JobStore jobs, CancellationToken cancellationToken) =>
                (await jobs.FindAsync(JobKind.IssueScan, id, cancellationToken) is { } job ? (Result<ScanResponse>)Of(job) : AnalyticsErrors.JobNotFound).ToOk())
            .WithName("GetProductIssueScan").AllowRoles([.. Roles.Analytics, Roles.ServiceSupervisor]);
        api.MapGet("/product-issues", async (PageRequest page, string? state, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await ListAsync(page, state ?? "open", unitOfWork, cancellationToken)).ToOk())
            .WithName("ListProductIssues").AllowRoles(Roles.Staff);
        api.MapGet("/product-issues/{id:guid}/chart", async (Guid id, UnitOfWork unitOfWork, ProductIssueStore issues, BusinessCalendar calendar, CancellationToken cancellationToken) =>
                (await ChartAsync(id, unitOfWork, issues, calendar, cancellationToken)).ToOk())
            .WithName("GetProductIssueChart").AllowRoles(Roles.Staff);
        api.MapPost("/product-issues/{id:guid}/closure", async (
                Guid id, CloseRequest request, UnitOfWork unitOfWork, Ids ids, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken) =>
                (await CloseAsync(id, request, unitOfWork, ids, actor, time, cancellationToken)).ToOk())
            .WithName("CloseProductIssue").AllowRoles(Roles.ServiceSupervisor, Roles.Analyst);
    }

    private static async Task<Result<ScanResponse>> StartAsync(ScanRequest request, JobStore jobs, BusinessCalendar calendar, CancellationToken cancellationToken)
    {
        if (request.AsOf > calendar.Today) return AnalyticsErrors.InTheFuture("asOf");
        return Of(await jobs.AddAsync(JobKind.IssueScan, IssueScanJob.AnyCurrency, new IssueScanParams(request.AsOf ?? calendar.Today), scheduleKey: null, cancellationToken));
    }

    private static async Task<Result<Page<ProductIssueRow>>> ListAsync(PageRequest page, string state, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (state is not ("open" or "closed")) return Error.Invalid("analytics.unknown_issue_state", "state is open or closed.", "state");
        var after = page.After<Position>();
        var rows = await unitOfWork.QueryAsync<ProductIssueRow>(
            $"SELECT {ProductIssueRow.Columns} FROM product_issues WHERE state = @state AND (@id::uuid IS NULL OR id < @id) ORDER BY id DESC LIMIT @limit",
            new { state, id = after?.Id, limit = page.Limit + 1 }, cancellationToken);
        return Page<ProductIssueRow>.From(rows, page.Limit, row => new Position(row.Id));
    }

    private static async Task<Result<Chart>> ChartAsync(
        Guid id, UnitOfWork unitOfWork, ProductIssueStore issues, BusinessCalendar calendar, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, unitOfWork, cancellationToken) is not { } issue) return AnalyticsErrors.ProductIssueNotFound;
        var asOf = calendar.DayOf(issue.ClosedAt ?? issue.RaisedAt) is var day && day < issue.BeganOn.AddDays(7 * RateStream.BaselinePeriods) ? day : issue.BeganOn.AddDays(7 * RateStream.BaselinePeriods);
        var streams = await issues.StreamsAsync(issue.Signal, asOf, issue.Sku, cancellationToken);
        if (streams.Count == 0) return new Chart(issue.Sku, issue.Signal, 0, [], null, ProductIssueStore.FormulaVersion);
        var weeks = streams[0].Weeks;
        var before = weeks[..RateStream.BaselinePeriods];
        var exposure = before.Sum(week => week.Exposure);
        var baseline = exposure > 0 ? before.Sum(week => week.Events) / exposure : issue.Expected / Math.Max(1, issue.Events);
        return new Chart(issue.Sku, issue.Signal, baseline,
        [
            .. weeks.Select((week, at) =>
            {
                var from = asOf.AddDays(1 - (7 * (weeks.Length - at)));
                if (!(week.Exposure > 0)) return new ChartWeek(from, week.Events, week.Exposure, null, null, null, false);
                var mean = baseline * week.Exposure;
                var (low, high) = (Limit(0.0015, mean), Limit(0.9985, mean));
                return new ChartWeek(from, week.Events, week.Exposure, week.Events / week.Exposure, low / week.Exposure, high / week.Exposure, week.Events > high || week.Events < low);
            }),
        ], RateStream.Watch(weeks[RateStream.BaselinePeriods..], baseline, launched: exposure <= 0), ProductIssueStore.FormulaVersion);
    }

    private static async Task<Result<ProductIssueRow>> CloseAsync(
        Guid id, CloseRequest request, UnitOfWork unitOfWork, Ids ids, ActorAccessor actor, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var closed = await unitOfWork.QuerySingleOrDefaultAsync<ProductIssueRow>(
            $"""
            UPDATE product_issues SET state = 'closed', closed_at = @now, closed_by = @by, closed_reason = @Reason WHERE id = @id AND state = 'open'
            RETURNING {ProductIssueRow.Columns}
            """,
            new { id, request.Reason, now, by = actor.Current?.Subject ?? Actor.System.Subject }, cancellationToken);
        if (closed is null) return await FindAsync(id, unitOfWork, cancellationToken) is null ? AnalyticsErrors.ProductIssueNotFound : AnalyticsErrors.ProductIssueClosed;
        unitOfWork.Enqueue(new ProductIssueClosed(ids.Next(), now, closed.Id, closed.Sku, request.Reason));
        return closed;
    }

    private static Task<ProductIssueRow?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<ProductIssueRow>($"SELECT {ProductIssueRow.Columns} FROM product_issues WHERE id = @id", new { id }, cancellationToken);

    /// <summary>The smallest count whose distribution function reaches p.</summary>
    private static long Limit(double p, double mean)
    {
        var count = 0L;
        while (1 - GammaDistribution.PoissonAtLeast(count + 1, mean) < p) count++;
        return count;
    }

    private static ScanResponse Of(Job job) => new(job.Id, job.ParamsAs<IssueScanParams>().AsOf, JobStatus.Of(job), job.ResultAs<IssueScanResult>());

    private sealed record Position(Guid Id);
}
