using Crm.Analytics.Domain;
using Crm.Analytics.Jobs;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features.Metrics;

/// <summary>Asks for all projections to be dropped and made anew from the event log; watch it at the Location.</summary>
internal static class RebuildProjections
{
    private const string EveryCurrency = "*";

    public sealed record Response(Guid Id, JobStatus Status, RebuildResult? Result);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/projection-rebuilds", async (JobStore jobs, CancellationToken cancellationToken) =>
                ((Result<Response>)Of(await jobs.AddAsync(JobKind.Rebuild, EveryCurrency, new { }, scheduleKey: null, cancellationToken)))
                .ToAccepted(rebuild => $"/api/analytics/v1/projection-rebuilds/{rebuild.Id}"))
            .WithName("RebuildProjections")
            .AllowRoles(Roles.Ops);
        api.MapGet("/projection-rebuilds/{id:guid}", async (Guid id, JobStore jobs, CancellationToken cancellationToken) =>
                (await jobs.FindAsync(JobKind.Rebuild, id, cancellationToken) is { } job ? (Result<Response>)Of(job) : AnalyticsErrors.JobNotFound).ToOk())
            .WithName("GetProjectionRebuild")
            .AllowRoles(Roles.Analytics);
    }

    private static Response Of(Job job) => new(job.Id, JobStatus.Of(job), job.ResultAs<RebuildResult>());
}
