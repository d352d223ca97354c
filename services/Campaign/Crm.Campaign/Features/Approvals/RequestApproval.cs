using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Domain.Segments;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Campaigns;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Approvals;

/// <param name="Comment">For the approver.</param>
public sealed record ApprovalRequest([property: StringLength(2_000)] string? Comment = null);

/// <summary>Puts the campaign as it is now before the approvers. An earlier request or decision is superseded.</summary>
internal static class RequestApproval
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/campaigns/{id:guid}/approvals", async (Guid id, ApprovalRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, ids, time, actor.Required, cancellationToken))
                .ToCreated(approval => $"/api/campaign/v1/campaigns/{id}/approvals"))
            .WithName("RequestApproval").WithSummary("Puts the campaign as it is before the approvers").AllowRoles(Roles.Marketing);

    private static async Task<Result<ApprovalResponse>> HandleAsync(
        Guid id, ApprovalRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        await CampaignContent.LockAsync(id, unitOfWork, cancellationToken);
        if (await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is not { } campaign) return CampaignErrors.CampaignNotFound;
        if (campaign.State is not ("draft" or "scheduled")) return CampaignErrors.WrongState(campaign.State, "a draft or scheduled");

        var now = time.GetUtcNow();
        var recipients = await ReachableAsync(campaign.SegmentId, campaign.Channel, unitOfWork, time, cancellationToken);
        await unitOfWork.ExecuteAsync(
            "UPDATE campaign_approvals SET state = 'superseded' WHERE campaign_id = @id AND state <> 'superseded'", new { id }, cancellationToken);
        var approvalId = ids.Next();
        await unitOfWork.ExecuteAsync(
            $"""
            INSERT INTO campaign_approvals (id, campaign_id, state, recipients, content, comment, requested_by, requested_at)
            SELECT @approvalId, c.id, 'requested', @recipients, {CampaignContent.Sql}, @Comment, @Subject, @now FROM campaigns c WHERE c.id = @id
            """,
            new { id, approvalId, recipients, request.Comment, actor.Subject, now },
            cancellationToken);
        unitOfWork.Enqueue(new ApprovalChanged(ids.Next(), now, approvalId, "campaign", id, "requested"));
        return (await unitOfWork.QuerySingleOrDefaultAsync<ApprovalRow>($"{ApprovalRow.Select} WHERE a.id = @approvalId", new { approvalId }, cancellationToken))!.ToResponse();
    }

    /// <summary>Without a segment (triggered): anybody whom the channel reaches may get it over time.</summary>
    private static async Task<long> ReachableAsync(Guid? segmentId, string channel, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        var criteria = segmentId is { } id ? CriteriaParser.ParseStored((await GetSegment.FindAsync(id, unitOfWork, cancellationToken))!.Criteria) : new Criterion.All([]);
        return (await AudienceQuery.CountAsync(criteria, channel, new AudienceOptions(), unitOfWork, time, cancellationToken)).Value.Reachable;
    }
}
