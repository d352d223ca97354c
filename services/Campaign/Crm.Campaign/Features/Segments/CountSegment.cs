using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Segments;

/// <summary>See <see cref="PreviewResponse"/>.</summary>
public sealed record CountResponse(long Matching, long Reachable, IReadOnlyDictionary<string, long> Excluded, DateTimeOffset CountedAt);

internal static class CountSegment
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/segments/{id:guid}/count", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, time, cancellationToken)).ToOk())
            .WithName("CountSegment").WithSummary("How many customers are in it now").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<CountResponse>> HandleAsync(Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await GetSegment.FindAsync(id, unitOfWork, cancellationToken) is not { } segment) return CampaignErrors.SegmentNotFound;
        return await PreviewSegment.CountAsync(CriteriaParser.ParseStored(segment.Criteria), unitOfWork, time, cancellationToken);
    }
}
