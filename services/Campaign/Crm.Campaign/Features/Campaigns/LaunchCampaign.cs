using Crm.Campaign.Delivery;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Segments;
using Crm.Campaign.Experiments;
using Crm.Campaign.Features.Approvals;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Campaigns;

/// <summary>
/// Fixes criteria and text and lets the dispatcher begin. Only what was not launched can be, so that it happens once; the audience is
/// walked afterwards, by the dispatcher.
/// </summary>
internal static class LaunchCampaign
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/campaigns/{id:guid}/launch", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, IOptions<ApprovalOptions> approval, CancellationToken cancellationToken) =>
                (await LaunchAsync(id, unitOfWork, time.GetUtcNow(), approval.Value, cancellationToken)).ToAccepted(campaign => $"/api/campaign/v1/campaigns/{campaign.Id}"))
            .WithName("LaunchCampaign").WithSummary("Begins to send").AllowRoles(Roles.Marketing);

    /// <summary>At once, whether it was scheduled or not.</summary>
    public static async Task<Result<CampaignResponse>> LaunchAsync(
        Guid id, UnitOfWork unitOfWork, DateTimeOffset now, ApprovalOptions approval, CancellationToken cancellationToken)
    {
        if (!(await CheckAsync(id, unitOfWork, now, approval, cancellationToken)).TryGet(out var content, out var refusal)) return refusal;
        if (await Experiment.FixAsync(id, unitOfWork, cancellationToken) is { } wrong) return wrong;

        var launched = await unitOfWork.QuerySingleOrDefaultAsync<CampaignResponse>(
            $"""
            UPDATE campaigns SET state = 'sending', version = version + 1, epoch = epoch + 1, launched_at = @now, criteria = @Criteria::jsonb,
                template_version = (SELECT version FROM templates WHERE id = template_id)
            WHERE id = @id AND state IN ('draft', 'scheduled')
            RETURNING {CampaignResponse.Columns}
            """,
            new { id, now, content.Criteria },
            cancellationToken);
        if (launched is null) return CampaignErrors.WrongState("launched already", "a draft or scheduled");
        await unitOfWork.ExecuteAsync("DELETE FROM campaign_schedules WHERE campaign_id = @id", new { id }, cancellationToken);
        return launched;
    }

    /// <summary>What to launch with, or why the campaign cannot be launched now.</summary>
    public static async Task<Result<LaunchContent>> CheckAsync(
        Guid id, UnitOfWork unitOfWork, DateTimeOffset now, ApprovalOptions approval, CancellationToken cancellationToken)
    {
        if (await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is not { } campaign) return CampaignErrors.CampaignNotFound;
        if (campaign.State is not ("draft" or "scheduled")) return CampaignErrors.WrongState(campaign.State, "a draft or scheduled");

        if (campaign.SegmentId is not { } segmentId)
        {
            // Triggered: over time it may reach whomever the channel reaches.
            var everybody = CriteriaCompiler.Compile(new Criterion.All([]), now);
            return await Approval.CheckAsync(id, campaign.Channel, everybody, approval, unitOfWork, cancellationToken) is { } unapproved ? unapproved : new LaunchContent(null);
        }

        var segment = (await GetSegment.FindAsync(segmentId, unitOfWork, cancellationToken))!;
        var compiled = CriteriaCompiler.Compile(CriteriaParser.ParseStored(segment.Criteria), now);
        var anybody = await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            $"SELECT EXISTS (SELECT 1 FROM audience a WHERE a.profile_version IS NOT NULL AND {compiled.Sql} AND ({Eligibility.ReasonSql(campaign.Channel)}) IS NULL)",
            compiled.Parameters,
            cancellationToken);
        if (!anybody) return CampaignErrors.NoRecipients;
        if (await Approval.CheckAsync(id, campaign.Channel, compiled, approval, unitOfWork, cancellationToken) is { } refusal) return refusal;
        return new LaunchContent(segment.Criteria);
    }
}

/// <param name="Criteria">Of the segment; null for a triggered campaign.</param>
internal sealed record LaunchContent(string? Criteria);
