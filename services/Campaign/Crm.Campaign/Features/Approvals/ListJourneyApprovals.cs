using Crm.Campaign.Domain.Journeys;
using Crm.Campaign.Features.Journeys;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Approvals;

internal static class ListJourneyApprovals
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/journeys/{id:guid}/approvals", async (Guid id, PageRequest page, UnitOfWork unitOfWork, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await OfJourneyAsync(id, page, unitOfWork, actor.Required, cancellationToken)).ToOk())
            .WithName("ListJourneyApprovals").WithSummary("Requests and decisions about a journey, newest first").AllowRoles(JourneyRights.Readers);
        api.MapGet("/journey-approvals", async (PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await ReadAsync("a.state = 'requested' AND j.state <> 'ended'", null, page, unitOfWork, cancellationToken)).ToOk())
            .WithName("ListOpenJourneyApprovals").WithSummary("Journeys that wait for an approver, newest first").AllowRoles(MarketingRights.Readers);
    }

    private static async Task<Result<Page<JourneyApprovalResponse>>> OfJourneyAsync(
        Guid id, PageRequest page, UnitOfWork unitOfWork, Actor actor, CancellationToken cancellationToken) =>
        await JourneyRights.FindAsync(id, actor, unitOfWork, cancellationToken) is null
            ? JourneyErrors.NotFound
            : await ReadAsync("a.journey_id = @id", id, page, unitOfWork, cancellationToken);

    private static async Task<Result<Page<JourneyApprovalResponse>>> ReadAsync(
        string condition, Guid? id, PageRequest page, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var rows = await unitOfWork.QueryAsync<JourneyApprovalRow>(
            $"{JourneyApprovalRow.Select} WHERE {condition} AND (@before::uuid IS NULL OR a.id < @before) ORDER BY a.id DESC LIMIT @limit + 1",
            new { id, before = page.After<CursorKey>()?.Id, limit = page.Limit },
            cancellationToken);
        return Page<JourneyApprovalResponse>.From([.. rows.Select(row => row.ToResponse())], page.Limit, row => new CursorKey(row.Id));
    }

    private sealed record CursorKey(Guid Id);
}
