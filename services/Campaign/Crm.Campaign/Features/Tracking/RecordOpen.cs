using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Tracking;

/// <summary>The pixel in the HTML. Each fetch is recorded, the first is told to the other services.</summary>
internal static class RecordOpen
{
    private static readonly Error NotFound = Error.NotFound("campaign.link_not_found", "There is no such image.");

    // One transparent pixel.
    private static readonly byte[] Gif = Convert.FromBase64String("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7");

    public static void Map(RouteGroupBuilder pages) => pages.MapGet("/t/o/{token}.gif", HandleAsync);

    private static async Task<IResult> HandleAsync(
        string token, HttpContext http, TrackingTokens tokens, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (tokens.Read(TokenPurpose.Open, token) is not { } named
            || await TrackedDelivery.FindAsync(named.DeliveryId, unitOfWork, cancellationToken) is not { } delivery)
        {
            return NotFound.ToProblem();
        }

        var now = time.GetUtcNow();
        await delivery.RecordAsync(ResponseKind.Opened, null, first: delivery.OpenedAt is null, http, unitOfWork, ids, now, cancellationToken);
        if (delivery.OpenedAt is null)
        {
            await unitOfWork.ExecuteAsync("UPDATE deliveries SET opened_at = @now WHERE delivery_id = @DeliveryId", new { delivery.DeliveryId, now }, cancellationToken);
            unitOfWork.Enqueue(delivery.ToEvent(ResponseKind.Opened, null, ids.Next(), now));
        }

        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Bytes(Gif, "image/gif");
    }
}
