using Crm.Campaign.Delivery;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;

namespace Crm.Campaign.Features.Tracking;

/// <summary>The pixel in the HTML. Each fetch is recorded.</summary>
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

        await delivery.RecordAsync("opened", null, http, unitOfWork, ids, time.GetUtcNow(), cancellationToken);
        http.Response.Headers.CacheControl = "no-store";
        return TypedResults.Bytes(Gif, "image/gif");
    }
}
