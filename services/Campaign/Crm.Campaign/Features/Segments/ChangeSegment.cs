using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Segments;

/// <summary>Campaigns that were launched keep the criteria they were launched with.</summary>
internal static class ChangeSegment
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPut("/segments/{id:guid}", async (Guid id, SegmentRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, ifMatch, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("ChangeSegment").WithSummary("Replaces name and criteria").AllowRoles(Roles.Marketing);

    private static async Task<Result<SegmentResponse>> HandleAsync(
        Guid id, SegmentRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (CriteriaParser.Parse(request.Criteria).Error is { } error) return error;

        var changed = await unitOfWork.QuerySingleOrDefaultAsync<SegmentRow>(
            $"""
            UPDATE segments SET version = version + 1, name = @Name, criteria = @criteria::jsonb, changed_at = @now
            WHERE id = @id AND version = @Version
            RETURNING {SegmentRow.Columns}
            """,
            new { id, ifMatch.Version, request.Name, criteria = request.Criteria.GetRawText(), now = time.GetUtcNow() },
            cancellationToken);
        if (changed is not null) return changed.ToResponse();
        return await GetSegment.FindAsync(id, unitOfWork, cancellationToken) is null ? CampaignErrors.SegmentNotFound : CampaignErrors.Stale;
    }
}
