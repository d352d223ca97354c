using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Segments;

internal static class GetSegment
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/segments/{id:guid}", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetSegment").WithSummary("One segment with its criteria").AllowRoles(MarketingRights.Readers);

    public static Task<SegmentRow?> FindAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        unitOfWork.QuerySingleOrDefaultAsync<SegmentRow>($"SELECT {SegmentRow.Columns} FROM segments WHERE id = @id", new { id }, cancellationToken);

    private static async Task<Result<SegmentResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await FindAsync(id, unitOfWork, cancellationToken) is { } segment ? segment.ToResponse() : CampaignErrors.SegmentNotFound;
}
