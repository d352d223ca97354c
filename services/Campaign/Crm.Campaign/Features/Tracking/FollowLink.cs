using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Tracking;

/// <summary>Records the click and leads to the stored target. What is not a token of ours leads nowhere.</summary>
internal static class FollowLink
{
    private static readonly Error NotFound = Error.NotFound("campaign.link_not_found", "There is no such link.");

    public static void Map(RouteGroupBuilder pages) => pages.MapMethods("/t/{token}", ["GET", "HEAD"], HandleAsync);

    private static async Task<IResult> HandleAsync(
        string token, HttpContext http, TrackingTokens tokens, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (tokens.Read(TokenPurpose.Link, token) is not { } named
            || await TrackedDelivery.FindAsync(named.DeliveryId, unitOfWork, cancellationToken) is not { } delivery
            || named.Link >= delivery.Links.Length)
        {
            return NotFound.ToProblem();
        }

        // A HEAD is a program that looks where the link leads, not a person.
        var url = delivery.Links[named.Link];
        if (HttpMethods.IsGet(http.Request.Method)) await RecordAsync(delivery, named.Link, url, http, unitOfWork, ids, time.GetUtcNow(), cancellationToken);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        return TypedResults.Redirect(url);
    }

    private static async Task RecordAsync(
        TrackedDelivery delivery, int link, string url, HttpContext http, UnitOfWork unitOfWork, Ids ids, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var known = await unitOfWork.QuerySingleOrDefaultAsync<bool>(
            "SELECT EXISTS (SELECT 1 FROM responses WHERE delivery_id = @DeliveryId AND kind = 'clicked' AND link = @link)",
            new { delivery.DeliveryId, link },
            cancellationToken);
        await delivery.RecordAsync(ResponseKind.Clicked, link, first: delivery.ClickedAt is null, http, unitOfWork, ids, now, cancellationToken);
        if (delivery.ClickedAt is null)
        {
            await unitOfWork.ExecuteAsync("UPDATE deliveries SET clicked_at = @now WHERE delivery_id = @DeliveryId", new { delivery.DeliveryId, now }, cancellationToken);
        }

        if (!known) unitOfWork.Enqueue(delivery.ToEvent(ResponseKind.Clicked, url, ids.Next(), now));
    }
}
