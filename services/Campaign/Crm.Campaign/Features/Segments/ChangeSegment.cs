using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Segments;

/// <summary>Segments that name this one follow. Campaigns that were launched keep the criteria they were launched with.</summary>
internal static class ChangeSegment
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPut("/segments/{id:guid}", async (
                Guid id, SegmentRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, ifMatch, unitOfWork, time, actor, cancellationToken)).ToOk())
            .WithName("ChangeSegment").WithSummary("Replaces name and criteria").AllowRoles(Roles.Marketing);

    private static async Task<Result<SegmentResponse>> HandleAsync(
        Guid id, SegmentRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        var graph = new SegmentGraph(unitOfWork);
        await graph.LockAsync(id, cancellationToken);
        if (!(await graph.CheckAsync(id, request.Criteria, cancellationToken)).TryGet(out var criteria, out var error)) return error;

        var changed = await unitOfWork.QuerySingleOrDefaultAsync<SegmentRow>(
            $"""
            UPDATE segments SET version = version + 1, name = @Name, criteria = @criteria::jsonb, expanded = @Expanded::jsonb, changed_at = @now
            WHERE id = @id AND version = @Version
            RETURNING {SegmentRow.Columns}
            """,
            new { id, ifMatch.Version, request.Name, criteria = request.Criteria.GetRawText(), criteria.Expanded, now = time.GetUtcNow() },
            cancellationToken);
        if (changed is null) return await GetSegment.FindAsync(id, unitOfWork, cancellationToken) is null ? CampaignErrors.SegmentNotFound : CampaignErrors.Stale;

        await SegmentRow.KeepVersionAsync(id, actor.Required.Subject, unitOfWork, cancellationToken);
        return await graph.ConnectAsync(id, criteria.Uses, cancellationToken) is { } refusal ? refusal : changed.ToResponse();
    }
}
