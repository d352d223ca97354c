using Crm.Campaign.Domain;
using Crm.Campaign.Features.Campaigns;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.PrintRuns;

internal static class ListPrintRuns
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/print-runs", HandleAsync).WithName("ListPrintRuns").WithSummary("In their order").AllowRoles([.. Roles.Marketing, Roles.Ops]);

    private static async Task<Results<Ok<Page<PrintRunSummary>>, ProblemHttpResult>> HandleAsync(
        Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is null) return CampaignErrors.CampaignNotFound.ToProblem();
        var rows = await PrintRunResponse.ListAsync(id, page.After<CursorKey>()?.Seq ?? 0, page.Limit + 1, unitOfWork, cancellationToken);
        return TypedResults.Ok(Page<PrintRunSummary>.From(rows, page.Limit, row => new CursorKey(row.Seq)));
    }

    private sealed record CursorKey(int Seq);
}
