using Crm.Campaign.Domain;
using Crm.Campaign.Features.Approvals;
using Crm.Campaign.Features.Campaigns;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Planning;

/// <summary>
/// Lets the campaign be launched by itself at the time of its plan. What a launch by hand would be refused for is refused here already,
/// and looked at again at that time.
/// </summary>
internal static class ScheduleCampaign
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/campaigns/{id:guid}/schedule", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, ActorAccessor actor, IOptions<ApprovalOptions> approval, CancellationToken cancellationToken) =>
                (await ScheduleAsync(id, unitOfWork, time, actor.Required, approval.Value, cancellationToken)).ToOk())
            .WithName("ScheduleCampaign").WithSummary("Launches it at the time of its plan").AllowRoles(Roles.Marketing);
        api.MapPost("/campaigns/{id:guid}/unschedule", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await UnscheduleAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("UnscheduleCampaign").WithSummary("Makes it a draft again").AllowRoles(Roles.Marketing);
    }

    private static async Task<Result<PlanResponse>> ScheduleAsync(
        Guid id, UnitOfWork unitOfWork, TimeProvider time, Actor actor, ApprovalOptions approval, CancellationToken cancellationToken)
    {
        await CampaignContent.LockAsync(id, unitOfWork, cancellationToken);
        if (await PlanRow.FindAsync(id, unitOfWork, cancellationToken) is not { } plan) return CampaignErrors.CampaignNotFound;
        if (plan.State != "draft") return CampaignErrors.WrongState(plan.State, "a draft");
        var now = time.GetUtcNow();
        if (plan.LaunchAt is null) return PlanErrors.NoLaunchTime;
        if (plan.LaunchAt <= now) return PlanErrors.LaunchTimePassed;
        if (!(await LaunchCampaign.CheckAsync(id, unitOfWork, now, approval, cancellationToken)).TryGet(out _, out var refusal)) return refusal;

        await unitOfWork.ExecuteAsync("UPDATE campaigns SET state = 'scheduled', version = version + 1 WHERE id = @id", new { id }, cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO campaign_schedules (campaign_id, launch_at, next_attempt_at, scheduled_by, scheduled_at) VALUES (@id, @LaunchAt, @LaunchAt, @Subject, @now)
            """,
            new { id, plan.LaunchAt, actor.Subject, now },
            cancellationToken);
        return await PlanRow.ReadAsync(id, unitOfWork, cancellationToken);
    }

    private static async Task<Result<CampaignResponse>> UnscheduleAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var changed = await unitOfWork.QuerySingleOrDefaultAsync<CampaignResponse>(
            $"UPDATE campaigns SET state = 'draft', version = version + 1 WHERE id = @id AND state = 'scheduled' RETURNING {CampaignResponse.Columns}", new { id }, cancellationToken);
        if (changed is not null)
        {
            await unitOfWork.ExecuteAsync("DELETE FROM campaign_schedules WHERE campaign_id = @id", new { id }, cancellationToken);
            return changed;
        }

        return await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is { } campaign
            ? CampaignErrors.WrongState(campaign.State, "scheduled")
            : CampaignErrors.CampaignNotFound;
    }
}
