using Crm.Analytics.Domain;
using Crm.Analytics.Jobs;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features;

/// <summary>Scoring runs with their progress; the list is newest first.</summary>
internal static class ReadScoringRuns
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/scoring-runs/{id:guid}", async (Guid id, JobStore jobs, CancellationToken cancellationToken) => (await Get(id, jobs, cancellationToken)).ToOk())
            .WithName("GetScoringRun")
            .AllowRoles(Roles.Analytics);
        api.MapGet("/scoring-runs", async (PageRequest page, JobStore jobs, CancellationToken cancellationToken) => (await List(page, jobs, cancellationToken)).ToOk())
            .WithName("ListScoringRuns")
            .AllowRoles(Roles.Analytics);
    }

    private static async Task<Result<ScoringRunResponse>> Get(Guid id, JobStore jobs, CancellationToken cancellationToken) =>
        await jobs.FindAsync(JobKind.ScoringRun, id, cancellationToken) is { } job ? ScoringRunResponse.Of(job) : AnalyticsErrors.JobNotFound;

    private static async Task<Result<Page<ScoringRunResponse>>> List(PageRequest page, JobStore jobs, CancellationToken cancellationToken)
    {
        var rows = await jobs.ListAsync(JobKind.ScoringRun, page.After<JobPosition>()?.Id, page.Limit + 1, cancellationToken);
        return Page<ScoringRunResponse>.From([.. rows.Select(ScoringRunResponse.Of)], page.Limit, run => new JobPosition(run.Id));
    }
}
