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
            || (named.Link >= delivery.Links.Length && named.Link != TrackingTokens.TrapLink))
        {
            return NotFound.ToProblem();
        }

        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        if (named.Link == TrackingTokens.TrapLink)
        {
            await delivery.RecordAsync("trapped", null, http, unitOfWork, ids, time.GetUtcNow(), cancellationToken);
            return TypedResults.NoContent();
        }

        // A HEAD is a program that looks where the link leads, not a person.
        var kind = HttpMethods.IsGet(http.Request.Method) ? "clicked" : "probed";
        await delivery.RecordAsync(kind, named.Link, http, unitOfWork, ids, time.GetUtcNow(), cancellationToken);
        return TypedResults.Redirect(delivery.Links[named.Link]);
    }
}
