using System.ComponentModel.DataAnnotations;
using Crm.Campaign.Dispatching;
using Crm.Campaign.Domain;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Campaigns;

/// <param name="Outcome">sent: they did arrive. resend: send them again; who did get the message gets it twice.</param>
/// <param name="DeliveryIds">Which; left out: all that are unknown now, up to 5,000 at a time.</param>
public sealed record ResolveUnknownsRequest(
    [property: Required, RegularExpression("sent|resend", ErrorMessage = "The outcome is sent or resend.")] string Outcome,
    [property: MinLength(1), MaxLength(5_000)] IReadOnlyList<Guid>? DeliveryIds = null);

/// <param name="Resolved">Settled by this request; those that were not unknown (any more) are left alone.</param>
/// <param name="Remaining">Unknown deliveries of the campaign that are left.</param>
public sealed record ResolveUnknownsResponse(int Resolved, long Remaining);

/// <summary>What operations found out, or decides, about unknown deliveries.</summary>
internal static class ResolveUnknowns
{
    private const int AtOnce = 5_000;

    public static void Map(RouteGroupBuilder api) =>
        api.MapPost("/campaigns/{id:guid}/unknowns/resolve", async (Guid id, ResolveUnknownsRequest request, UnitOfWork unitOfWork, UnknownSettlement settlement, CancellationToken cancellationToken) =>
                (await HandleAsync(id, request, unitOfWork, settlement, cancellationToken)).ToOk())
            .WithName("ResolveUnknownDeliveries").WithSummary("Settles unknown deliveries by hand").AllowRoles([.. Roles.Marketing, Roles.Ops]);

    private static async Task<Result<ResolveUnknownsResponse>> HandleAsync(
        Guid id, ResolveUnknownsRequest request, UnitOfWork unitOfWork, UnknownSettlement settlement, CancellationToken cancellationToken)
    {
        if (await CampaignResponse.FindAsync(id, unitOfWork, cancellationToken) is not { } campaign) return CampaignErrors.CampaignNotFound;
        if (request.Outcome == "resend" && campaign.State == "cancelled") return CampaignErrors.WrongState(campaign.State, "sending, paused or finished");

        var deliveries = request.DeliveryIds ?? await unitOfWork.QueryAsync<Guid>(
            "SELECT delivery_id FROM deliveries WHERE campaign_id = @id AND state = 'unknown' ORDER BY delivery_id LIMIT @AtOnce", new { id, AtOnce }, cancellationToken);
        var resolved = request.Outcome == "sent"
            ? await settlement.SentAsync(id, deliveries, "settled by hand", cancellationToken)
            : await settlement.ResendAsync(id, deliveries, cancellationToken);
        var remaining = await unitOfWork.QuerySingleOrDefaultAsync<long>(
            "SELECT count(*) FROM deliveries WHERE campaign_id = @id AND state = 'unknown'", new { id }, cancellationToken);
        return new ResolveUnknownsResponse(resolved, remaining);
    }
}
