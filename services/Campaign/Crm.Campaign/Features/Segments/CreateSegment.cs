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
        var graph = new SegmentGraph(unitOfWork);
        await graph.LockAsync(null, cancellationToken);
        if (!(await graph.CheckAsync(null, request.Criteria, cancellationToken)).TryGet(out var criteria, out var error)) return error;

        var now = time.GetUtcNow();
        var segment = new SegmentResponse(ids.Next(), 1, request.Name, request.Criteria, actor.Required.Subject, now, now);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO segments (id, version, name, criteria, expanded, created_by, created_at, changed_at)
            VALUES (@Id, 1, @Name, @criteria::jsonb, @Expanded::jsonb, @CreatedBy, @CreatedAt, @CreatedAt)
            """,
            new { segment.Id, segment.Name, criteria = request.Criteria.GetRawText(), criteria.Expanded, segment.CreatedBy, segment.CreatedAt },
            cancellationToken);
        await SegmentRow.KeepVersionAsync(segment.Id, segment.CreatedBy, unitOfWork, cancellationToken);
        return await graph.ConnectAsync(segment.Id, criteria.Uses, cancellationToken) is { } refusal ? refusal : segment;
    }
}
