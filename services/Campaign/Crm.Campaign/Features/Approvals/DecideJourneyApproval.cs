using Crm.Campaign.Contracts.Events.V1;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Approvals;

/// <summary>The second pair of eyes: not the author's, not the requester's, and on what the journey still is.</summary>
internal static class DecideJourneyApproval
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/journeys/{id:guid}/approvals/{approvalId:guid}/approve", async (Guid id, Guid approvalId, ApproveRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, approvalId, "approved", request.Reason, unitOfWork, ids, time, actor.Required, cancellationToken)).ToOk())
            .WithName("ApproveJourney").WithSummary("Lets the journey be activated as it is").AllowRoles(Roles.MarketingApprover);
        api.MapPost("/journeys/{id:guid}/approvals/{approvalId:guid}/reject", async (Guid id, Guid approvalId, RejectRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, approvalId, "rejected", request.Reason, unitOfWork, ids, time, actor.Required, cancellationToken)).ToOk())
            .WithName("RejectJourney").WithSummary("Keeps the journey as it is from being activated").AllowRoles(Roles.MarketingApprover);
    }

    private static async Task<Result<JourneyApprovalResponse>> HandleAsync(
        Guid id, Guid approvalId, string decision, string? reason, UnitOfWork unitOfWork, Ids ids, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        await JourneyContent.LockAsync(id, unitOfWork, cancellationToken);
        if (await JourneyApprovalRow.FindAsync(approvalId, unitOfWork, cancellationToken) is not { } approval || approval.JourneyId != id) return ApprovalErrors.NotFound;
        if (approval.State != "requested") return ApprovalErrors.Decided(approval.State);
        if (approval.Changed.Length > 0) return ApprovalErrors.Void(approval.Changed);
        if (approval.RequestedBy == actor.Subject || await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            "SELECT EXISTS (SELECT FROM journeys WHERE id = @id AND @Subject IN (created_by, changed_by))", new { id, actor.Subject }, cancellationToken))
        {
            return ApprovalErrors.ApproverIsAuthor;
        }

        var now = time.GetUtcNow();
        await unitOfWork.ExecuteAsync(
            "UPDATE journey_approvals SET state = @decision, decided_by = @Subject, decided_at = @now, reason = @reason WHERE id = @approvalId",
            new { approvalId, decision, reason, actor.Subject, now },
            cancellationToken);
        unitOfWork.Enqueue(new ApprovalChanged(ids.Next(), now, approvalId, "journey", id, decision));
        return (await JourneyApprovalRow.FindAsync(approvalId, unitOfWork, cancellationToken))!.ToResponse();
    }
}
