using System.Text.Json;
using Crm.Campaign.Contracts.Events.V1;
using Crm.ServiceDefaults.Errors;
using Crm.ServiceDefaults.Hosting;
using Crm.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Crm.Campaign.Features.Receipts;

/// <summary>
/// What a provider says later about a message: it arrived, or could not be delivered. Signed, no older than five minutes, and each
/// counted once. A receipt for a message whose own answer was lost settles that it was sent.
/// </summary>
internal static class ReceiveReceipts
{
    private const int MaxBody = 64 * 1024;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);
    private static readonly Error UnknownProvider = Error.NotFound("campaign.provider_not_found", "No such provider sends receipts.");
    private static readonly Error Malformed = Error.Invalid("campaign.receipt_malformed", "This is not a receipt as this provider was said to send it.");
    private static readonly Error NotYet = Error.Unavailable("campaign.receipt_too_early", "A message of these is not known, or not settled yet. Send the receipts again.");

    public static void Map(RouteGroupBuilder pages) => pages.MapPost("/p/provider-receipts/{provider}", HandleAsync).DisableAntiforgery();

    private static async Task<IResult> HandleAsync(
        string provider, HttpContext http, IOptions<ReceiptProviders> providers, UnitOfWork unitOfWork, Ids ids, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!providers.Value.TryGetValue(provider, out var options)) return UnknownProvider.ToProblem();
        if (await ReadAsync(http, cancellationToken) is not { } body)
        {
            return TypedResults.Problem("Receipts are at most 64 kB at a time.", statusCode: 413, extensions: new Dictionary<string, object?> { ["code"] = "request.too_large" });
        }

        var now = time.GetUtcNow();
        var (timestamp, signature) = (http.Request.Headers[options.TimestampHeader].ToString(), http.Request.Headers[options.SignatureHeader].ToString());
        if (!options.IsSignedBy(timestamp, signature, body, now, Window))
        {
            return TypedResults.Problem(
                "The signature is missing, wrong, or older than five minutes.", statusCode: 401, extensions: new Dictionary<string, object?> { ["code"] = "campaign.receipt_signature" });
        }

        IReadOnlyList<Receipt>? receipts;
        try
        {
            receipts = options.Read(JsonSerializer.Deserialize<JsonElement>(body));
        }
        catch (JsonException)
        {
            receipts = null;
        }

        if (receipts is null) return Malformed.ToProblem();

        // In the order of the deliveries, so that two batches at once do not wait for each other crosswise.
        var early = false;
        foreach (var receipt in receipts.Where(receipt => receipt.Kind != ReceiptKind.OnTheWay).OrderBy(receipt => receipt.DeliveryId).ThenBy(receipt => receipt.Id, StringComparer.Ordinal))
        {
            early |= !await TakeAsync(provider, receipt, unitOfWork, ids, now, cancellationToken);
        }

        if (!early) return TypedResults.NoContent();
        http.Response.Headers.RetryAfter = "2";
        return NotYet.ToProblem();
    }

    /// <summary>False: the message cannot be told yet; the same receipt is taken when it comes again.</summary>
    private static async Task<bool> TakeAsync(
        string provider, Receipt receipt, UnitOfWork unitOfWork, Ids ids, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var delivery = await unitOfWork.QuerySingleOrDefaultAsync<ReceivedDelivery>(
            $"""
            SELECT d.delivery_id, d.campaign_id, c.name AS campaign_name, d.customer_id, d.channel, d.chunk, d.state, d.language FROM deliveries d JOIN campaigns c ON c.id = d.campaign_id
            WHERE d.channel IN ('sms', 'whatsapp', 'push', 'webhook') AND {(receipt.DeliveryId is null ? "d.provider = @provider AND d.reply = @MessageId AND d.state = 'sent'" : "d.delivery_id = @DeliveryId AND coalesce(d.provider, @provider) = @provider")}
            FOR NO KEY UPDATE OF d
            """,
            new { provider, receipt.DeliveryId, receipt.MessageId },
            cancellationToken);
        if (delivery is null or { State: "sending" }) return false;

        var kind = receipt.Kind == ReceiptKind.Delivered ? "delivered" : "undelivered";
        var first = await unitOfWork.ExecuteAsync(
            """
            INSERT INTO provider_receipts (provider, receipt_id, delivery_id, status, received_at) VALUES (@provider, @Id, @DeliveryId, @kind, @now)
            ON CONFLICT (provider, receipt_id) DO NOTHING
            """,
            new { provider, receipt.Id, delivery.DeliveryId, kind, now },
            cancellationToken);
        if (first == 0) return true;

        if (delivery.State == "unknown") await SettleAsync(provider, receipt, delivery, unitOfWork, ids, now, cancellationToken);
        await unitOfWork.ExecuteAsync(
            """
            INSERT INTO responses (id, delivery_id, campaign_id, customer_id, kind, occurred_at) VALUES (@id, @DeliveryId, @CampaignId, @CustomerId, @kind, @now)
            """,
            new { id = ids.Next(), delivery.DeliveryId, delivery.CampaignId, delivery.CustomerId, kind, now },
            cancellationToken);

        // That it arrived is what everybody expects of a message that was sent; only the opposite is told on.
        if (receipt.Kind == ReceiptKind.Failed)
        {
            unitOfWork.Enqueue(new CampaignResponded(
                ids.Next(), now, delivery.CampaignId, delivery.CampaignName, delivery.DeliveryId, delivery.CustomerId, delivery.Channel, ResponseKind.Undelivered, null, Detail: Cut(receipt.Error)));
        }

        return true;
    }

    /// <summary>Whatever became of it, the provider had taken it.</summary>
    private static async Task SettleAsync(
        string provider, Receipt receipt, ReceivedDelivery delivery, UnitOfWork unitOfWork, Ids ids, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await unitOfWork.ExecuteAsync(
            """
            WITH settled AS (
                UPDATE deliveries SET state = 'sent', reason = NULL, reply = @MessageId, provider = @provider, sent_at = @now WHERE delivery_id = @DeliveryId AND state = 'unknown'
                RETURNING campaign_id, chunk)
            UPDATE chunks c SET sent = c.sent + 1, unknown = c.unknown - 1 FROM settled s WHERE c.campaign_id = s.campaign_id AND c.seq = s.chunk
            """,
            new { delivery.DeliveryId, receipt.MessageId, provider, now },
            cancellationToken);
        unitOfWork.Enqueue(new MessagesSent(
            ids.Next(), now, delivery.CampaignId, delivery.CampaignName, delivery.Channel, [new SentMessage(delivery.DeliveryId, delivery.CustomerId, delivery.Language, now)]));
    }

    private static async Task<byte[]?> ReadAsync(HttpContext http, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxBody + 1];
        var length = await http.Request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        return length > MaxBody ? null : buffer[..length];
    }

    private static string? Cut(string? text) => text is { Length: > 200 } ? text[..200] : text;

    private sealed record ReceivedDelivery(
        Guid DeliveryId, Guid CampaignId, string CampaignName, Guid CustomerId, string Channel, int Chunk, string State, string Language);
}
