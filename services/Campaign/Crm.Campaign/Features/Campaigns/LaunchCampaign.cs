using Crm.Campaign.Delivery;
using Crm.Campaign.Domain;
using Crm.Campaign.Domain.Segments;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

/// <summary>
/// Fixes criteria and text and lets the dispatcher begin. Only a draft can be launched, so that it happens once; the audience is walked
/// afterwards, by the dispatcher.
/// </summary>
internal static class LaunchCampaign
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/campaigns/{id:guid}/launch", async (Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, time, cancellationToken)).ToAccepted(campaign => $"/api/campaign/v1/campaigns/{campaign.Id}"))
            .WithName("LaunchCampaign").WithSummary("Begins to send").AllowRoles(Roles.Marketing);

    private static async Task<Result<CampaignResponse>> HandleAsync(
        Guid id, UnitOfWork unitOfWork, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is not { } campaign) return CampaignErrors.CampaignNotFound;
        if (campaign.State != "draft") return CampaignErrors.WrongState(campaign.State, "a draft");

        var now = time.GetUtcNow();
        var segment = (await GetSegment.FindAsync(campaign.SegmentId, unitOfWork, cancellationToken))!;
        var compiled = CriteriaCompiler.Compile(CriteriaParser.ParseStored(segment.Criteria), now);
        var anybody = await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            $"SELECT EXISTS (SELECT 1 FROM audience a WHERE a.profile_version IS NOT NULL AND {compiled.Sql} AND ({Eligibility.ReasonSql(campaign.Channel)}) IS NULL)",
            compiled.Parameters,
            cancellationToken);
        if (!anybody) return CampaignErrors.NoRecipients;

        var launched = await unitOfWork.QuerySingleOrDefaultAsync<CampaignResponse>(
            $"""
            UPDATE campaigns SET state = 'sending', version = version + 1, epoch = epoch + 1, launched_at = @now, criteria = @Criteria::jsonb,
                template_version = (SELECT version FROM templates WHERE id = template_id)
            WHERE id = @id AND state = 'draft'
            RETURNING {CampaignResponse.Columns}
            """,
            new { id, now, segment.Criteria },
            cancellationToken);
        return launched is not null ? launched : CampaignErrors.WrongState("launched already", "a draft");
    }
}
