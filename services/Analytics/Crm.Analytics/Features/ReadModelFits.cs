using Crm.Analytics.Domain;
using Crm.Analytics.Jobs;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Security;

namespace Crm.Analytics.Features;

/// <summary>Fits with their progress, parameters, standard errors and diagnostics; the list is newest first.</summary>
internal static class ReadModelFits
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/model-fits/{id:guid}", async (Guid id, JobStore jobs, CancellationToken cancellationToken) => (await Get(id, jobs, cancellationToken)).ToOk())
            .WithName("GetModelFit")
            .AllowRoles(Roles.Analytics);
        api.MapGet("/model-fits", async (PageRequest page, JobStore jobs, CancellationToken cancellationToken) => (await List(page, jobs, cancellationToken)).ToOk())
            .WithName("ListModelFits")
            .AllowRoles(Roles.Analytics);
    }

    private static async Task<Result<ModelFitResponse>> Get(Guid id, JobStore jobs, CancellationToken cancellationToken) =>
        await jobs.FindAsync(JobKind.ModelFit, id, cancellationToken) is { } job ? ModelFitResponse.Of(job) : AnalyticsErrors.JobNotFound;

    private static async Task<Result<Page<ModelFitResponse>>> List(PageRequest page, JobStore jobs, CancellationToken cancellationToken)
    {
        var rows = await jobs.ListAsync(JobKind.ModelFit, page.After<JobPosition>()?.Id, page.Limit + 1, cancellationToken);
        return Page<ModelFitResponse>.From([.. rows.Select(ModelFitResponse.Of)], page.Limit, fit => new JobPosition(fit.Id));
    }
}
