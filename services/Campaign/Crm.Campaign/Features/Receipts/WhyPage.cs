using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Crm.Campaign.Delivery;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Postgres;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Crm.Campaign.Features.Receipts;

/// <summary>
/// Tells a recipient, in their language, why they got a message: what it was chosen by in words, and what they agreed to. No scores, amounts
/// or rules of ours; who has the link may not be the recipient.
/// </summary>
internal static class WhyPage
{
    private const string Style =
        """
        body{font:16px/1.6 system-ui,sans-serif;max-width:38rem;margin:10vh auto;padding:0 1rem;color:#1f2933;background:#f1f4f7}
        main{background:#fff;border:1px solid #d8dee4;border-top:4px solid #1864ab;border-radius:.75rem;padding:1.2rem 2rem 1.8rem;box-shadow:0 1px 3px rgb(0 0 0/.06)}h1{font-size:1.4rem;line-height:1.3}
        h2{font-size:1.05rem;margin-top:1.6rem}a{color:#1570ef}a:focus-visible{outline:3px solid #1570ef}
        @media(prefers-color-scheme:dark){body{color:#e4e7eb;background:#12181f}main{background:#1c242d;border-color:#323f4b;border-top-color:#4dabf7}a{color:#84caff}}
        """;

    private static readonly Error NotFound = Error.NotFound("campaign.link_not_found", "There is no such message.");

    private static readonly string Policy =
        $"default-src 'none'; style-src 'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(Style)))}'; base-uri 'none'; frame-ancestors 'none'";

    public static void Map(RouteGroupBuilder pages) => pages.MapGet("/p/why/{token}", HandleAsync);

    private static async Task<IResult> HandleAsync(
        string token, HttpContext http, TrackingTokens tokens, ReceiptReader receipts, UnitOfWork unitOfWork, CancellationToken cancellationToken)
    {
        if (tokens.Read(TokenPurpose.Why, token) is not { } named
            || await receipts.OfDeliveryAsync(named.DeliveryId, cancellationToken) is not { Message: { } message } receipt)
        {
            return NotFound.ToProblem();
        }

        var sender = await unitOfWork.QuerySingleOrDefaultAsync<Sender>(
            "SELECT c.sender_name, a.time_zone FROM campaigns c LEFT JOIN audience a ON a.customer_id = @CustomerId WHERE c.id = @CampaignId",
            new { receipt.CampaignId, receipt.CustomerId },
            cancellationToken);
        var words = WhyWords.In(message.Language);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<h1>{words.Title}</h1><p>{Encode(words.SentBy(sender!.SenderName, message.SentAt ?? message.NotBefore, sender.TimeZone))}</p>");
        var grounds = receipt.Rule.Facts.Where(fact => fact.Holds != false).Select(fact => words.GroundOf(fact.Field)).Distinct().ToArray();
        page.Append(CultureInfo.InvariantCulture, $"<h2>{words.Chosen}</h2>");
        page.Append(grounds.Length == 0
            ? $"<p>{words.ChosenByOccasion}</p>"
            : $"<p>{words.ChosenBy}</p><ul>{string.Concat(grounds.Select(ground => $"<li>{Encode(ground)}</li>"))}</ul>");
        page.Append(CultureInfo.InvariantCulture, $"<h2>{words.Allowed}</h2><p>{Encode(Consent(receipt, words, sender.TimeZone))}</p>");
        page.Append(CultureInfo.InvariantCulture, $"<h2>{words.Stop}</h2><p><a href=\"{Encode(tokens.UnsubscribeUrl(named.DeliveryId))}\">{words.Unsubscribe}</a></p>");
        return Page(http, words, page.ToString());
    }

    private static string Consent(ReceiptResponse receipt, WhyWords words, string? zone)
    {
        if (receipt.Consent is not { Granted: true, DecidedAt: { } at } consent)
        {
            return receipt.Consent is null ? words.AllowedByMembership : words.AllowedUnknown;
        }

        return words.AgreedTo(consent.Channel, at, consent.Notice, zone);
    }

    private static ContentHttpResult Page(HttpContext http, WhyWords words, string body)
    {
        var headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers.CacheControl = "no-store";
        headers["Referrer-Policy"] = "no-referrer";
        headers["X-Robots-Tag"] = "noindex";
        return TypedResults.Content(
            $"""
            <!doctype html>
            <html lang="{words.Language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{words.Title}</title>
            <style>{Style}</style></head><body><main>{body}</main></body></html>
            """,
            "text/html; charset=utf-8");
    }

    private static string Encode(string text) => WebUtility.HtmlEncode(text);

    private sealed record Sender(string SenderName, string? TimeZone);
}
