using Crm.Campaign.Domain.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Segments;

internal static class CreateSegment
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/segments", async (SegmentRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(request, unitOfWork, ids, time, actor, cancellationToken)).ToCreated(segment => $"/api/campaign/v1/segments/{segment.Id}"))
            .WithName("CreateSegment").WithSummary("Saves a segment; its criteria are checked").AllowRoles(Roles.Marketing);

    private static async Task<Result<SegmentResponse>> HandleAsync(
        SegmentRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken)
    {
        if (CriteriaParser.Parse(request.Criteria).Error is { } error) return error;

        var now = time.GetUtcNow();
        var segment = new SegmentResponse(ids.Next(), 1, request.Name, request.Criteria, actor.Required.Subject, now, now);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO segments (id, version, name, criteria, created_by, created_at, changed_at)
            VALUES (@Id, 1, @Name, @criteria::jsonb, @CreatedBy, @CreatedAt, @CreatedAt)
            """,
            new { segment.Id, segment.Name, criteria = request.Criteria.GetRawText(), segment.CreatedBy, segment.CreatedAt },
            cancellationToken);
        return segment;
    }
}
