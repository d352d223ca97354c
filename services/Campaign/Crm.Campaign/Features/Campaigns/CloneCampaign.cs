using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Delivery.Pacing;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

public sealed record CloneRequest([property: Required, StringLength(200, MinimumLength = 1)] string Name);

/// <summary>
/// A draft with the same segment, template, sender, hold-out, pacing, attribution, call rules, variants with their test (whose lot is drawn anew), plan
/// (without its times) and tasks (open again, without days); nothing of what was sent.
/// </summary>
internal static class CloneCampaign
{
    private const int MaxTasks = 500;

    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/campaigns/{id:guid}/clone", async (Guid id, CloneRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, ActorAccessor actor, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, ids, time, actor.Required, cancellationToken)).ToCreated(campaign => $"/api/campaign/v1/campaigns/{campaign.Id}"))
            .WithName("CloneCampaign").WithSummary("A draft like this one").AllowRoles(Roles.Marketing);

    private static async Task<Result<CampaignResponse>> HandleAsync(
        Guid id, CloneRequest request, UnitOfWork unitOfWork, Ids ids, TimeProvider time, Actor actor, CancellationToken cancellationToken)
    {
        var args = new { id, newId = ids.Next(), request.Name, actor.Subject, now = time.GetUtcNow() };
        var clone = await unitOfWork.QuerySingleOrDefaultAsync<CampaignResponse>(
            $"""
            INSERT INTO campaigns (id, version, name, kind, segment_id, template_id, channel, sender_name, from_address, holdout_percent, state, created_by, created_at)
            SELECT @newId, 1, @Name, kind, segment_id, template_id, channel, sender_name, from_address, holdout_percent, 'draft', @Subject, @now FROM campaigns WHERE id = @id
            RETURNING {CampaignResponse.Columns}
            """,
            args,
            cancellationToken);
        if (clone is null) return CampaignErrors.CampaignNotFound;
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO campaign_plans (campaign_id, currency, budget, expected_revenue, message_costs, point_cost, owner, goal, tags, changed_by, changed_at)
            SELECT @newId, currency, budget, expected_revenue, message_costs, point_cost, owner, goal, tags, @Subject, @now FROM campaign_plans WHERE campaign_id = @id
            """,
            args,
            cancellationToken);
        await CopySettingsAsync(id, clone.Id, ids.Next().ToString("N"), unitOfWork, cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO campaign_tasks (id, version, campaign_id, title, assignee, state, created_by, created_at)
            SELECT t.new_id, 1, @newId, t.title, t.assignee, 'open', @Subject, @now
            FROM (SELECT title, assignee, id, (@taskIds::uuid[])[(row_number() OVER (ORDER BY id))::int] AS new_id FROM campaign_tasks WHERE campaign_id = @id AND state <> 'dropped') t
            WHERE t.new_id IS NOT NULL
            """,
            new { args.id, args.newId, args.Subject, args.now, taskIds = Enumerable.Range(0, MaxTasks).Select(_ => ids.Next()).ToArray() },
            cancellationToken);
        return clone;
    }

    private static Task<int> CopySettingsAsync(Guid id, Guid newId, string salt, UnitOfWork unitOfWork, CancellationToken cancellationToken) => unitOfWork.ExecuteAsync(
        $"""
        INSERT INTO campaign_pacing (campaign_id, {CampaignPacing.Columns}) SELECT @newId, {CampaignPacing.Columns} FROM campaign_pacing WHERE campaign_id = @id;
        INSERT INTO campaign_attributions (campaign_id, window_days) SELECT @newId, window_days FROM campaign_attributions WHERE campaign_id = @id;
        INSERT INTO call_lists (campaign_id, max_attempts, no_answer_pause, busy_pause, calls_from, calls_until, weekdays, lease)
        SELECT @newId, max_attempts, no_answer_pause, busy_pause, calls_from, calls_until, weekdays, lease FROM call_lists WHERE campaign_id = @id;
        INSERT INTO campaign_variants (campaign_id, name, position, weight, template_id, subjects)
        SELECT @newId, name, position, weight, template_id, subjects FROM campaign_variants WHERE campaign_id = @id;
        INSERT INTO campaign_experiments (campaign_id, salt, metric, alpha, test_percent, horizon_minutes, minimum_sample, default_variant)
        SELECT @newId, @salt, metric, alpha, test_percent, horizon_minutes, minimum_sample, default_variant FROM campaign_experiments WHERE campaign_id = @id
        """,
        new { id, newId, salt },
        cancellationToken);
}
