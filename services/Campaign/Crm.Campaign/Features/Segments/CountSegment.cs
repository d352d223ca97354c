using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Segments;

internal static class CountSegment
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapGet("/segments/{id:guid}/count", async (
                Guid id, UnitOfWork unitOfWork, IOptions<AudienceOptions> options, TimeProvider time, CancellationToken cancellationToken, string channel = "email") =>
                (await HandleAsync(id, channel, unitOfWork, options.Value, time, cancellationToken)).ToOk())
            .WithName("CountSegment").WithSummary("How many customers are in it now, and who of them would not be written to on the channel, and why").AllowRoles(MarketingRights.Readers);

    private static async Task<Result<CountResponse>> HandleAsync(
        Guid id, string channel, UnitOfWork unitOfWork, AudienceOptions options, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await GetSegment.FindAsync(id, unitOfWork, cancellationToken) is not { } segment) return CampaignErrors.SegmentNotFound;
        return await AudienceQuery.CountAsync(CriteriaParser.ParseStored(segment.Criteria), channel, options, unitOfWork, time, cancellationToken);
    }
}
