using Crm.Campaign.Contracts.V1;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Crm.Campaign.Grpc;

public sealed class CampaignReadsService(UnitOfWork unitOfWork) : CampaignReads.CampaignReadsBase
{
    private const int DefaultLimit = 20;
    private const int MaxLimit = 200;

    public override async Task<ListDeliveriesResponse> ListDeliveries(ListDeliveriesRequest request, ServerCallContext context)
    {
        if (!Guid.TryParse(request.CustomerId, out var customerId))
        {
            throw new ErrorException(Error.Invalid("campaign.customer_id_invalid", "customer_id is not an id.", "customer_id"));
        }

        var rows = await unitOfWork.QueryAsync<Row>(
            """
            SELECT d.campaign_id, c.name, d.channel, d.state, d.sent_at, d.clicked_at, d.opened_at
            FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id
            WHERE d.customer_id = @customerId ORDER BY d.delivery_id DESC LIMIT @limit
            """,
            new { customerId, limit = request.Limit is > 0 and <= MaxLimit ? request.Limit : DefaultLimit },
            context.CancellationToken);
        return new ListDeliveriesResponse
        {
            Deliveries =
            {
                rows.Select(row => new DeliveryOverview
                {
                    CampaignId = row.CampaignId.ToString(),
                    CampaignName = row.Name,
                    Channel = row.Channel,
                    State = row.State,
                    SentAt = row.SentAt?.ToTimestamp(),
                    FirstClickedAt = row.ClickedAt?.ToTimestamp(),
                    FirstOpenedAt = row.OpenedAt?.ToTimestamp(),
                }),
            },
        };
    }

    private sealed record Row(
        Guid CampaignId, string Name, string Channel, string State, DateTimeOffset? SentAt, DateTimeOffset? ClickedAt, DateTimeOffset? OpenedAt);
}
