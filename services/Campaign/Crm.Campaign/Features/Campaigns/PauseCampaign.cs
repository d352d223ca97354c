using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

/// <summary>The senders see the new epoch before each micro-batch; whom they have claimed by then still gets the message.</summary>
internal static class PauseCampaign
{
    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/campaigns/{id:guid}/pause", async (Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
                (await HandleAsync(id, unitOfWork, cancellationToken)).ToOk())
            .WithName("PauseCampaign").WithSummary("Stops before the next few messages").AllowRoles(Roles.Marketing);

    private static async Task<Result<CampaignResponse>> HandleAsync(
        Guid id, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        var changed = await unitOfWork.QuerySingleOrDefaultAsync<CampaignResponse>(
            $"""
            UPDATE campaigns SET state = 'paused', version = version + 1, epoch = epoch + 1
            WHERE id = @id AND state = 'sending'
            RETURNING {CampaignResponse.Columns}
            """,
            new { id },
            cancellationToken);
        if (changed is not null) return changed;
        return await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is { } campaign
            ? CampaignErrors.WrongState(campaign.State, "sending")
            : CampaignErrors.CampaignNotFound;
    }
}
