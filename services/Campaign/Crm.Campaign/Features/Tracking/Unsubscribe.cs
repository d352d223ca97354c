using Crm.Campaign.Contracts.Events.V1;
using Crm.Campaign.Delivery;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Tracking;

/// <summary>
/// GET shows a page with a button and does nothing, because scanners open every link; POST ends the subscription, from the page and from
/// mail programs (RFC 8058, which need no cookie and get no redirect). It counts from the senders' next micro-batch.
/// </summary>
internal static class Unsubscribe
{
    private static readonly Error NotFound = Error.NotFound("campaign.link_not_found", "There is no such subscription.");

    public static void Map(RouteGroupBuilder pages)
    {
        pages.MapGet("/p/unsubscribe/{token}", ShowAsync);
        pages.MapPost("/p/unsubscribe/{token}", ActAsync).DisableAntiforgery();
    }

    private static async Task<IResult> ShowAsync(string token, HttpContext http, TrackingTokens tokens, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        await FindAsync(token, tokens, unitOfWork, cancellationToken) is { } delivery
            ? UnsubscribePage.Ask(http, delivery.Language, delivery.Channel)
            : NotFound.ToProblem();

    private static async Task<IResult> ActAsync(
        string token, HttpContext http, TrackingTokens tokens, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (await FindAsync(token, tokens, unitOfWork, cancellationToken) is not { } delivery) return NotFound.ToProblem();

        await EndAsync(delivery, http, unitOfWork, ids, time.GetUtcNow(), cancellationToken);
        return UnsubscribePage.Done(http, delivery.Language, delivery.Channel);
    }

    /// <summary>Ends it on the delivery's channel, once.</summary>
    /// <param name="http">Null: by mail.</param>
    public static async Task EndAsync(TrackedDelivery delivery, HttpContext? http, UnitOfWork unitOfWork, Ids ids, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var added = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO suppressions (customer_id, channel, reason, campaign_id, created_at)
            VALUES (@CustomerId, @Channel, 'unsubscribed', @CampaignId, @now) ON CONFLICT (customer_id, channel) DO NOTHING
            """,
            new { delivery.CustomerId, delivery.Channel, delivery.CampaignId, now },
            cancellationToken);
        if (added > 0)
        {
            await delivery.RecordAsync("unsubscribed", null, http, unitOfWork, ids, now, cancellationToken);
            unitOfWork.Enqueue(delivery.ToEvent(ResponseKind.Unsubscribed, ids.Next(), now));
        }
    }

    private static async Task<TrackedDelivery?> FindAsync(string token, TrackingTokens tokens, UnitOfWork unitOfWork, CancellationToken cancellationToken) =>
        tokens.Read(TokenPurpose.Unsubscribe, token) is { } named ? await TrackedDelivery.FindAsync(named.DeliveryId, unitOfWork, cancellationToken) : null;
}
