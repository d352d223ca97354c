using Crm.Campaign.Features.Segments;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Security;

namespace Crm.Campaign.Features.Receipts;

/// <summary>For whoever is asked "why did I get this?": marketing, and those who talk with customers.</summary>
internal static class GetReceipt
{
    private static readonly Error NotFound = Error.NotFound("campaign.receipt_not_found", "There is no such campaign, customer or message.");

    private static readonly string[] Readers = [.. MarketingRights.Readers, Roles.SalesRep, Roles.ServiceAgent, Roles.ServiceSupervisor];

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/campaigns/{id:guid}/receipts/{customerId:guid}", async (Guid id, Guid customerId, ReceiptReader receipts, CancellationToken cancellationToken) =>
                Found(await receipts.OfCustomerAsync(id, customerId, cancellationToken)).ToOk())
            .WithName("GetReceipt").WithSummary("Why a customer got, or did not get, a campaign's message").AllowRoles(Readers);
        api.MapGet("/deliveries/{deliveryId:guid}/receipt", async (Guid deliveryId, ReceiptReader receipts, CancellationToken cancellationToken) =>
                Found(await receipts.OfDeliveryAsync(deliveryId, cancellationToken)).ToOk())
            .WithName("GetDeliveryReceipt").WithSummary("Why one message was sent, or not").AllowRoles(Readers);
    }

    private static Result<ReceiptResponse> Found(ReceiptResponse? receipt) => receipt is not null ? receipt : NotFound;
}
