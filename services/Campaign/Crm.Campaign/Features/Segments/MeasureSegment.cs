using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Segments;

/// <summary>What the nightly measurement does, at once.</summary>
internal static class MeasureSegment
{
    private static readonly Error Busy = Error.Conflict("campaign.segment_being_measured", "This segment is being measured already.");

    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/segments/{id:guid}/sizes", async (
                Guid id, UnitOfWork unitOfWork, IOptions<AudienceOptions> options, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, options.Value, time, cancellationToken)).ToOk())
            .WithName("MeasureSegment").WithSummary("Measures its size now, and who joined and departed since").AllowRoles(Roles.Marketing);

    private static async Task<Result<SegmentSize>> HandleAsync(
        Guid id, UnitOfWork unitOfWork, AudienceOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await GetSegment.FindAsync(id, unitOfWork, cancellationToken) is not { } segment) return CampaignErrors.SegmentNotFound;
        return await SegmentMeasure.MeasureAsync(segment, options, unitOfWork, time, cancellationToken) is { } size ? size : Busy;
    }
}
