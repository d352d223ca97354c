using Crm.Campaign.Domain;
using Crm.Campaign.Features.Campaigns;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Files;

public sealed record FileDownloadEntry(Guid Id, string Kind, string File, string Actor, string ActorName, DateTimeOffset OccurredAt);

internal static class ListFileDownloads
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/campaigns/{id:guid}/file-downloads", HandleAsync)
            .WithName("ListFileDownloads").WithSummary("Who took which file of the campaign, newest first").AllowRoles(Roles.MarketingApprover, Roles.Ops);

    private static async Task<Results<Ok<Page<FileDownloadEntry>>, ProblemHttpResult>> HandleAsync(
        Guid id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is null) return CampaignErrors.CampaignNotFound.ToProblem();
        var rows = await unitOfWork.QueryAsync<FileDownloadEntry>(
            """
            SELECT id, kind, file, actor, actor_name, occurred_at FROM file_downloads
            WHERE campaign_id = @id AND (@before::uuid IS NULL OR id < @before) ORDER BY id DESC LIMIT @limit + 1
            """,
            new { id, before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return TypedResults.Ok(Page<FileDownloadEntry>.From(rows, page.Limit, row => new CursorKey(row.Id)));
    }

    private sealed record CursorKey(Guid Id);
}
