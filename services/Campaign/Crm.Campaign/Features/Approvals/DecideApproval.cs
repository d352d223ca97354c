using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Contracts.Events.V1;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Approvals;

public sealed record ApproveRequest([property: StringLength(2_000)] string? Reason = null);

public sealed record RejectRequest([property: Required, StringLength(2_000, MinimumLength = 1)] string Reason);

/// <summary>The second pair of eyes: not the author's, not the requester's, and on what the campaign still is.</summary>
internal static class DecideApproval
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/campaigns/{id:guid}/approvals/{approvalId:guid}/approve", async (Guid id, Guid approvalId, ApproveRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, approvalId, "approved", request.Reason, unitOfWork, ids, time, actor.Required, cancellationToken)).ToOk())
            .WithName("ApproveCampaign").WithSummary("Lets the campaign be launched as it is").AllowRoles(Roles.MarketingApprover);
        api.MapPost("/campaigns/{id:guid}/approvals/{approvalId:guid}/reject", async (Guid id, Guid approvalId, RejectRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, approvalId, "rejected", request.Reason, unitOfWork, ids, time, actor.Required, cancellationToken)).ToOk())
            .WithName("RejectCampaign").WithSummary("Keeps the campaign as it is from being launched").AllowRoles(Roles.MarketingApprover);
    }

    private static async Task<Result<ApprovalResponse>> HandleAsync(
        Guid id, Guid approvalId, string decision, string? reason, UnitOfWork unitOfWork, Ids ids, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        await CampaignContent.LockAsync(id, unitOfWork, cancellationToken);
        var approval = await unitOfWork.QuerySingleOrDefaultAsync<ApprovalRow>(
            $"{ApprovalRow.Select} WHERE a.id = @approvalId AND a.campaign_id = @id", new { id, approvalId }, cancellationToken);
        if (approval is null) return ApprovalErrors.NotFound;
        if (approval.State != "requested") return ApprovalErrors.Decided(approval.State);
        if (approval.Changed.Length > 0) return ApprovalErrors.Void(approval.Changed);

        var author = approval.RequestedBy == actor.Subject || await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            """
            SELECT EXISTS (SELECT 1 FROM campaigns WHERE id = @id AND created_by = @Subject)
                OR EXISTS (SELECT 1 FROM campaign_plans WHERE campaign_id = @id AND changed_by = @Subject)
            """,
            new { id, actor.Subject },
            cancellationToken);
        if (author) return ApprovalErrors.ApproverIsAuthor;

        var now = time.GetUtcNow();
        await unitOfWork.ExecuteAsync(
            "UPDATE campaign_approvals SET state = @decision, decided_by = @Subject, decided_at = @now, reason = @reason WHERE id = @approvalId",
            new { approvalId, decision, reason, actor.Subject, now },
            cancellationToken);
        unitOfWork.Enqueue(new ApprovalChanged(ids.Next(), now, approvalId, "campaign", id, decision));
        return (await unitOfWork.QuerySingleOrDefaultAsync<ApprovalRow>($"{ApprovalRow.Select} WHERE a.id = @approvalId", new { approvalId }, cancellationToken))!.ToResponse();
    }
}
