using Crm.Campaign.Delivery.Pacing;
using Crm.Campaign.Domain;
using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Paging;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

/// <summary>When recipients may be written to. Part of what is launched: set on a draft only.</summary>
internal static class SetPacing
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapPut("/campaigns/{id:guid}/pacing", async (Guid id, PacingRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, ifMatch, unitOfWork, cancellationToken)).ToOk())
            .WithName("SetPacing").WithSummary("Quiet hours, send time, warm-up, caps").AllowRoles(Roles.Marketing);
        api.MapGet("/campaigns/{id:guid}/pacing", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await ReadAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("GetPacing").WithSummary("How fast and when it is sent").AllowRoles(MarketingRights.Readers);
    }

    private static async Task<Result<PacingResponse>> HandleAsync(
        Guid id, PacingRequest request, IfMatch ifMatch, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (!request.ToPacing().TryGet(out var pacing, out var error)) return error;

        var changed = await unitOfWork.QuerySingleOrDefaultAsync<CampaignResponse>(
            $"UPDATE campaigns SET version = version + 1 WHERE id = @id AND version = @Version AND state = 'draft' RETURNING {CampaignResponse.Columns}",
            new { id, ifMatch.Version },
            cancellationToken);
        if (changed is null)
        {
            if (await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is not { } campaign) return CampaignErrors.CampaignNotFound;
            return campaign.State == "draft" ? CampaignErrors.Stale : CampaignErrors.WrongState(campaign.State, "a draft");
        }

        await unitOfWork.ExecuteAsync(
            $"""
            INSERT INTO campaign_pacing (campaign_id, {CampaignPacing.Columns})
            VALUES (@id, @DefaultZone, @QuietFrom, @QuietTo, @SendTime, @LocalHour, @WarmUpFirst, @WarmUpGrowth, @WarmUpMax, @OverCap, @OnUnknown)
            ON CONFLICT (campaign_id) DO UPDATE SET
                default_zone = EXCLUDED.default_zone, quiet_from = EXCLUDED.quiet_from, quiet_to = EXCLUDED.quiet_to, send_time = EXCLUDED.send_time,
                local_hour = EXCLUDED.local_hour, warm_up_first = EXCLUDED.warm_up_first, warm_up_growth = EXCLUDED.warm_up_growth,
                warm_up_max = EXCLUDED.warm_up_max, over_cap = EXCLUDED.over_cap, on_unknown = EXCLUDED.on_unknown
            """,
            new
            {
                id, pacing.DefaultZone, pacing.QuietFrom, pacing.QuietTo, pacing.SendTime, pacing.LocalHour, pacing.WarmUpFirst, pacing.WarmUpGrowth,
                pacing.WarmUpMax, pacing.OverCap, pacing.OnUnknown,
            },
            cancellationToken);
        return PacingResponse.From(changed, pacing);
    }

    private static async Task<Result<PacingResponse>> ReadAsync(Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is { } campaign
            ? PacingResponse.From(campaign, await CampaignPacings.FindAsync(id, unitOfWork, cancellationToken))
            : CampaignErrors.CampaignNotFound;
}
